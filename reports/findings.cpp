#include "reports/findings.hpp"

#include <fmt/format.h>

#include <optional>

#include "reports/reasons.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

using maybe = std::optional<finding>;

// The guide's own sentences, quoted where a finding rests on one.
namespace guide {
constexpr const char* pressure =
    "Spikes in retry attempts (e.g., more than 50 retries per minute across all clients) indicate "
    "rate limit pressure and suggest the need for request throttling at the application level.";
constexpr const char* early =
    "The DeepSeek API returns Retry-After headers on 429 responses, and ignoring these headers "
    "guarantees repeated rejections.";
constexpr const char* herd =
    "Fixed-interval retries create the thundering herd problem: many clients retry simultaneously, "
    "spike requests, and re-overload the server; exponential backoff with full jitter spreads "
    "retry attempts across time.";
constexpr const char* persistent =
    "PERSISTENT (401, 403, context_length_exceeded): skip retries entirely; fail fast with a "
    "clear error message.";
constexpr const char* content =
    "A truncated JSON response will not raise an HTTP error - it will arrive as a 200 with "
    "malformed body, which is harder to debug than a clean 400.";
constexpr const char* bill =
    "Failed requests don't bill, but successful retries on the same payload do. Double your retry "
    "rate and you double the part of that bill that gets retried.";
constexpr const char* timeout =
    "Set a sane upper bound on client timeout (e.g. 180 seconds for non-thinking, 300 for "
    "thinking-max) and treat the timeout as a soft signal to back off, not a hard incident.";
constexpr const char* budget =
    "Cap the entire retry sequence at, say, 90 seconds, even if individual attempts could go "
    "longer.";
constexpr const char* breaker =
    "After N consecutive failures (5 is a reasonable starting point), open the breaker for 60 "
    "seconds and fail fast. This protects you from cascading 503s during an incident.";
}  // namespace guide

maybe retry_pressure(const measures& m) {
  const retry_measures& r = m.whole.retries;
  if (r.peak_minute.count <= r.alert_line) return std::nullopt;
  return finding{
      "retry_pressure", "Throttle requests at the application: the service is under pressure.",
      fmt::format("Peak of {} retries in the minute from {}, above the line of {}; {} above it.",
                  count_text(r.peak_minute.count), moment_text(r.peak_minute.from), r.alert_line,
                  plural(r.minutes_above, "whole minute was", "whole minutes were")),
      guide::pressure};
}

maybe early_retries(const measures& m) {
  const retry_measures& r = m.whole.retries;
  if (r.early == 0) return std::nullopt;
  return finding{"early_retries",
                 "Treat Retry-After as a floor: ignoring it guarantees another rejection.",
                 fmt::format("{} of {} began before Retry-After was over.", count_text(r.early),
                             plural(r.retries, "retry", "retries")),
                 guide::early};
}

maybe synchronised_return(const measures& m) {
  const return_measures* r = m.herd.largest_return();
  if (!r || r->victims < 10 || *r->share() < 0.2) return std::nullopt;
  return finding{
      "synchronised_return",
      "Spread retries with full jitter, above the Retry-After floor as well.",
      fmt::format("{} of the {} attempts that failed{} ({}) came back within the second from {}.",
                  count_text(r->together.count), count_text(r->victims), r->during(),
                  percent_text(*r->share()), moment_text(r->together.from)),
      guide::herd};
}

maybe persistent_retries(const measures& m) {
  const retry_measures& r = m.whole.retries;
  if (r.of_persistent == 0) return std::nullopt;
  return finding{"persistent_retries",
                 "Fail fast on 400, 401, 402 and 422: the same payload fails again.",
                 fmt::format("{} of errors no retry can mend: after {}.",
                             plural(r.of_persistent, "retry", "retries"),
                             outcomes_text(persistent_only(r.retried_after))),
                 guide::persistent};
}

maybe unusable_answers(const measures& m) {
  const call_measures& c = m.whole.calls;
  outcome_counts bad{};
  std::int64_t attempts = 0;
  for (int i = 0; i < outcome_count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (!is_content_failure(static_cast<outcome>(i))) continue;
    bad[at] = m.whole.retries.by_outcome[at];
    attempts += bad[at];
  }
  if (attempts == 0) return std::nullopt;
  const std::string delivered =
      c.delivered_unusable > 0
          ? fmt::format("; {} handed to the caller as a success", count_text(c.delivered_unusable))
          : "; none was handed to the caller as a success";
  return finding{
      "unusable_answers",
      c.delivered_unusable > 0
          ? "Check the content of every 200: an unusable answer raises no HTTP error."
          : "Unusable 200s were caught; raise max_tokens or fix the prompt if they last.",
      fmt::format("{} with unusable content: {}{}.", plural(attempts, "answer", "answers"),
                  outcomes_text(bad), delivered),
      guide::content};
}

maybe wasted_bill(const measures& m) {
  const cost_measures& c = m.whole.cost;
  const auto overhead = c.overhead();
  if (!overhead || *overhead < 0.01) return std::nullopt;
  std::string causes;
  for (int i = 1; i < cost_cause_count; ++i) {
    const auto cause = static_cast<cost_cause>(i);
    if (c.of(cause).value == 0) continue;
    causes +=
        fmt::format("{}{} {}", causes.empty() ? "" : ", ", money_text(c.of(cause)), name_of(cause));
  }
  // What the half and the double of it would come to, where retries are behind it.
  const std::string rates =
      c.tried_again.value == 0
          ? ""
          : fmt::format(" Half the retry rate would bill {}, double {}.",
                        money_text(c.at_retry_rate(0.5)), money_text(c.at_retry_rate(2)));
  return finding{"wasted_bill", "Cut the attempts that are billed and not used.",
                 fmt::format("{} of the {} billed bought no answer anybody used: {}.{}",
                             percent_text(*overhead), money_text(c.billed), causes, rates),
                 guide::bill};
}

maybe abandoned_answers(const measures& m) {
  const cost_measures& c = m.whole.cost;
  const pico_usd paid = c.of(cost_cause::abandoned);
  if (c.billed.value == 0 || 100 * paid.value < c.billed.value) return std::nullopt;
  const double share = static_cast<double>(paid.value) / static_cast<double>(c.billed.value);
  return finding{
      "abandoned_answers",
      "Wait longer before giving an attempt up, and cancel it at the server when you do.",
      fmt::format("{} of the bill ({}) was answers nobody waited for; {} timed out.",
                  percent_text(share), money_text(paid),
                  plural(m.whole.retries.with(outcome::timed_out), "attempt", "attempts")),
      guide::timeout};
}

maybe metastable(const measures& m) {
  const metastable_verdict& v = m.recovery.metastable;
  if (v.result != metastability::yes) return std::nullopt;
  return finding{"metastable",
                 "Limit retries to a share of first tries, or shed work for clients that left: "
                 "this storm does not end by itself.",
                 "Metastable: " + v.why + ".", guide::breaker};
}

maybe slow_recovery(const measures& m) {
  if (m.recovery.metastable.result == metastability::yes) return std::nullopt;
  constexpr duration slow = std::chrono::seconds{30};
  for (const disturbance& d : m.recovery.disturbances) {
    if (d.recovered ? *d.recovered <= slow : d.watched <= slow) continue;
    return finding{
        "slow_recovery", "Spread and limit the retries that come back when the service does.",
        d.recovered ? fmt::format("Goodput was back {} after {} had ended at {}.",
                                  time_text(*d.recovered), d.name, moment_text(d.to))
                    : fmt::format("Goodput did not come back in the {} watched after {} had "
                                  "ended at {}.",
                                  time_text(d.watched), d.name, moment_text(d.to)),
        guide::budget};
  }
  return std::nullopt;
}

maybe layered_retries(const measures& m) {
  for (const group_measures& g : m.groups) {
    const call_measures& c = g.numbers.calls;
    if (c.layered == 0) continue;
    return finding{"layered_retries", "Retry in one layer only: nested retries multiply.",
                   fmt::format("{} of {} took more attempts than the policy's {}, up to {}.",
                               plural(c.layered, "call", "calls"), g.info.name,
                               g.info.most_attempts(), c.most_attempts),
                   guide::budget};
  }
  return std::nullopt;
}

maybe constant_jitter(const measures& m) {
  for (const group_measures& g : m.groups) {
    const auto spread = g.jitter.backoff_spread();
    if (jitter_measures::judged(spread) != jitter_quality::constant) continue;
    return finding{"constant_jitter",
                   "Draw every wait anew: a wait that is the same for all spreads nothing.",
                   fmt::format("The backoff of {} is constant: before the same retry its waits "
                               "differ by {} of their length.",
                               g.info.name, percent_text(*spread)),
                   guide::herd};
  }
  return std::nullopt;
}

maybe bare_floor(const measures& m) {
  for (const group_measures& g : m.groups) {
    const auto spread = g.jitter.retry_after_spread();
    if (jitter_measures::judged(spread) != jitter_quality::constant) continue;
    return finding{"bare_retry_after",
                   "Spread the waits above the Retry-After floor, or everybody comes back at once.",
                   fmt::format("{} of {} ended at Retry-After, give or take {} of it.",
                               plural(g.jitter.retry_after.count, "wait", "waits"), g.info.name,
                               percent_text(*spread)),
                   guide::herd};
  }
  return std::nullopt;
}

maybe wasted_work(const measures& m) {
  const server_measures& s = m.server;
  const auto share = s.wasted_work();
  if (!share || *share < 0.05) return std::nullopt;
  return finding{
      "wasted_work",
      "Raise client timeouts above the time the server needs, or cancel what is given up.",
      fmt::format("{} of the server's work was for {} that left before their answer.",
                  percent_text(*share), plural(s.left, "request", "requests")),
      guide::timeout};
}

maybe ledger_gap(const measures& m) {
  const cost_measures& c = m.whole.cost;
  const pico_usd off = c.estimate_error();
  if (c.billed.value == 0 || off.value == 0) return std::nullopt;
  const double share = static_cast<double>(off.value) / static_cast<double>(c.billed.value);
  if (share > -0.01 && share < 0.01) return std::nullopt;
  return finding{"ledger_gap",
                 "Do not trust the client's own cost figure: it counts only the answers it read.",
                 fmt::format("The client estimates {}, the server billed {} ({}{} off).",
                             money_text(c.estimate), money_text(c.billed), share > 0 ? "+" : "",
                             percent_text(share)),
                 ""};
}

maybe unfinished_calls(const measures& m) {
  const std::int64_t n = m.whole.calls.with(outcome::unfinished);
  if (n == 0) return std::nullopt;
  return finding{
      "unfinished_calls", "Give every call a total time budget, or let the run last longer.",
      fmt::format("{} had no final outcome when the run ended.", plural(n, "call", "calls")),
      guide::budget};
}

}  // namespace

std::vector<finding> findings_of(const measures& m, const run_info& info) {
  std::vector<finding> found;
  for (const auto& look :
       {metastable, retry_pressure, early_retries, synchronised_return, bare_floor, constant_jitter,
        layered_retries, persistent_retries, slow_recovery, unusable_answers, wasted_bill,
        abandoned_answers, wasted_work, ledger_gap, unfinished_calls})
    if (maybe one = look(m)) found.push_back(std::move(*one));
  if (info.interrupted && !found.empty())
    found.push_back({"interrupted", "Run it to its end before drawing conclusions.",
                     fmt::format("The run was interrupted after {} of {}.",
                                 time_text(info.measured), time_text(info.length)),
                     ""});
  return found;
}

}  // namespace stampede
