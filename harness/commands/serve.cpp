// stampede serve [SCENARIO]: a mock DeepSeek that listens until it is told to stop.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "harness/commands/command.hpp"
#include "harness/plan.hpp"
#include "mockserver/accounts.hpp"
#include "mockserver/live/mock_service.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

struct options {
  std::string file;
  std::string address = "127.0.0.1";
  unsigned short port = 8787;
  std::optional<std::uint64_t> seed;
};

// Nobody reads the records of a server without a report.
class no_records : public record_sink {
 public:
  void on_attempt(const attempt_record&) override {}
  void on_call(const call_record&) override {}
  void on_exchange(const exchange_record&) override {}
};

// Says on standard error, once for each account, that its money is running out.
class balance_watch final : public server_observer {
 public:
  void on_event(const server_model& model, exchange_id, const server_event&, instant,
                std::span<const server_effect>) override {
    const accounts& books = model.books();
    while (told_ < books.alerts().size()) {
      std::cerr << books.in_words(books.alerts()[told_++]) << std::endl;
    }
  }

 private:
  std::size_t told_ = 0;
};

void print_address(const run_plan& plan, const std::string& address, unsigned short port) {
  const bool anywhere = address == "0.0.0.0" || address == "::";
  const std::string host = anywhere                                 ? "127.0.0.1"
                           : address.find(':') != std::string::npos ? "[" + address + "]"
                                                                    : address;
  const std::string url = fmt::format("http://{}:{}", host, port);
  const std::string key = fleet_key(plan);
  std::cout << fmt::format(
      "listening on {0}\n"
      "\n"
      "Point a client at it:\n"
      "  export DEEPSEEK_BASE_URL={0}\n"
      "  export DEEPSEEK_API_KEY={1}\n"
      "  export OPENAI_BASE_URL={0}/v1\n"
      "  export OPENAI_API_KEY={1}\n"
      "\n",
      url, key);
  for (const std::string& line : describe(plan.server)) std::cout << line << "\n";
  for (const fault_rule& fault : plan.make_faults())
    std::cout << "fault: " << fault.describe() << "\n";
  std::cout << "Stop it with Ctrl-C.\n" << std::flush;
}

int serve(const options& o) {
  const run_plan plan =
      o.file.empty()
          ? build_plan(parse_scenario("name = \"serve\"\nduration = \"1h\"\n", "default"), o.seed)
          : build_plan(load_scenario(o.file), o.seed);
  const std::atomic<bool>& stop = interrupt_flag();
  no_records records;
  balance_watch watch;
  const mock_service_options where{.seed = plan.seed,
                                   .replication = 0,
                                   .speed = 1,
                                   .listen = {.address = o.address, .port = o.port},
                                   .observer = &watch};
  mock_service service(plan.server, plan.make_faults(), where, records);
  print_address(plan, o.address, service.port());
  std::mutex mutex;
  std::condition_variable never_notified;
  std::unique_lock lock(mutex);
  while (!stop.load()) never_notified.wait_for(lock, std::chrono::milliseconds(100));
  service.stop();
  std::cout << fmt::format("\nstopped after {} requests\n", service.requests_seen());
  const std::vector<fault_statement> faults = service.fault_statements();
  for (std::size_t i = 0; i < faults.size(); ++i)
    if (!faults[i].unmet.empty()) std::cout << fmt::format("fault {} {}\n", i + 1, faults[i].unmet);
  return all_hold;
}

}  // namespace

void add_serve(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("serve", "A mock DeepSeek on loopback, until Ctrl-C");
  const auto o = std::make_shared<options>();
  command->add_option("scenario", o->file,
                      "whose [server] and [[fault]] to serve; none: a healthy service");
  command->add_option("--port", o->port, "0: any free one")->capture_default_str();
  command
      ->add_option("--host", o->address,
                   "address to listen on; beyond loopback only if you mean it")
      ->capture_default_str();
  command->add_option("--seed", o->seed, "instead of the scenario's");
  command->callback([o, &status] { status = serve(*o); });
}

}  // namespace stampede
