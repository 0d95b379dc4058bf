#include <fmt/format.h>

#include <algorithm>

#include "harness/fuzz/random_scenario.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

std::string flag(dice& d, std::string_view key) {
  return d.one_in(3) ? fmt::format("{} = {}\n", key, d.one_in(2)) : "";
}

std::string backoff(dice& d, const scenario_frame& frame, const std::string& prefix) {
  const std::string_view kind =
      d.pick({"fixed", "exponential", "full_jitter", "equal_jitter", "decorrelated_jitter",
              "additive_jitter", "proportional_jitter", "memoryless"});
  const bool at_once = !frame.unlimited && d.one_in(12);
  const duration base = at_once ? 0s : d.time(10ms, 30s);
  const duration cap = d.one_in(6) ? base : std::max<duration>(base, d.time(10ms, 10min));
  std::string text = fmt::format("\n[{}.backoff]\nkind = \"{}\"\nbase = \"{}\"\ncap = \"{}\"\n",
                                 prefix, kind, to_text(base), to_text(cap));
  if (d.one_in(3)) text += fmt::format("factor = {}.{}\n", d.between(1, 9), d.between(0, 9));
  if (kind == "additive_jitter" && d.one_in(2)) text += "jitter = " + d.time_text(0s, 20s) + "\n";
  if (kind == "proportional_jitter" && d.one_in(2))
    text += fmt::format("ratio = \"{}%\"\n", d.between(0, 100));
  return text;
}

std::string attempts(dice& d, const scenario_frame& frame) {
  if (frame.unlimited && d.one_in(2)) return "max_attempts = 0\n";
  return d.one_in(2) ? fmt::format("max_attempts = {}\n", d.wild(1, 30)) : "";
}

std::string times(dice& d, const scenario_frame& frame) {
  std::string text;
  if (d.one_in(2)) text += "time_budget = " + d.time_text(0s, d.one_in(4) ? 1h : 3min) + "\n";
  // Where nothing limits the attempts, a Retry-After of nothing must not be all of a wait.
  const std::string_view use =
      frame.unlimited ? d.pick({"ignore", "floor"}) : d.pick({"ignore", "floor", "exact"});
  if (frame.unlimited || d.one_in(2)) text += fmt::format("retry_after = \"{}\"\n", use);
  if (d.one_in(4)) text += "retry_after_spread = " + d.time_text(1ms, 1min) + "\n";
  for (const std::string_view key : {"timeout", "thinking_timeout", "silence_timeout"})
    if (d.one_in(3)) text += fmt::format("{} = {}\n", key, d.time_text(5ms, 5min));
  return text;
}

std::string rules(dice& d) {
  std::string text;
  if (d.one_in(3)) text += fmt::format("server_error_retries = {}\n", d.between(-1, 3));
  if (d.one_in(4))
    text += fmt::format("retry_statuses = [{}]\n",
                        d.pick({"", "429", "503, 500", "408, 409, 429, 500, 502, 503, 504"}));
  for (const std::string_view key : {"retry_transport", "retry_timeouts", "check_content",
                                     "retry_partial", "sleep_after_last", "pace_after_timeout"})
    text += flag(d, key);
  if (d.one_in(3))
    text += fmt::format("fallback = [{}]\n",
                        d.pick({"", "\"deepseek-v4-pro\"", "\"deepseek-v4-flash\"",
                                "\"deepseek-v4-pro\", \"deepseek-v4-flash\", \"deepseek-v4-pro\"",
                                "\"deepseek-chat\", \"deepseek-v9\""}));
  return text;
}

}  // namespace

std::string random_client(dice& d, const scenario_frame& frame, const std::string& prefix) {
  std::string text = fmt::format("\n[{}]\n", prefix);
  if (d.one_in(3)) text += fmt::format("preset = \"{}\"\n", d.pick({"guide", "guide-snippet"}));
  text += attempts(d, frame) + times(d, frame) + rules(d);
  if (!d.one_in(3)) text += backoff(d, frame, prefix);
  if (d.one_in(2)) {
    text += fmt::format("\n[{}.breaker]\nfailures = {}\n", prefix, d.one_in(4) ? 0 : d.wild(1, 20));
    if (!d.one_in(4)) text += "open_for = " + d.time_text(1ms, 5min) + "\n";
  }
  return text;
}

}  // namespace stampede
