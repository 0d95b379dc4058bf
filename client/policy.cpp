#include "client/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/units.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

std::int32_t to_milli(double value) { return static_cast<std::int32_t>(value * 1000 + 0.5); }

void read_backoff(const config_table& table, backoff_policy& backoff) {
  config_reader read(table);
  using enum backoff_kind;
  if (const auto kind =
          read.choice<backoff_kind>("kind", {{"fixed", fixed},
                                             {"exponential", exponential},
                                             {"full_jitter", full_jitter},
                                             {"equal_jitter", equal_jitter},
                                             {"decorrelated_jitter", decorrelated_jitter},
                                             {"additive_jitter", additive_jitter},
                                             {"proportional_jitter", proportional_jitter},
                                             {"memoryless", memoryless}}))
    backoff.kind = *kind;
  // Without an upper limit a wait could end after the last representable instant.
  backoff.base = read.time("base").value_or(backoff.base);
  backoff.cap = read.time("cap").value_or(backoff.cap);
  if (backoff.cap < backoff.base)
    read.fail("cap", "'cap' (" + to_text(backoff.cap) + ") must not be below 'base' (" +
                         to_text(backoff.base) + ")");
  if (const auto factor = read.number("factor", 1, 100)) backoff.factor_milli = to_milli(*factor);
  const auto only_for = [&](std::string_view key, backoff_kind kind, const char* kind_name) {
    if (read.has(key) && backoff.kind != kind)
      read.fail(key, fmt::format("'{}' belongs to kind = \"{}\"", key, kind_name));
  };
  only_for("jitter", additive_jitter, "additive_jitter");
  for (const char* key : {"ratio", "ratio_down", "ratio_up"})
    only_for(key, proportional_jitter, "proportional_jitter");
  for (const char* key : {"ratio_down", "ratio_up"})
    if (read.has("ratio") && read.has(key))
      read.fail(key, fmt::format("'ratio' sets both directions; leave it out where '{}' is", key));
  backoff.jitter = read.time("jitter").value_or(backoff.jitter);
  if (const auto ratio = read.ratio("ratio"))
    backoff.ratio_down_milli = backoff.ratio_up_milli = to_milli(*ratio);
  if (const auto down = read.ratio("ratio_down")) backoff.ratio_down_milli = to_milli(*down);
  if (const auto up = read.ratio("ratio_up")) backoff.ratio_up_milli = to_milli(*up);
  read.done();
}

void read_breaker(const config_table& table, breaker_policy& breaker) {
  config_reader read(table);
  if (const auto n = read.integer("failures", 0, 1'000'000))
    breaker.failures = static_cast<std::uint32_t>(*n);
  breaker.open_for = read.time("open_for", 1ms).value_or(breaker.open_for);
  read.done();
}

client_policy starting_point(config_reader& read) {
  const auto name = read.text("preset");
  if (!name) return *find_preset("guide");
  if (auto preset = find_preset(*name)) return *preset;
  const auto near = nearest_word(*name, preset_names());
  std::string list;
  for (auto known : preset_names()) list += (list.empty() ? "" : ", ") + std::string(known);
  read.fail("preset", near.empty()
                          ? fmt::format("unknown preset '{}'; the presets are {}", *name, list)
                          : fmt::format("unknown preset '{}', did you mean '{}'?", *name, near));
}

void read_waits(config_reader& read, client_policy& p) {
  using enum retry_after_use;
  if (const auto use = read.choice<retry_after_use>(
          "retry_after", {{"ignore", ignore}, {"floor", floor}, {"exact", exact}}))
    p.retry_after = *use;
  p.retry_after_spread = read.time("retry_after_spread").value_or(p.retry_after_spread);
  p.time_budget = read.time("time_budget").value_or(p.time_budget);
  p.timeout = read.time("timeout").value_or(p.timeout);
  p.thinking_timeout = read.time("thinking_timeout").value_or(p.thinking_timeout);
  p.silence_timeout = read.time("silence_timeout").value_or(p.silence_timeout);
  p.pace_after_timeout = read.flag("pace_after_timeout").value_or(p.pace_after_timeout);
}

void read_rules(config_reader& read, client_policy& p) {
  if (const auto n = read.integer("max_attempts", 0, 10'000))
    p.max_attempts = static_cast<std::uint32_t>(*n);
  if (const auto n = read.integer("server_error_retries", -1, 10'000))
    p.server_error_retries = static_cast<std::int32_t>(*n);
  if (read.has("retry_statuses")) p.retry_statuses = read.integers("retry_statuses", 400, 599);
  p.retry_transport = read.flag("retry_transport").value_or(p.retry_transport);
  p.retry_timeouts = read.flag("retry_timeouts").value_or(p.retry_timeouts);
  p.check_content = read.flag("check_content").value_or(p.check_content);
  p.retry_partial = read.flag("retry_partial").value_or(p.retry_partial);
  p.sleep_after_last = read.flag("sleep_after_last").value_or(p.sleep_after_last);
  if (read.has("fallback")) p.fallback = read.texts("fallback");
}

std::string backoff_words(const backoff_policy& b) {
  const auto cap = b.cap == forever ? std::string("no cap") : "cap " + to_text(b.cap);
  const auto growth = fmt::format("{} x {:g}^k, {}", to_text(b.base), b.factor_milli / 1000.0, cap);
  switch (b.kind) {
    case backoff_kind::fixed: return to_text(b.base) + " every time";
    case backoff_kind::exponential: return growth + ", no jitter";
    case backoff_kind::full_jitter: return "uniform from 0 to " + growth;
    case backoff_kind::equal_jitter: return "half fixed, half uniform of " + growth;
    case backoff_kind::decorrelated_jitter:
      return fmt::format("uniform from {} to three times the wait before, {}", to_text(b.base),
                         cap);
    case backoff_kind::additive_jitter: return growth + ", plus uniform 0 to " + to_text(b.jitter);
    case backoff_kind::proportional_jitter:
      return fmt::format("{}, times {:g} to {:g}", growth, 1 - b.ratio_down_milli / 1000.0,
                         1 + b.ratio_up_milli / 1000.0);
    case backoff_kind::memoryless:
      return fmt::format("exponentially distributed with mean {}, {}", to_text(b.base), cap);
  }
  return growth;
}

}  // namespace

client_policy parse_policy(const config_table& table) {
  config_reader read(table);
  client_policy p = starting_point(read);
  if (const config_table* backoff = read.table("backoff")) read_backoff(*backoff, p.backoff);
  if (const config_table* breaker = read.table("breaker")) read_breaker(*breaker, p.breaker);
  read_waits(read, p);
  read_rules(read, p);
  read.done();
  const bool waits = p.backoff.base > 0s || p.backoff.kind == backoff_kind::additive_jitter;
  if (p.max_attempts == 0 && p.time_budget == 0s && !waits)
    read.fail(
        "max_attempts",
        "without a limit of attempts, a time budget or a backoff 'base' a call would retry for "
        "ever in one instant; set one of them");
  const auto preset = find_preset(p.name);
  if (!(p == *preset)) p.name += " (changed)";
  return p;
}

std::vector<std::string> describe(const client_policy& p) {
  std::vector<std::string> lines;
  const std::string tries = p.max_attempts == 0
                                ? "no limit of attempts"
                                : fmt::format("at most {} attempts", p.max_attempts);
  lines.push_back(fmt::format("{}{}", tries, p.fallback.empty() ? "" : " of each model"));
  lines.push_back("waits " + backoff_words(p.backoff));
  switch (p.retry_after) {
    case retry_after_use::ignore: lines.push_back("ignores Retry-After"); break;
    case retry_after_use::floor: lines.push_back("never returns before Retry-After"); break;
    case retry_after_use::exact:
      lines.push_back("waits exactly Retry-After where there is one");
      break;
  }
  if (p.retry_after_spread > 0s)
    lines.back() += ", spread over " + to_text(p.retry_after_spread) + " above it";
  lines.push_back(p.time_budget > 0s ? fmt::format("starts nothing later than {} after the call",
                                                   to_text(p.time_budget))
                                     : "no time budget");
  if (p.server_error_retries >= 0)
    lines.push_back(fmt::format("retries a 500 at most {} times", p.server_error_retries));
  if (!p.retry_statuses.empty())
    lines.push_back(fmt::format("retries only the statuses {}", fmt::join(p.retry_statuses, ", ")));
  if (!p.retry_transport) lines.push_back("does not retry broken connections");
  if (!p.retry_timeouts) lines.push_back("does not retry timeouts");
  if (p.timeout > 0s)
    lines.push_back(fmt::format("gives an attempt up after {} without payload ({} when thinking)",
                                to_text(p.timeout), to_text(p.thinking_timeout)));
  if (p.silence_timeout > 0s)
    lines.push_back(
        fmt::format("gives an attempt up after {} without any byte", to_text(p.silence_timeout)));
  if (p.breaker.failures > 0)
    lines.push_back(fmt::format("breaker: open for {} after {} consecutive failures",
                                to_text(p.breaker.open_for), p.breaker.failures));
  for (const std::string& model : p.fallback) lines.push_back("falls back to " + model);
  lines.push_back(p.check_content ? "checks the content of a 200" : "takes any 200 that parses");
  return lines;
}

std::vector<duration> delays_of(const client_policy& p) {
  std::vector<duration> delays{least_delay(p.backoff), p.retry_after_spread,
                               p.time_budget,          p.timeout,
                               p.thinking_timeout,     p.silence_timeout};
  if (p.breaker.failures > 0) delays.push_back(p.breaker.open_for);
  std::erase(delays, duration::zero());
  return delays;
}

}  // namespace stampede
