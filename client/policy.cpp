#include "client/policy.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "client/policy_parts.hpp"
#include "core/units.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

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
                                             {"memoryless", memoryless},
                                             {"polly_jitter", polly_jitter},
                                             {"envoy_jitter", envoy_jitter}}))
    backoff.kind = *kind;
  backoff.base = read.time("base").value_or(backoff.base);
  backoff.cap = read.time("cap").value_or(backoff.cap);
  if (backoff.cap < backoff.base && backoff.kind != fixed)
    read.fail("cap", "'cap' (" + to_text(backoff.cap) + ") must not be below 'base' (" +
                         to_text(backoff.base) + ")");
  if (const auto factor = read.number("factor", 1, 100))
    backoff.factor_milli = to_milli(read, "factor", *factor);
  const auto only_for = [&](std::string_view key, backoff_kind kind, const char* kind_name) {
    if (read.has(key) && backoff.kind != kind)
      read.fail(key, fmt::format("'{}' belongs to kind = \"{}\"", key, kind_name));
  };
  only_for("jitter", additive_jitter, "additive_jitter");
  if (read.has("least") && backoff.kind != fixed && backoff.kind != exponential &&
      backoff.kind != full_jitter)
    read.fail("least", "'least' belongs to kind = \"fixed\", \"exponential\" or \"full_jitter\"");
  backoff.least = read.time("least").value_or(backoff.least);
  backoff.first_at_once = read.flag("first_at_once").value_or(backoff.first_at_once);
  backoff.throttled_base = read.time("throttled_base").value_or(backoff.throttled_base);
  for (const char* key : {"ratio", "ratio_down", "ratio_up"})
    only_for(key, proportional_jitter, "proportional_jitter");
  for (const char* key : {"ratio_down", "ratio_up"})
    if (read.has("ratio") && read.has(key))
      read.fail(key, fmt::format("'ratio' sets both directions; leave it out where '{}' is", key));
  backoff.jitter = read.time("jitter").value_or(backoff.jitter);
  const auto ratio_of = [&](std::string_view key, std::int32_t otherwise) {
    const auto ratio = read.ratio(key);
    return ratio ? to_milli(read, key, *ratio) : otherwise;
  };
  if (read.has("ratio")) backoff.ratio_down_milli = backoff.ratio_up_milli = ratio_of("ratio", 0);
  backoff.ratio_down_milli = ratio_of("ratio_down", backoff.ratio_down_milli);
  backoff.ratio_up_milli = ratio_of("ratio_up", backoff.ratio_up_milli);
  read.done();
}

void read_content(const config_table& table, content_policy& content) {
  config_reader read(table);
  using enum content_use;
  for (const outcome o : content_outcomes)
    if (const auto use = read.choice<content_use>(
            name_of(o), {{"retry", retry}, {"fail", fail}, {"accept", accept}}))
      content.set(o, *use);
  read.done();
}

[[noreturn]] void refuse_preset(config_reader& read, const char* key, const std::string& name) {
  const auto near = nearest_word(name, preset_names());
  std::string list;
  for (auto known : preset_names()) list += (list.empty() ? "" : ", ") + std::string(known);
  read.fail(key, near.empty() ? fmt::format("unknown preset '{}'; the presets are {}", name, list)
                              : fmt::format("unknown preset '{}', did you mean '{}'?", name, near));
}

client_policy starting_point(config_reader& read) {
  const auto name = read.text("preset");
  if (read.has("layers")) {
    const std::vector<std::string> layers = read.texts("layers");
    if (name) read.fail("preset", "'layers' names the presets of a stack; leave 'preset' out");
    if (layers.empty() || layers.size() > most_layers)
      read.fail("layers", fmt::format("a stack has 1 to {} layers", most_layers));
    for (const std::string& layer : layers)
      if (!find_preset(layer)) refuse_preset(read, "layers", layer);
    return *stack(layers);
  }
  if (!name) return *find_preset("guide");
  if (auto preset = find_preset(*name)) return *preset;
  refuse_preset(read, "preset", *name);
}

void read_retry_after(config_reader& read, retry_after_rule& rule) {
  using enum retry_after_use;
  using enum retry_after_beyond;
  if (const auto use = read.choice<retry_after_use>("retry_after", {{"ignore", ignore},
                                                                    {"floor", floor},
                                                                    {"exact", exact},
                                                                    {"clamp", clamp},
                                                                    {"pushback", pushback}}))
    rule.use = *use;
  rule.spread = read.time("retry_after_spread").value_or(rule.spread);
  rule.limit = read.time("retry_after_limit").value_or(rule.limit);
  if (const auto beyond = read.choice<retry_after_beyond>(
          "retry_after_beyond", {{"backoff", backoff}, {"cap", cap}, {"stop", stop}}))
    rule.beyond = *beyond;
  rule.zero = read.flag("retry_after_zero").value_or(rule.zero);
}

void read_waits(config_reader& read, client_policy& p) {
  read_retry_after(read, p.retry_after);
  p.time_budget = read.time("time_budget").value_or(p.time_budget);
  p.deadline = read.time("deadline").value_or(p.deadline);
  p.timeout = read.time("timeout").value_or(p.timeout);
  p.thinking_timeout = read.time("thinking_timeout").value_or(p.thinking_timeout);
  p.silence_timeout = read.time("silence_timeout").value_or(p.silence_timeout);
  p.pace_after_timeout = read.flag("pace_after_timeout").value_or(p.pace_after_timeout);
}

// true and false, or "connect": only where nothing had reached the service.
void read_transport(config_reader& read, transport_retries& retries) {
  const config_entry* entry = read.source().find("retry_transport");
  if (entry && std::holds_alternative<std::string>(entry->value.data)) {
    retries = *read.choice<transport_retries>("retry_transport",
                                              {{"connect", transport_retries::connect}});
  } else if (const auto all = read.flag("retry_transport")) {
    retries = *all ? transport_retries::all : transport_retries::none;
  }
}

void read_rules(config_reader& read, client_policy& p) {
  if (const auto n = read.integer("max_attempts", 0, 10'000))
    p.max_attempts = static_cast<std::uint32_t>(*n);
  if (const auto n = read.integer("server_error_retries", -1, 10'000))
    p.server_error_retries = static_cast<std::int32_t>(*n);
  if (read.has("retry_statuses")) p.retry_statuses = read.integers("retry_statuses", 400, 599);
  p.retry_status_codes = read.flag("retry_status_codes").value_or(p.retry_status_codes);
  p.heed_should_retry = read.flag("heed_should_retry").value_or(p.heed_should_retry);
  read_transport(read, p.retry_transport);
  p.retry_timeouts = read.flag("retry_timeouts").value_or(p.retry_timeouts);
  p.retry_persistent = read.flag("retry_persistent").value_or(p.retry_persistent);
  if (const auto check = read.flag("check_content"))
    p.content = *check ? content_policy{} : unchecked_content();
  if (const config_table* content = read.table("content")) read_content(*content, p.content);
  p.retry_partial = read.flag("retry_partial").value_or(p.retry_partial);
  p.sleep_after_last = read.flag("sleep_after_last").value_or(p.sleep_after_last);
  if (read.has("fallback")) p.fallback = read.texts("fallback");
}

}  // namespace

client_policy parse_policy(const config_table& table) {
  config_reader read(table);
  const client_policy unchanged = starting_point(read);
  client_policy p = unchanged;
  if (const config_table* backoff = read.table("backoff")) read_backoff(*backoff, p.backoff);
  if (const config_table* t = read.table("breaker")) parse_breaker(*t, p.breaker);
  if (const config_table* t = read.table("retry_budget")) parse_retry_budget(*t, p.retry_budget);
  if (const config_table* t = read.table("throttle")) parse_throttle(*t, p.throttle);
  if (const config_table* t = read.table("concurrency")) parse_concurrency(*t, p.concurrency);
  read_waits(read, p);
  read_rules(read, p);
  read.done();
  const bool waits = p.backoff.base > 0s || p.backoff.kind == backoff_kind::additive_jitter;
  const bool limited = p.max_attempts != 0 || p.time_budget > 0s || p.deadline > 0s;
  if (!limited && !waits && !(p == unchanged))
    read.fail(
        "max_attempts",
        "without a limit of attempts, a time budget or a backoff 'base' a call would retry for "
        "ever in one instant; set one of them");
  if (!(p == unchanged)) p.name += " (changed)";
  return p;
}

std::vector<duration> delays_of(const client_policy& p) {
  std::vector<duration> delays{least_delay(p.backoff), p.retry_after.spread, p.retry_after.limit,
                               p.time_budget,          p.deadline,           p.timeout,
                               p.thinking_timeout,     p.silence_timeout};
  if (p.breaker.exists()) delays.push_back(p.breaker.open_for);
  if (p.breaker.watches_window()) delays.push_back(p.breaker.window);
  if (p.concurrency.kind != concurrency_kind::none) delays.push_back(p.concurrency.queue_timeout);
  if (p.throttle.kind == throttle_kind::retry_line) delays.push_back(p.throttle.hold);
  if (p.backoff.throttled_base > duration::zero())
    delays.push_back(least_delay(throttled(p.backoff)));
  for (const client_policy& layer : p.outer) delays.push_back(least_delay(layer.backoff));
  std::erase(delays, duration::zero());
  return delays;
}

}  // namespace stampede
