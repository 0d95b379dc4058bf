#include "reports/findings.hpp"

#include <fmt/format.h>

#include <optional>

#include "reports/reasons.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

using maybe = std::optional<finding>;

maybe retry_pressure(const measures& m) {
  const retry_measures& r = m.whole.retries;
  if (r.peak_minute.count <= r.alert_line) return std::nullopt;
  return finding{
      "retry_pressure", "Throttle requests at the application: the service is under pressure.",
      fmt::format("Peak of {} retries in the minute from {}, above the line of {}; {} above it.",
                  count_text(r.peak_minute.count), moment_text(r.peak_minute.from), r.alert_line,
                  plural(r.minutes_above, "whole minute was", "whole minutes were"))};
}

maybe early_retries(const measures& m) {
  const retry_measures& r = m.whole.retries;
  if (r.early == 0) return std::nullopt;
  return finding{"early_retries",
                 "Treat Retry-After as a floor: ignoring it guarantees another rejection.",
                 fmt::format("{} of {} began before Retry-After was over.", count_text(r.early),
                             plural(r.retries, "retry", "retries"))};
}

maybe synchronised_return(const measures& m) {
  const return_measures* r = m.herd.largest_return();
  if (!r || r->victims < 10 || *r->share() < 0.2) return std::nullopt;
  return finding{
      "synchronised_return",
      "Spread retries with full jitter, above the Retry-After floor as well.",
      fmt::format("{} of the {} attempts that failed{} ({}) came back within the second from {}.",
                  count_text(r->together.count), count_text(r->victims), r->during(),
                  percent_text(*r->share()), moment_text(r->together.from))};
}

maybe persistent_retries(const measures& m) {
  const retry_measures& r = m.whole.retries;
  if (r.of_persistent == 0) return std::nullopt;
  outcome_counts only{};
  for (int i = 0; i < outcome_count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (is_persistent(static_cast<outcome>(i))) only[at] = r.retried_after[at];
  }
  return finding{"persistent_retries",
                 "Fail fast on 400, 401, 402 and 422: the same payload fails again.",
                 fmt::format("{} of errors no retry can mend: after {}.",
                             plural(r.of_persistent, "retry", "retries"), outcomes_text(only))};
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
                  outcomes_text(bad), delivered)};
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
  return finding{"wasted_bill", "Cut the attempts that are billed and not used.",
                 fmt::format("{} of the {} billed bought no answer anybody used: {}.",
                             percent_text(*overhead), money_text(c.billed), causes)};
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
                             percent_text(share))};
}

maybe unfinished_calls(const measures& m) {
  const std::int64_t n = m.whole.calls.with(outcome::unfinished);
  if (n == 0) return std::nullopt;
  return finding{
      "unfinished_calls", "Give every call a total time budget, or let the run last longer.",
      fmt::format("{} had no final outcome when the run ended.", plural(n, "call", "calls"))};
}

}  // namespace

std::vector<finding> findings_of(const measures& m, const run_info& info) {
  std::vector<finding> found;
  for (const auto& look : {retry_pressure, early_retries, synchronised_return, persistent_retries,
                           unusable_answers, wasted_bill, ledger_gap, unfinished_calls})
    if (maybe one = look(m)) found.push_back(std::move(*one));
  if (info.interrupted && !found.empty())
    found.push_back({"interrupted", "Run it to its end before drawing conclusions.",
                     fmt::format("The run was interrupted after {} of {}.",
                                 time_text(info.measured), time_text(info.length))});
  return found;
}

}  // namespace stampede
