#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "client/policy.hpp"
#include "harness/fuzz/random_scenario.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

std::string flag(dice& d, std::string_view key) {
  return d.one_in(3) ? fmt::format("{} = {}\n", key, d.one_in(2)) : "";
}

std::string backoff(dice& d, const scenario_frame& frame, const std::string& prefix) {
  const std::string_view kind = d.pick(
      {"fixed", "exponential", "full_jitter", "equal_jitter", "decorrelated_jitter",
       "additive_jitter", "proportional_jitter", "memoryless", "polly_jitter", "envoy_jitter"});
  const bool at_once = !frame.unlimited && d.one_in(12);
  const duration base = at_once ? 0s : d.time(10ms, 30s);
  const duration cap = d.one_in(6) ? base : std::max<duration>(base, d.time(10ms, 10min));
  std::string text = fmt::format("\n[{}.backoff]\nkind = \"{}\"\nbase = \"{}\"\ncap = \"{}\"\n",
                                 prefix, kind, to_text(base), to_text(cap));
  if (d.one_in(3)) text += fmt::format("factor = {}.{}\n", d.between(1, 9), d.between(0, 9));
  if (kind == "additive_jitter" && d.one_in(2)) text += "jitter = " + d.time_text(0s, 20s) + "\n";
  if (kind == "proportional_jitter" && d.one_in(2))
    text += fmt::format("ratio = \"{}%\"\n", d.between(0, 100));
  const bool has_least = kind == "fixed" || kind == "exponential" || kind == "full_jitter";
  if (has_least && d.one_in(4)) text += "least = " + d.time_text(1ms, 20s) + "\n";
  if (!frame.unlimited && d.one_in(6)) text += "first_at_once = true\n";
  if (d.one_in(6)) text += "throttled_base = " + d.time_text(10ms, 10s) + "\n";
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
  const std::string_view use = frame.unlimited
                                   ? d.pick({"ignore", "floor", "clamp"})
                                   : d.pick({"ignore", "floor", "exact", "clamp", "pushback"});
  if (frame.unlimited || d.one_in(2)) text += fmt::format("retry_after = \"{}\"\n", use);
  if (d.one_in(4)) text += "retry_after_spread = " + d.time_text(1ms, 1min) + "\n";
  if (d.one_in(4)) {
    text += "retry_after_limit = " + d.time_text(0s, 2min) + "\n";
    text += fmt::format("retry_after_beyond = \"{}\"\n", d.pick({"backoff", "cap", "stop"}));
  }
  if (!frame.unlimited && d.one_in(4)) text += "retry_after_zero = false\n";
  if (d.one_in(6)) text += "deadline = " + d.time_text(10ms, 5min) + "\n";
  for (const std::string_view key : {"timeout", "thinking_timeout", "silence_timeout"})
    if (d.one_in(3)) text += fmt::format("{} = {}\n", key, d.time_text(5ms, 5min));
  return text;
}

std::string rules(dice& d, bool paces) {
  std::string text = paces ? flag(d, "pace_after_timeout") : "pace_after_timeout = false\n";
  if (d.one_in(3)) text += fmt::format("server_error_retries = {}\n", d.between(-1, 3));
  if (d.one_in(4))
    text += fmt::format("retry_statuses = [{}]\n",
                        d.pick({"", "429", "503, 500", "408, 409, 429, 500, 502, 503, 504"}));
  for (const std::string_view key : {"retry_timeouts", "check_content", "retry_partial",
                                     "sleep_after_last", "retry_status_codes", "heed_should_retry"})
    text += flag(d, key);
  if (d.one_in(3))
    text += fmt::format("retry_transport = {}\n", d.pick({"true", "false", "\"connect\""}));
  if (d.one_in(8)) text += "retry_persistent = true\n";
  if (d.one_in(3))
    text += fmt::format("fallback = [{}]\n",
                        d.pick({"", "\"deepseek-v4-pro\"", "\"deepseek-v4-flash\"",
                                "\"deepseek-v4-pro\", \"deepseek-v4-flash\", \"deepseek-v4-pro\"",
                                "\"deepseek-chat\", \"deepseek-v9\""}));
  return text;
}

std::string breaker_table(dice& d, const std::string& prefix) {
  std::string text =
      fmt::format("\n[{}.breaker]\nfailures = {}\n", prefix, d.one_in(4) ? 0 : d.wild(1, 20));
  if (!d.one_in(4)) text += "open_for = " + d.time_text(1ms, 5min) + "\n";
  if (d.one_in(2)) text += fmt::format("failure_rate = \"{}%\"\n", d.between(1, 100));
  if (d.one_in(4))
    text += fmt::format("slow_rate = \"{}%\"\nslow_after = {}\n", d.between(1, 100),
                        d.time_text(1ms, 1min));
  if (d.one_in(2)) {
    const bool by_time = d.one_in(2);
    const std::int64_t calls = d.wild(1, 64);
    text += by_time ? "window = " + d.time_text(10ms, 1min) + "\n"
                    : fmt::format("window = {}\n", calls);
    text += fmt::format("min_calls = {}\n", d.between(1, by_time ? 30 : calls));
  }
  if (d.one_in(3)) text += fmt::format("probes = {}\n", d.wild(1, 10));
  return text + flag(d, "count_timeouts") + flag(d, "shared");
}

std::string budget_table(dice& d, const std::string& prefix) {
  const std::string_view kind = d.pick(
      {"aws", "grpc", "finagle", "tower", "envoy", "token_bucket", "retry_ratio", "failure_ratio"});
  std::string text = fmt::format("\n[{}.retry_budget]\nkind = \"{}\"\n", prefix, kind);
  const bool has_tokens = kind == "aws" || kind == "grpc" || kind == "token_bucket";
  const bool has_window = kind == "finagle" || kind == "tower" || kind.ends_with("ratio");
  if (has_tokens) text += fmt::format("capacity = {}\n", d.wild(1, 500));
  if (kind == "aws" && d.one_in(2))
    text += fmt::format("cost = {}\nthrottled_cost = {}\ntimeout_cost = {}\nrefund = {}\n",
                        d.between(1, 20), d.between(1, 20), d.between(1, 20), d.between(0, 3));
  if (kind != "aws" && d.one_in(2)) text += fmt::format("ratio = \"{}%\"\n", d.between(0, 100));
  if (has_window && d.one_in(2)) text += "window = " + d.time_text(10ms, 1min) + "\n";
  if (kind == "finagle" || kind == "tower")
    text += fmt::format("min_per_s = {}\n", d.between(0, 5));
  if (kind == "envoy") text += fmt::format("min_concurrent = {}\n", d.between(0, 4));
  return text + (kind == "envoy" ? "" : flag(d, "shared"));
}

std::string throttle_table(dice& d, const std::string& prefix) {
  const std::string_view kind = d.pick({"google_sre", "aws_adaptive", "retry_line"});
  std::string text = fmt::format("\n[{}.throttle]\nkind = \"{}\"\n", prefix, kind);
  if (kind == "google_sre" && d.one_in(2))
    text += fmt::format("k = 1.{}\npadding = {}\nwindow = {}\n", d.between(0, 9), d.between(1, 10),
                        d.time_text(100ms, 3min));
  if (kind != "retry_line") return text + flag(d, "shared");
  // A line that is soon passed, mostly by a whole group, or nothing would ever be held back.
  const std::int64_t line = d.one_in(3) ? d.wild(1, 50) : d.between(0, 4);
  text += fmt::format("line = {}\nrate = \"{}/{}\"\nhold = {}\n", line, d.wild(1, 20),
                      d.pick({"s", "m"}), d.time_text(1ms, 2min));
  return text + fmt::format("shared = {}\n", !d.one_in(3));
}

std::string concurrency_table(dice& d, const std::string& prefix) {
  const bool fixed = d.one_in(2);
  const std::int64_t limit = d.wild(1, 30);
  std::string text = fmt::format("\n[{}.concurrency]\nkind = \"{}\"\nlimit = {}\n", prefix,
                                 fixed ? "fixed" : "aimd", limit);
  if (!fixed)
    text += fmt::format("least = {}\nmost = {}\nbackoff = \"{}%\"\n", d.between(1, limit),
                        limit + d.between(0, 30), d.between(10, 100));
  if (!fixed && d.one_in(3)) text += "slow_after = " + d.time_text(1ms, 1min) + "\n";
  if (d.one_in(2)) text += fmt::format("queue = {}\n", d.wild(1, 200) - 1);
  if (d.one_in(2)) text += "queue_timeout = " + d.time_text(1ms, 2min) + "\n";
  return text;
}

std::string content_table(dice& d, const std::string& prefix) {
  std::string text = fmt::format("\n[{}.content]\n", prefix);
  for (const outcome o : content_outcomes)
    if (d.one_in(2))
      text += fmt::format("{} = \"{}\"\n", name_of(o), d.pick({"retry", "fail", "accept"}));
  return text;
}

// A preset that nothing limits is for scenarios in which waits do not limit anything either.
std::string start(dice& d, const scenario_frame& frame) {
  if (frame.unlimited || !d.one_in(2))
    return d.one_in(3) ? fmt::format("preset = \"{}\"\n", d.pick({"guide", "guide-snippet"})) : "";
  if (d.one_in(4))
    return fmt::format("layers = [{}]\n",
                       d.pick({"\"langchain\", \"openai-python\"", "\"vercel-ai\", \"guide\"",
                               "\"langchain-v1\", \"llama-index\", \"openai-node\""}));
  std::vector<std::string_view> names = preset_names();
  std::erase_if(names, [](std::string_view name) {
    return name.starts_with("tenacity") || name == "google-api-core";
  });
  return fmt::format("preset = \"{}\"\n",
                     names[static_cast<std::size_t>(d.between(0, std::ssize(names) - 1))]);
}

}  // namespace

std::string random_client(dice& d, const scenario_frame& frame, const std::string& prefix) {
  // What a throttle does can be told to the instant where nothing else holds attempts back.
  const bool throttled = d.one_in(5);
  const bool alone = throttled && !d.one_in(3);
  std::string text = fmt::format("\n[{}]\n", prefix);
  text += start(d, frame) + attempts(d, frame) + times(d, frame) + rules(d, !alone);
  if (!d.one_in(3)) text += backoff(d, frame, prefix);
  if (alone) text += fmt::format("\n[{}.breaker]\nfailures = 0\nfailure_rate = 0\n", prefix);
  if (!alone && d.one_in(2)) text += breaker_table(d, prefix);
  if (d.one_in(4)) text += budget_table(d, prefix);
  if (throttled) text += throttle_table(d, prefix);
  if (!alone && d.one_in(6)) text += concurrency_table(d, prefix);
  if (d.one_in(6)) text += content_table(d, prefix);
  return text;
}

}  // namespace stampede
