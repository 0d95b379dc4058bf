#include "client/policy_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

std::string percent(std::int32_t milli) { return fmt::format("{:g} %", milli / 10.0); }

template <class Number>
void read_count(config_reader& read, std::string_view key, Number& into, std::int64_t least,
                std::int64_t most) {
  if (const auto n = read.integer(key, least, most)) into = static_cast<Number>(*n);
}

void read_share(config_reader& read, std::string_view key, std::int32_t& into) {
  if (const auto share = read.ratio(key)) into = to_milli(read, key, *share);
}

void read_time(config_reader& read, std::string_view key, duration& into,
               duration least = duration::zero()) {
  into = read.time(key, least).value_or(into);
}

// Keys that say nothing where the table is of another kind.
void only_for(config_reader& read, bool of_kind, std::string_view kinds,
              std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys)
    if (read.has(key) && !of_kind)
      read.fail(key, fmt::format("'{}' belongs to kind = {}", key, kinds));
}

constexpr std::int64_t many = 1'000'000;

}  // namespace

std::int32_t to_milli(config_reader& read, std::string_view key, double value) {
  const double milli = value * 1000;
  const auto nearest = static_cast<std::int32_t>(milli + 0.5);
  const double off = milli - nearest;
  if (off > 1e-6 || off < -1e-6)
    read.fail(key, fmt::format("'{0}' is kept in thousandths: {1} would be {2}; write {2}", key,
                               value, nearest / 1000.0));
  return nearest;
}

void parse_breaker(const config_table& table, breaker_policy& breaker) {
  config_reader read(table);
  read_count(read, "failures", breaker.failures, 0, many);
  read_time(read, "open_for", breaker.open_for, 1ms);
  read_share(read, "failure_rate", breaker.failure_rate_milli);
  read_share(read, "slow_rate", breaker.slow_rate_milli);
  read_time(read, "slow_after", breaker.slow_after);
  const config_entry* window = table.find("window");
  if (window && std::holds_alternative<std::int64_t>(window->value.data)) {
    read_count(read, "window", breaker.window_calls, 1, many);
    breaker.window = duration::zero();
  } else {
    read_time(read, "window", breaker.window, 10ms);
  }
  read_count(read, "min_calls", breaker.min_calls, 1, many);
  const bool by_calls = breaker.window == duration::zero();
  if (by_calls && breaker.min_calls > breaker.window_calls) {
    if (read.has("min_calls"))
      read.fail("min_calls", fmt::format("'min_calls' ({}) is more than the 'window' holds ({})",
                                         breaker.min_calls, breaker.window_calls));
    breaker.min_calls = breaker.window_calls;
  }
  read_count(read, "probes", breaker.probes, 1, 10'000);
  breaker.count_timeouts = read.flag("count_timeouts").value_or(breaker.count_timeouts);
  breaker.wait = read.flag("wait").value_or(breaker.wait);
  breaker.shared = read.flag("shared").value_or(breaker.shared);
  read.done();
}

void parse_retry_budget(const config_table& table, retry_budget_policy& budget) {
  config_reader read(table);
  using enum retry_budget_kind;
  const auto kind = read.choice<retry_budget_kind>("kind", {{"none", none},
                                                            {"aws", aws},
                                                            {"grpc", grpc},
                                                            {"finagle", finagle},
                                                            {"tower", tower},
                                                            {"envoy", envoy},
                                                            {"token_bucket", token_bucket},
                                                            {"retry_ratio", retry_ratio},
                                                            {"failure_ratio", failure_ratio}});
  if (kind && *kind != budget.kind) budget = usual_budget(*kind);
  const auto is = [&](std::initializer_list<retry_budget_kind> kinds) {
    return std::find(kinds.begin(), kinds.end(), budget.kind) != kinds.end();
  };
  only_for(read, is({aws, grpc, token_bucket}), "\"aws\", \"grpc\" or \"token_bucket\"",
           {"capacity"});
  only_for(read, is({aws}), "\"aws\"", {"cost", "throttled_cost", "timeout_cost", "refund"});
  only_for(read, !is({none, aws}),
           "\"grpc\", \"finagle\", \"tower\", \"envoy\", \"token_bucket\", "
           "\"retry_ratio\" or \"failure_ratio\"",
           {"ratio"});
  only_for(read, is({finagle, tower, retry_ratio, failure_ratio}),
           "\"finagle\", \"tower\", \"retry_ratio\" or \"failure_ratio\"", {"window"});
  only_for(read, is({finagle, tower}), "\"finagle\" or \"tower\"", {"min_per_s"});
  only_for(read, is({envoy}), "\"envoy\"", {"min_concurrent"});
  read_count(read, "capacity", budget.capacity, 1, many);
  read_count(read, "cost", budget.cost, 1, 10'000);
  read_count(read, "throttled_cost", budget.throttled_cost, 1, 10'000);
  read_count(read, "timeout_cost", budget.timeout_cost, 1, 10'000);
  read_count(read, "refund", budget.refund, 0, 10'000);
  read_share(read, "ratio", budget.ratio_milli);
  read_time(read, "window", budget.window);
  if (is({finagle, tower}) && budget.window < 10ms)
    read.fail("window", "'window' of this kind is at least 10ms");
  read_count(read, "min_per_s", budget.min_per_s, 0, 100'000);
  read_count(read, "min_concurrent", budget.min_concurrent, 0, many);
  budget.shared = read.flag("shared").value_or(budget.shared);
  if (budget.shared && is({envoy}))
    read.fail("shared", "kind = \"envoy\" counts the attempts of one instance");
  read.done();
}

void parse_throttle(const config_table& table, throttle_policy& throttle) {
  config_reader read(table);
  using enum throttle_kind;
  if (const auto kind = read.choice<throttle_kind>("kind", {{"none", none},
                                                            {"google_sre", google_sre},
                                                            {"aws_adaptive", aws_adaptive},
                                                            {"retry_line", retry_line}}))
    throttle.kind = *kind;
  only_for(read, throttle.kind == google_sre, "\"google_sre\"", {"k", "padding", "window"});
  only_for(read, throttle.kind == retry_line, "\"retry_line\"", {"line", "rate", "hold"});
  if (const auto k = read.number("k", 1, 100)) throttle.k_milli = to_milli(read, "k", *k);
  read_count(read, "padding", throttle.padding, 1, 10'000);
  read_time(read, "window", throttle.window, 100ms);
  read_count(read, "line", throttle.line, 0, many);
  if (throttle.kind == retry_line && throttle.rate_micro == 0) read.need("rate");
  if (const auto rate = read.rate("rate"))
    throttle.rate_micro = std::max<std::int64_t>(1, static_cast<std::int64_t>(*rate * 1e6 + 0.5));
  read_time(read, "hold", throttle.hold, 1ms);
  throttle.shared = read.flag("shared").value_or(throttle.shared);
  read.done();
}

void parse_concurrency(const config_table& table, concurrency_policy& concurrency) {
  config_reader read(table);
  using enum concurrency_kind;
  if (const auto kind =
          read.choice<concurrency_kind>("kind", {{"none", none}, {"fixed", fixed}, {"aimd", aimd}}))
    concurrency.kind = *kind;
  only_for(read, concurrency.kind == aimd, "\"aimd\"", {"least", "most", "backoff", "slow_after"});
  read_count(read, "limit", concurrency.limit, 1, many);
  read_count(read, "least", concurrency.least, 1, many);
  read_count(read, "most", concurrency.most, 1, many);
  read_share(read, "backoff", concurrency.backoff_milli);
  read_time(read, "slow_after", concurrency.slow_after);
  read_count(read, "queue", concurrency.queue, 0, many);
  read_time(read, "queue_timeout", concurrency.queue_timeout);
  const bool ordered =
      concurrency.least <= concurrency.limit && concurrency.limit <= concurrency.most;
  if (concurrency.kind == aimd && !ordered)
    read.fail(read.has("limit")   ? "limit"
              : read.has("least") ? "least"
                                  : "most",
              fmt::format("'least' ({}), 'limit' ({}) and 'most' ({}) are to be in this order",
                          concurrency.least, concurrency.limit, concurrency.most));
  read.done();
}

std::string describe(const breaker_policy& b) {
  if (!b.exists()) return "";
  std::vector<std::string> ways;
  if (b.failures > 0) ways.push_back(fmt::format("{} consecutive failures", b.failures));
  const std::string window =
      b.window > 0s ? "those of " + to_text(b.window) : fmt::format("the last {}", b.window_calls);
  if (b.failure_rate_milli > 0)
    ways.push_back(fmt::format("{} failures of {}, of at least {}", percent(b.failure_rate_milli),
                               window, b.min_calls));
  if (b.slow_rate_milli > 0)
    ways.push_back(fmt::format("{} of {} longer than {}", percent(b.slow_rate_milli), window,
                               to_text(b.slow_after)));
  std::string text = "breaker: open for " + to_text(b.open_for) + " after ";
  for (std::size_t i = 0; i < ways.size(); ++i) text += (i ? " or " : "") + ways[i];
  if (b.probes > 1) text += fmt::format("; then {} attempts decide", b.probes);
  if (b.count_timeouts) text += "; timeouts count";
  if (b.wait) text += "; who has no other model waits for it";
  if (b.shared) text += "; shared by the group";
  return text;
}

std::string describe(const retry_budget_policy& b) {
  const std::string ratio = percent(b.ratio_milli);
  std::string text = "retry budget: ";
  switch (b.kind) {
    case retry_budget_kind::none: return "";
    case retry_budget_kind::aws:
      text += fmt::format(
          "{} tokens; a retry takes {}, after a 429 {}, after a timeout {}; a "
          "success gives back what was taken, or {}",
          b.capacity, b.cost, b.throttled_cost, b.timeout_cost, b.refund);
      break;
    case retry_budget_kind::grpc:
      text += fmt::format("{} tokens; a failure takes one, a success gives {:g}; no retry at half",
                          b.capacity, b.ratio_milli / 1000.0);
      break;
    case retry_budget_kind::finagle:
    case retry_budget_kind::tower:
      text += fmt::format("{} of the calls of {}, and {} a second", ratio, to_text(b.window),
                          b.min_per_s);
      break;
    case retry_budget_kind::envoy:
      text +=
          fmt::format("at once {} of the attempts under way, at least {}", ratio, b.min_concurrent);
      break;
    case retry_budget_kind::token_bucket:
      text += fmt::format("{} tokens; a call gives {:g}, a retry takes one", b.capacity,
                          b.ratio_milli / 1000.0);
      break;
    case retry_budget_kind::retry_ratio:
    case retry_budget_kind::failure_ratio: {
      const bool failures = b.kind == retry_budget_kind::failure_ratio;
      text += fmt::format("while {} are at most {} of the calls {}",
                          failures ? "failed attempts" : "retries", ratio,
                          b.window > 0s ? "of " + to_text(b.window) : "since the start");
      break;
    }
  }
  return text + (b.shared ? "; shared by the group" : "");
}

std::string describe(const throttle_policy& t) {
  std::string text = "throttle: ";
  switch (t.kind) {
    case throttle_kind::none: return "";
    case throttle_kind::google_sre:
      text += fmt::format("refuses what exceeds {:g} times the accepted requests of {}, by chance",
                          t.k_milli / 1000.0, to_text(t.window));
      break;
    case throttle_kind::aws_adaptive:
      text += "after a 429 or 503, a rate that follows CUBIC";
      break;
    case throttle_kind::retry_line:
      text += fmt::format("beyond {} retries a minute, calls start at {:g}/s for {}", t.line,
                          static_cast<double>(t.rate_micro) / 1e6, to_text(t.hold));
      break;
  }
  return text + (t.shared ? "; shared by the group" : "");
}

std::string describe(const concurrency_policy& c) {
  if (c.kind == concurrency_kind::none) return "";
  std::string text = fmt::format("at most {} attempts at once", c.limit);
  if (c.kind == concurrency_kind::aimd)
    text += fmt::format(" at first, then {} to {} by additive increase, multiplicative decrease",
                        c.least, c.most);
  text += fmt::format("; a queue of {}", c.queue);
  if (c.queue_timeout > 0s) text += ", for " + to_text(c.queue_timeout);
  return text;
}

}  // namespace stampede
