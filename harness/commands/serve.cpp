// stampede serve [SCENARIO]: a mock DeepSeek that listens until it is told to stop.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/loopback.hpp"
#include "core/units.hpp"
#include "harness/commands/command.hpp"
#include "harness/commands/option_checks.hpp"
#include "harness/commands/report_files.hpp"
#include "harness/files.hpp"
#include "harness/live/served_scenario.hpp"
#include "mockserver/accounts.hpp"
#include "reports/render_json.hpp"
#include "reports/render_terminal.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

struct options {
  std::string file;
  std::string address = "127.0.0.1";
  unsigned short port = 8787;
  std::optional<std::uint64_t> seed;
  std::string ready_file;
  std::string length;
  std::string idle_exit;
  std::string token;
  std::string report;
  bool tls = false;
  std::string tls_certificate;
  std::string tls_key;
  std::string tls_write;
  bool json = false;
};

// Says on standard error, once for each account, that its money is running out.
class balance_watch final : public server_observer {
 public:
  void on_event(const server_model& model, exchange_id, const server_event&, instant,
                std::span<const server_effect>) override {
    const accounts& books = model.books();
    if (std::exchange(of_, &model) != &model) told_ = 0;
    while (told_ < books.alerts().size()) {
      std::cerr << books.in_words(books.alerts()[told_++]) << std::endl;
    }
  }

 private:
  const server_model* of_ = nullptr;
  std::size_t told_ = 0;
};

std::optional<duration> time_option(const std::string& name, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto length = parse_duration(text);
  if (!length || *length <= duration::zero()) {
    throw config_error(
        {}, fmt::format("{} '{}' is not a duration above 0; write \"30s\" or \"10m\"", name, text));
  }
  return length;
}

std::string text_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw config_error({}, "cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::optional<certificate> certificate_of(const options& o) {
  if (o.tls_certificate.empty() != o.tls_key.empty()) {
    throw config_error({}, "--tls-cert and --tls-key belong together");
  }
  if (!o.tls_certificate.empty()) {
    const certificate given{text_of_file(o.tls_certificate), text_of_file(o.tls_key)};
    try {
      server_tls_context(given);
    } catch (const std::exception& why) {
      throw config_error({}, fmt::format("{} and {} are no certificate and its key in PEM: {}",
                                         o.tls_certificate, o.tls_key, why.what()));
    }
    return given;
  }
  if (!o.tls && o.tls_write.empty()) return std::nullopt;
  const certificate made = make_certificate(o.address);
  if (!o.tls_write.empty()) write_file_atomically(o.tls_write, made.chain);
  return made;
}

std::string url_of(const options& o, bool tls, unsigned short port) {
  const bool anywhere = o.address == "0.0.0.0" || o.address == "::";
  const std::string host = anywhere                                   ? "127.0.0.1"
                           : o.address.find(':') != std::string::npos ? "[" + o.address + "]"
                                                                      : o.address;
  return fmt::format("{}://{}:{}", tls ? "https" : "http", host, port);
}

void print_address(const run_plan& plan, const std::string& url) {
  std::cout << fmt::format(
      "listening on {0}\n"
      "\n"
      "Point a client at it:\n"
      "  export DEEPSEEK_BASE_URL={0}\n"
      "  export DEEPSEEK_API_KEY={1}\n"
      "  export OPENAI_BASE_URL={0}/v1\n"
      "  export OPENAI_API_KEY={1}\n"
      "\n"
      "Watch it at {0}/_stampede/\n"
      "\n",
      url, fleet_key(plan));
  for (const std::string& line : describe(plan.server)) std::cout << line << "\n";
  for (const fault_rule& fault : plan.make_faults())
    std::cout << "fault: " << fault.describe() << "\n";
  std::cout << "Stop it with Ctrl-C.\n" << std::flush;
}

// Appears when the server listens, and is gone again when it does not.
class ready_file {
 public:
  ready_file(std::string path, const std::string& url, const options& o, unsigned short port)
      : path_(std::move(path)) {
    if (path_.empty()) return;
    write_file_atomically(path_, fmt::format("{{\"url\":\"{}\",\"address\":\"{}\",\"port\":{},"
                                             "\"pid\":{}}}\n",
                                             url, o.address, port, ::getpid()));
  }
  ~ready_file() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
  }
  ready_file(const ready_file&) = delete;
  ready_file& operator=(const ready_file&) = delete;

 private:
  std::string path_;
};

enum class ended_by { signal, time, silence };

ended_by serve_until_told(served_scenario& mock, const options& o) {
  const std::atomic<bool>& stop = interrupt_flag();
  const auto most = time_option("--for", o.length);
  const auto longest_silence = time_option("--idle-exit", o.idle_exit);
  const wall_clock& clock = mock.service().clock();
  instant active = clock.now();
  std::uint64_t requests = 0;
  std::mutex mutex;
  std::condition_variable never_notified;
  std::unique_lock lock(mutex);
  while (!stop.load()) {
    never_notified.wait_for(lock, std::chrono::milliseconds(100));
    for (const std::string& line : mock.look_at_file()) std::cerr << line << std::endl;
    const instant now = clock.now();
    if (most && now - run_start >= *most) return ended_by::time;
    if (!longest_silence) continue;
    const mock_service::activity seen = mock.service().seen();
    if (seen.open > 0 || std::exchange(requests, seen.requests) != seen.requests) active = now;
    if (now - active >= *longest_silence) return ended_by::silence;
  }
  return ended_by::signal;
}

int write_and_judge(served_scenario& mock, const options& o) {
  const auto& fleet = mock.plan().groups;
  const std::string group = fleet.size() == 1 ? fleet.front().plan.name : "clients";
  const report r = mock.finish(false, group, {});
  write_report(o.report, r);
  std::cout << (o.json ? render_json(r)
                       : render_terminal(r, {.colour = isatty(STDOUT_FILENO) != 0}) + "\n");
  if (!o.json) std::cout << "report: " << o.report << "/report.html\n";
  return status_of(r);
}

void check(const options& o) {
  time_option("--for", o.length);
  time_option("--idle-exit", o.idle_exit);
  if (!is_loopback(o.address) && o.token.empty()) {
    throw config_error({}, fmt::format("--host {} lets others in: give the control API a token "
                                       "with --token or STAMPEDE_TOKEN",
                                       o.address));
  }
  if (o.json && o.report.empty()) throw config_error({}, "--json goes with --report");
}

int serve(const options& o) {
  check(o);
  if (!o.report.empty()) prepare_folder(o.report);
  run_plan plan =
      o.file.empty()
          ? build_plan(parse_scenario("name = \"serve\"\nduration = \"1h\"\n", "default"), o.seed)
          : build_plan(load_scenario(o.file), o.seed);
  interrupt_flag();
  balance_watch watch;
  serve_settings settings;
  settings.listen.address = o.address;
  settings.listen.port = o.port;
  settings.listen.tls = certificate_of(o);
  settings.token = o.token;
  settings.seed = o.seed;
  settings.keep_records = !o.report.empty();
  settings.observer = &watch;
  const std::string path = o.file.empty() ? "" : plan.what.path;
  served_scenario mock(std::move(plan), path, settings);
  const std::string url = url_of(o, settings.listen.tls.has_value(), mock.service().port());
  if (!o.json) print_address(mock.plan(), url);
  const ready_file ready(o.ready_file, url, o, mock.service().port());
  const ended_by why = serve_until_told(mock, o);
  const std::uint64_t requests = mock.service().seen().requests;
  if (!o.json) {
    std::cout << fmt::format("\nstopped after {} requests{}\n", requests,
                             why == ended_by::silence ? ": nobody asked any more" : "");
  }
  if (!o.report.empty()) return write_and_judge(mock, o);
  mock.service().stop();
  const std::vector<fault_statement> faults = mock.service().fault_statements();
  for (std::size_t i = 0; i < faults.size(); ++i)
    if (!faults[i].unmet.empty()) std::cout << fmt::format("fault {} {}\n", i + 1, faults[i].unmet);
  return all_hold;
}

}  // namespace

void add_serve(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("serve", "A mock DeepSeek on loopback, until Ctrl-C");
  const auto o = std::make_shared<options>();
  command->add_option("scenario", o->file,
                      "whose [server] and [[fault]] to serve; loaded again when its file changes; "
                      "none: a healthy service");
  command->add_option("--port", o->port, "0: any free one")
      ->check(whole_number(0, 65'535))
      ->capture_default_str();
  command
      ->add_option("--host", o->address,
                   "address to listen on; beyond loopback only if you mean it, and with --token")
      ->capture_default_str();
  add_seed(*command, o->seed);
  command->add_option("--ready-file", o->ready_file,
                      "write address and pid there, as JSON, once it listens");
  command->add_option("--for", o->length, "stop after that time, such as 10m");
  command->add_option("--idle-exit", o->idle_exit, "stop when nobody has asked for that time");
  command->add_option("--token", o->token, "what the control API asks for")
      ->envname("STAMPEDE_TOKEN");
  command->add_option("--report", o->report,
                      "write a report of the clients it saw there, and judge [expect]");
  command->add_flag("--tls", o->tls, "HTTPS, with a certificate made on the spot");
  command->add_option("--tls-cert", o->tls_certificate, "HTTPS with this certificate (PEM)");
  command->add_option("--tls-key", o->tls_key, "and its key (PEM)");
  command->add_option("--tls-write", o->tls_write,
                      "write the certificate made there, for clients to trust; implies --tls");
  command->add_flag("--json", o->json, "with --report: print run.json alone");
  command->callback([o, &status] { status = serve(*o); });
}

}  // namespace stampede
