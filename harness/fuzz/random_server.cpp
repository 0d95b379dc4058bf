#include <fmt/format.h>

#include <algorithm>

#include "harness/fuzz/random_scenario.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

duration instant_within(dice& d, duration length) { return length * d.between(0, 20) / 20; }

// A window within the run. Its ends are often instants at which something else happens too.
std::string window(dice& d, duration length) {
  std::string text = "at = \"" + to_text(instant_within(d, length)) + "\"\n";
  if (d.one_in(2)) return text;
  const std::string round = "\"" + to_text(length * d.between(1, 10) / 20) + "\"";
  return text + "for = " + (d.one_in(2) ? round : d.time_text(1ms, length)) + "\n";
}

std::string capacity(dice& d, const scenario_frame& frame) {
  std::string text = "\n[[server.capacity]]\n" + window(d, frame.length);
  const bool slots = d.one_in(2);
  if (slots) text += fmt::format("slots = {}\n", d.one_in(3) ? 0 : d.wild(1, 100));
  if (!slots || d.one_in(2))
    text += fmt::format("speed = {}\n", d.pick({"0", "0.001", "0.25", "0.5", "2", "10"}));
  return text;
}

std::string overload(dice& d) {
  std::string text;
  if (!d.one_in(4)) text += fmt::format("slots = {}\n", d.one_in(8) ? 0 : d.wild(1, 300));
  if (d.one_in(2)) text += fmt::format("queue = {}\n", d.wild(1, 500));
  if (d.one_in(2)) text += fmt::format("when_full = \"{}\"\n", d.pick({"429", "503"}));
  if (d.one_in(2)) text += "retry_after = " + d.time_text(0s, 2min) + "\n";
  if (d.one_in(3)) text += "keep_alive_every = " + d.time_text(50ms, 1min) + "\n";
  if (d.one_in(3)) text += "queue_close_after = " + d.time_text(10ms, 20min) + "\n";
  if (d.one_in(8)) text += fmt::format("account_concurrency = {}\n", d.wild(1, 200));
  if (d.one_in(2)) text += fmt::format("abandoned = \"{}\"\n", d.pick({"drop", "finish"}));
  if (d.one_in(3)) text += fmt::format("bill_abandoned = {}\n", d.one_in(2));
  return text;
}

std::string message(dice& d) { return d.one_in(6) ? "message = \"Not now, please.\"\n" : ""; }

std::string retry_after(dice& d) {
  if (d.one_in(3)) return "";
  if (d.one_in(8))
    return fmt::format("retry_after_text = \"{}\"\n", d.pick({"soon", "99999999999999999999"}));
  if (d.one_in(8)) return fmt::format("retry_after = \"{}s\"\n", d.between(-5, 60));
  if (d.one_in(4)) return "retry_after = \"none\"\n";
  std::string text = "retry_after = " + d.time_text(0s, d.one_in(6) ? 1h : 1min) + "\n";
  if (d.one_in(3))
    text += fmt::format("retry_after_as = \"{}\"\n", d.pick({"seconds", "decimal", "date", "ms"}));
  return text;
}

// cut_at of one of the faults that have it: a share, a number, or what it is by default.
std::string cut_at(dice& d, std::int64_t most) {
  if (d.one_in(2)) return fmt::format("cut_at = \"{}%\"\n", d.between(0, 100));
  if (d.one_in(2)) return fmt::format("cut_at = {}\n", d.one_in(6) ? 0 : d.wild(1, most));
  return "";
}

std::string status(dice& d) {
  return fmt::format("status = {}\n",
                     d.pick({"400", "401", "402", "403", "404", "408", "409", "413", "418", "422",
                             "429", "500", "500", "502", "503", "503", "504"})) +
         retry_after(d) + message(d) +
         (d.one_in(3) ? fmt::format("should_retry = {}\n", d.one_in(2)) : "");
}

std::string outage(dice& d) {
  std::string text = d.one_in(2) ? fmt::format("status = {}\n", d.between(500, 504)) : "";
  return text + retry_after(d) + message(d);
}

std::string rate_limit(dice& d) {
  std::string text = retry_after(d) + message(d);
  if (d.one_in(2)) {
    text += fmt::format("admit = \"{}/{}\"\n", d.wild(1, 200), d.pick({"s", "m", "h"}));
    if (d.one_in(2)) text += fmt::format("burst = {}\n", d.wild(1, 100));
  }
  if (d.one_in(2)) text += fmt::format("scope = \"{}\"\n", d.pick({"call", "instance", "key"}));
  return text;
}

std::string queue_hang(dice& d) {
  std::string text;
  if (!d.one_in(4)) text += "hold = " + random_times(d, 1ms, 20min) + "\n";
  const bool silent = d.one_in(3);
  if (silent) text += "silent = true\n";
  if (!silent && d.one_in(2)) text += "keep_alive_every = " + d.time_text(50ms, 2min) + "\n";
  const std::string_view then =
      silent ? d.pick({"answer", "close", "reset", "empty", "error", "429", "503"})
             : d.pick({"answer", "close", "reset", "empty", "error"});
  if (!d.one_in(4)) text += fmt::format("then = \"{}\"\n", then);
  return text;
}

std::string truncate(dice& d) {
  std::string text = cut_at(d, 20'000);
  if (d.one_in(3))
    text += fmt::format("inside = \"{}\"\n", d.pick({"utf8", "escape", "frame", "between"}));
  if (!d.one_in(3)) text += fmt::format("ending = \"{}\"\n", d.pick({"clean", "close", "reset"}));
  return text;
}

std::string break_off(dice& d) {
  if (d.one_in(2)) return cut_at(d, 20'000);
  return d.one_in(2) ? "wait = " + d.time_text(0s, 2min) + "\n" : "";
}

std::string stall(dice& d) {
  std::string text = cut_at(d, 20'000);
  if (d.one_in(2)) return text;
  text += "hold = " + d.time_text(1ms, 5min) + "\n";
  if (d.one_in(2)) text += fmt::format("then = \"{}\"\n", d.pick({"answer", "close", "reset"}));
  return text;
}

std::string error_event(dice& d) {
  std::string text = cut_at(d, 2'000) + message(d);
  if (d.one_in(2)) text += fmt::format("status = {}\n", d.pick({"400", "429", "500", "503"}));
  return text;
}

std::string malformed_json(dice& d) {
  return cut_at(d, 20'000) +
         (d.one_in(2) ? fmt::format("how = \"{}\"\n", d.pick({"quote", "control"})) : "");
}

std::string missing_finish(dice& d) {
  if (d.one_in(3)) return "";
  return fmt::format("leave_out = \"{}\"\n", d.pick({"finish_reason", "done", "both"}));
}

std::string wrong_type(dice& d) {
  std::string text = retry_after(d);
  if (d.one_in(2)) text += fmt::format("status = {}\n", d.pick({"200", "404", "502", "504"}));
  if (d.one_in(3)) text += "content_type = \"text/plain\"\nbody = \"not now\"\n";
  return text;
}

std::string sequence(dice& d) {
  std::string text = "sequence = [";
  for (std::int64_t n = d.between(1, 5); n > 0; --n)
    text += fmt::format("\"{}\", ",
                        d.pick({"ok", "500", "429 retry_after=2", "503 retry_after=1500ms", "reset",
                                "truncate at=40%", "latency add=2s", "empty_content", "error_event",
                                "stall at=10% hold=5s", "close wait=1s", "missing_finish"}));
  text += "]\n";
  if (d.one_in(2)) text += fmt::format("per = \"{}\"\n", d.pick({"call", "key", "all"}));
  if (d.one_in(4)) text += "repeat = true\n";
  return text;
}

struct fault_keys {
  std::string_view kind;
  std::string (*keys)(dice&);
};

const fault_keys kinds[] = {
    {"status", status},
    {"outage", outage},
    {"rate_limit", rate_limit},
    {"queue_hang", queue_hang},
    {"truncate", truncate},
    {"reset", break_off},
    {"close", break_off},
    {"stall", stall},
    {"error_event", error_event},
    {"malformed_json", malformed_json},
    {"missing_finish", missing_finish},
    {"wrong_type", wrong_type},
    {"sequence", sequence},
    {"slow_stream",
     [](dice& d) { return fmt::format("tokens_per_second = {}\n", d.wild(1, 500)); }},
    {"latency", [](dice& d) { return "add = " + random_times(d, 1ms, 5min) + "\n"; }},
    {"insufficient_resource",
     [](dice& d) {
       if (d.one_in(3)) return std::string();
       return d.one_in(2) ? fmt::format("cut_at = \"{}%\"\n", d.between(0, 100))
                          : fmt::format("cut_at = {}\n", d.wild(0, 2'000));
     }},
    {"empty_content",
     [](dice& d) { return std::string(d.one_in(2) ? "content = \" \\n\"\n" : ""); }},
};

std::string match(dice& d) {
  std::string keys;
  if (d.one_in(3))
    keys += fmt::format("model = \"{}\", ", d.pick({"deepseek-v4-flash", "deepseek-v4-pro"}));
  if (d.one_in(3)) keys += fmt::format("stream = {}, ", d.one_in(2));
  if (d.one_in(3)) keys += fmt::format("attempt = {}, ", d.wild(1, 4));
  if (d.one_in(8)) keys += "key = \"sk-stampede-fleet\", ";
  if (d.one_in(6)) keys += fmt::format("instance = {}, ", d.between(0, 3));
  if (d.one_in(8))
    keys += fmt::format("path = \"{}\", ", d.pick({"/chat/completions", "/v1/chat/completions"}));
  if (keys.empty()) return "";
  return "match = { " + keys.substr(0, keys.size() - 2) + " }\n";
}

}  // namespace

std::string random_server(dice& d, const scenario_frame& frame) {
  std::string text = "\n[server]\n" + overload(d);
  if (d.one_in(3)) text += fmt::format("profile = \"{}\"\n", d.pick({"documented", "observed"}));
  if (d.one_in(3))
    text += fmt::format("date = \"{}\"\n",
                        d.pick({"2026-04-25", "2026-05-31", "2026-07-24T15:59:00Z", "2027-01-01"}));
  if (d.one_in(2)) text += "time_to_first_token = " + random_times(d, 1ms, 20s) + "\n";
  if (d.one_in(2)) text += fmt::format("tokens_per_second = {}\n", d.wild(1, 5'000));
  if (d.one_in(4)) text += "stream_interval = " + d.time_text(0s, 5s) + "\n";
  if (d.one_in(12))
    text += fmt::format("api_keys = [\"{}\"]\n",
                        d.pick({"sk-stampede-fleet", "sk-fuzz-1", "sk-fuzz-revoked"}));
  const std::int64_t windows = d.one_in(3) ? d.between(1, 3) : 0;
  for (std::int64_t i = 0; i < windows; ++i) text += capacity(d, frame);
  return text;
}

std::string random_fault(dice& d, const scenario_frame& frame) {
  const auto& [kind, keys] = kinds[d.between(0, static_cast<std::int64_t>(std::size(kinds)) - 1)];
  std::string text = fmt::format("\n[[fault]]\nkind = \"{}\"\n", kind);
  if (!d.one_in(3)) text += window(d, frame.length);
  if (d.one_in(2)) text += fmt::format("ratio = \"{}%\"\n", d.between(0, 100));
  if (d.one_in(4)) text += fmt::format("count = {}\n", d.wild(1, 1'000));
  text += keys(d);
  if (d.one_in(4)) text += match(d);
  return text;
}

}  // namespace stampede
