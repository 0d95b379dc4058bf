// stampede call "ping": the guide's minimal known-good request through our client, and the
// conclusion the guide draws from it.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/config_table.hpp"
#include "core/loopback.hpp"
#include "core/units.hpp"
#include "deepseek/error_codes.hpp"
#include "harness/commands/command.hpp"
#include "harness/live/single_call.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

struct options {
  std::string prompt = "ping";
  std::string base_url;
  std::string model = "deepseek-v4-flash";
  std::string preset = "guide";
  std::string ca_file;
  std::int64_t max_tokens = 16;
  bool stream = false;
  bool thinking = false;
  bool json_mode = false;
  bool yes = false;
  bool json = false;
};

[[noreturn]] void refuse(const std::string& message) {
  throw config_error({}, "stampede call: " + message);
}

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Whatever costs money is asked for, and a key leaves this machine over TLS only.
void ask_first(const options& o, const endpoint& where) {
  if (is_loopback(where.host)) return;
  if (!where.tls) refuse("the API key would go to " + where.host + " in the clear: write https://");
  if (o.yes) return;
  const std::string question =
      fmt::format("This sends a request to {}, which may cost money.", where.host);
  if (!isatty(STDIN_FILENO)) refuse(question + " Say --yes to go on without being asked.");
  std::cerr << question << " Go on? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y" && answer != "yes") refuse("nothing was sent");
}

std::string masked(const std::string& key) {
  return key.size() < 8 ? "****" : "****" + key.substr(key.size() - 4);
}

// The guide: does the minimal request still succeed? If so the wrapper is at fault, else it
// is authentication, billing or an incident.
std::string conclusion(const single_result& r) {
  switch (r.call.result) {
    case outcome::success:
      return "This minimal request succeeds. If your program still fails, the problem is in your "
             "wrapper: compare its request with this one.";
    case outcome::unauthorized:
    case outcome::forbidden:
      return "Authentication: the service does not accept this key. Change the key or the way it "
             "reaches the program; do not retry.";
    case outcome::insufficient_balance:
      return "Billing: the balance is used up. Top up, and look at when a granted balance expires; "
             "do "
             "not retry.";
    case outcome::rate_limited:
    case outcome::overloaded:
    case outcome::server_error:
      return "An incident, or a limit on your account: the service could not answer even this "
             "request. "
             "Look at the status page, and slow down.";
    case outcome::connect_failed:
    case outcome::connection_reset:
    case outcome::connection_closed:
    case outcome::timed_out:
      return "Neither the key nor the balance was asked: the way to the service, or the service "
             "itself, "
             "is down. Check the base URL and the network, then the status page.";
    case outcome::tls_failed:
      return "The server's certificate is not one this machine trusts, or not for this host: "
             "nothing "
             "was sent. Check the base URL, a proxy in between, and --ca-file.";
    case outcome::length_limit: return "The service works: the answer was cut by --max-tokens.";
    case outcome::cancelled:
      return "Stopped before the service answered: nothing can be concluded.";
    default:
      return "The service refused or garbled this very request. Fix the request (model name, "
             "parameters) until this succeeds, then compare your program's.";
  }
}

std::string attempt_words(const attempt_record& a) {
  std::string text = fmt::format("attempt {}: ", a.attempt);
  text += a.status ? fmt::format("HTTP {} ", a.status) : std::string();
  text += fmt::format("{} after {}", name_of(a.result), to_short_text(a.ended - a.sent));
  if (a.retry_after >= duration::zero()) text += ", Retry-After " + to_text(a.retry_after);
  if (a.decided == decision::retry)
    text += fmt::format("; trying again in {} ({})", to_short_text(a.wait), name_of(a.waits_for));
  return text;
}

nlohmann::ordered_json to_json(const single_result& r) {
  nlohmann::ordered_json j{{"outcome", name_of(r.call.result)},
                           {"stopped_by", name_of(r.call.why)},
                           {"attempts", r.call.attempts},
                           {"latency_ms", to_milliseconds(r.call.ended - r.call.started)},
                           {"model", as_utf8(r.answer.model)},
                           {"text", as_utf8(r.answer.text)},
                           {"reasoning", as_utf8(r.answer.reasoning)},
                           {"error", as_utf8(r.answer.message)},
                           {"conclusion", conclusion(r)}};
  if (r.attempts.empty()) return j;
  const token_usage& u = r.attempts.back().usage;
  j["hit_tokens"] = u.hit;
  j["miss_tokens"] = u.miss;
  j["output_tokens"] = u.output;
  j["cost_usd"] = to_usd(r.call.estimate);
  return j;
}

// For a terminal, which control characters of a stranger's page could drive.
std::string printable(std::string_view text) {
  std::string out = as_utf8(text);
  std::replace_if(
      out.begin(), out.end(),
      [](unsigned char c) { return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f; }, ' ');
  return out;
}

void print_result(const single_result& r) {
  if (!r.answer.reasoning.empty())
    std::cout << "(thinking) " << printable(r.answer.reasoning) << "\n";
  if (!r.answer.text.empty()) std::cout << printable(r.answer.text) << "\n";
  if (r.call.result != outcome::success) {
    std::cout << fmt::format("failed: {} after {} attempt{} ({})\n", name_of(r.call.result),
                             r.call.attempts, r.call.attempts == 1 ? "" : "s", name_of(r.call.why));
    if (!r.answer.message.empty())
      std::cout << "the service says: " << printable(r.answer.message) << "\n";
    const int status = r.attempts.empty() ? 0 : r.attempts.back().status;
    if (const auto* code = deepseek::find_error_code(status))
      std::cout << fmt::format("{} {}: {} (more: stampede explain {})\n", status, code->name,
                               code->first_action, status);
  } else if (!r.attempts.empty()) {
    const token_usage& u = r.attempts.back().usage;
    std::cout << fmt::format(
        "{} in {}: {} cached, {} fresh prompt tokens, {} output tokens, ${:.6f}\n", r.answer.model,
        to_short_text(r.call.ended - r.call.started), u.hit, u.miss, u.output,
        to_usd(r.call.estimate));
  }
  std::cout << "\n" << conclusion(r) << "\n";
}

int call(options o) {
  if (o.base_url.empty()) o.base_url = from_environment("DEEPSEEK_BASE_URL");
  if (o.base_url.empty()) o.base_url = "https://api.deepseek.com";
  const auto where = parse_base_url(o.base_url);
  if (!where)
    refuse(fmt::format("'{}' is not a base URL such as https://api.deepseek.com", o.base_url));
  const auto policy = find_preset(o.preset);
  if (!policy)
    refuse(fmt::format("unknown preset '{}'; there are {}", o.preset,
                       fmt::join(preset_names(), ", ")));
  single_call what;
  what.where = *where;
  what.api_key = from_environment("DEEPSEEK_API_KEY");
  if (what.api_key.empty())
    refuse("DEEPSEEK_API_KEY is not set; export it, or look where this environment loses it");
  if (what.api_key.find_first_of(" \t\r\n\"'") != std::string::npos)
    refuse("DEEPSEEK_API_KEY contains a blank or a quote: it was copied with an extra character");
  ask_first(o, *where);
  what.ca_file = o.ca_file;
  what.policy = *policy;
  what.stop = &interrupt_flag();
  what.request = {.model = o.model,
                  .messages = {{"user", o.prompt}},
                  .max_tokens = o.max_tokens,
                  .stream = o.stream,
                  .thinking = o.thinking,
                  .json_mode = o.json_mode};
  if (!o.json) {
    std::cerr << fmt::format("POST {}/chat/completions, model {}, key {}\n", o.base_url, o.model,
                             masked(what.api_key));
    what.on_attempt = [](const attempt_record& a) { std::cerr << attempt_words(a) << "\n"; };
  }
  const single_result result = call_once(what);
  if (o.json)
    std::cout << to_json(result).dump(2) << "\n";
  else
    print_result(result);
  return result.call.result == outcome::success ? all_hold : one_failed;
}

}  // namespace

void add_call(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("call", "One minimal request, and what its answer tells");
  const auto o = std::make_shared<options>();
  command->add_option("prompt", o->prompt, "what to ask")->capture_default_str();
  command->add_option("--base-url", o->base_url,
                      "else DEEPSEEK_BASE_URL, else https://api.deepseek.com");
  command->add_option("--model", o->model)->capture_default_str();
  command->add_option("--max-tokens", o->max_tokens)
      ->check(CLI::Range(1, 393216))
      ->capture_default_str();
  command->add_option("--preset", o->preset, "retry policy")->capture_default_str();
  command->add_option("--ca-file", o->ca_file, "PEM file of further authorities");
  command->add_flag("--stream", o->stream);
  command->add_flag("--thinking", o->thinking);
  command->add_flag("--json-mode", o->json_mode,
                    "ask for a JSON object (say \"json\" in the prompt)");
  command->add_flag("--yes", o->yes, "do not ask before a call that may cost money");
  command->add_flag("--json", o->json, "print JSON");
  command->callback([o, &status] { status = call(*o); });
}

}  // namespace stampede
