#include "reports/reasons.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "reports/text.hpp"

namespace stampede {
namespace {

struct labelled_count {
  std::int64_t count = 0;
  std::string text;
};

// Largest first; equal ones stay in the order given. What does not fit is summed up.
std::string joined(std::vector<labelled_count> parts, std::size_t most) {
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  std::string text;
  std::int64_t rest = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i >= most) {
      rest += parts[i].count;
      continue;
    }
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", count_text(parts[i].count), parts[i].text);
  }
  if (rest > 0) text += fmt::format(", {} otherwise", count_text(rest));
  return text;
}

std::string waits_text(const retry_measures& r) {
  std::vector<labelled_count> parts;
  for (int i = 1; i < wait_reason_count; ++i) {
    const auto w = static_cast<wait_reason>(i);
    const wait_measures& waits = r.waited(w);
    if (waits.count > 0)
      parts.push_back(
          {waits.count, fmt::format("for {} (longest {})", name_of(w), time_text(waits.longest))});
  }
  return parts.empty() ? "no retry waited" : "waits: " + joined(std::move(parts), 3);
}

std::string success_reason(const measure_view& v) {
  const call_measures& c = v.numbers.calls;
  if (c.failures() == 0) return {};
  return fmt::format("{} of {} failed: {}", count_text(c.failures()),
                     plural(c.calls, "call", "calls"), failed_calls_text(c));
}

std::string unusable_reason(const measure_view& v) {
  constexpr auto delivered = static_cast<std::size_t>(stop_reason::success);
  outcome_counts counts{};
  for (std::size_t o = 0; o < counts.size(); ++o)
    counts[o] = v.numbers.calls.ends[o][delivered].count;
  return "handed to the caller as successes: " + outcomes_text(counts, 4);
}

std::string retry_reason(const measure_view& v) {
  const retry_measures& r = v.numbers.retries;
  const std::string causes = retry_causes_text(r);
  return fmt::format("{} for {}, {}{}", plural(r.attempts, "attempt", "attempts"),
                     plural(v.numbers.calls.calls, "call", "calls"),
                     plural(r.retries, "retry", "retries"), causes.empty() ? "" : " " + causes);
}

std::string worst_reason(const measure_view& v) {
  const call_measures& c = v.numbers.calls;
  if (!c.worst_ten_seconds) return {};
  return fmt::format("calls wanted within the 10 s from {} took {} attempts each",
                     moment_text(c.worst_from), factor_text(*c.worst_ten_seconds));
}

std::string minute_reason(const measure_view& v) {
  const retry_measures& r = v.numbers.retries;
  return fmt::format("{} within the minute from {}; {} above {} a minute; {} in all {}",
                     plural(r.peak_minute.count, "retry", "retries"),
                     moment_text(r.peak_minute.from), plural(r.minutes_above, "minute", "minutes"),
                     r.alert_line, plural(r.retries, "retry", "retries"), retry_causes_text(r));
}

std::string latency_reason(const measure_view& v, const quantile_summary& fold, double limit) {
  const auto ns = duration{static_cast<std::int64_t>(std::llround(limit))};
  const auto longer = fold.above(ns);
  if (!longer) return {};
  return fmt::format("{} of {} took longer than {}, the slowest {}; {}", count_text(*longer),
                     count_text(fold.count()), time_text(ns),
                     time_text(fold.most().value_or(duration{0})), waits_text(v.numbers.retries));
}

std::string herd_reason(const measure_view& v) {
  const herd_measures& h = v.all.herd;
  return fmt::format("{} arrived within the {} from {}, against {} in the mean bin",
                     count_text(h.peak), time_text(h.bin), moment_text(h.peak_at),
                     factor_text(h.mean));
}

std::string return_reason(const measure_view& v) {
  const return_measures* r = v.all.herd.largest_return();
  if (!r) return {};
  return fmt::format("{} of the {} attempts that failed{} came back within the second from {}",
                     count_text(r->together.count), count_text(r->victims), r->during(),
                     moment_text(r->together.from));
}

std::string cost_reason(const measure_view& v) {
  const cost_measures& c = v.numbers.cost;
  std::string causes;
  for (int i = 1; i < cost_cause_count; ++i) {
    const auto cause = static_cast<cost_cause>(i);
    if (c.of(cause).value == 0) continue;
    causes +=
        fmt::format("{}{} {}", causes.empty() ? "" : ", ", money_text(c.of(cause)), name_of(cause));
  }
  return fmt::format("of {} billed {} was useful{}", money_text(c.billed),
                     money_text(c.of(cost_cause::useful)),
                     causes.empty() ? std::string{} : ", " + causes);
}

bool is_latency(std::string_view name, std::string_view family) {
  return name.starts_with(family) && name.substr(family.size()).find('.') == 0;
}

}  // namespace

std::string failed_calls_text(const call_measures& calls, std::size_t most) {
  std::vector<labelled_count> parts;
  for (int o = 1; o < outcome_count; ++o) {
    for (int s = 0; s < stop_reason_count; ++s) {
      const call_ends& ends = calls.ends[static_cast<std::size_t>(o)][static_cast<std::size_t>(s)];
      if (ends.count == 0) continue;
      const auto why = static_cast<stop_reason>(s);
      std::string text(name_of(static_cast<outcome>(o)));
      if (why == stop_reason::success)
        text += " delivered as success";
      else if (ends.most_attempts == 0)
        text += fmt::format(" without an attempt ({})", name_of(why));
      else
        text += fmt::format(" after {}{} ({})", ends.most_attempts > 1 ? "up to " : "",
                            plural(ends.most_attempts, "attempt", "attempts"), name_of(why));
      parts.push_back({ends.count, std::move(text)});
    }
  }
  return joined(std::move(parts), most);
}

std::string outcomes_text(const outcome_counts& counts, std::size_t most, outcome skip) {
  std::vector<labelled_count> parts;
  for (int i = 0; i < outcome_count; ++i) {
    const auto o = static_cast<outcome>(i);
    const std::int64_t n = counts[static_cast<std::size_t>(i)];
    if (n > 0 && o != skip) parts.push_back({n, std::string(name_of(o))});
  }
  return joined(std::move(parts), most);
}

std::string retry_causes_text(const retry_measures& r, std::size_t most) {
  if (r.decided == 0) return {};
  const std::string after = "after " + outcomes_text(r.retried_after, most);
  if (r.decided <= r.retries) return after;
  return fmt::format("of {} decided, {}", count_text(r.decided), after);
}

std::string reason_for(std::string_view measure, const measure_view& view, double limit) {
  const call_measures& calls = view.numbers.calls;
  if (is_latency(measure, "latency.success"))
    return latency_reason(view, calls.success_latency, limit);
  if (is_latency(measure, "latency")) return latency_reason(view, calls.latency, limit);
  if (is_latency(measure, "first_token")) return latency_reason(view, calls.first_token, limit);
  if (measure == "amplification.worst_10s") return worst_reason(view);
  if (measure.starts_with("retries_per_minute")) return minute_reason(view);
  if (measure == "herd.largest_return") return return_reason(view);
  if (measure == "herd.peak_to_mean" || measure == "herd.dispersion") return herd_reason(view);
  if (measure.starts_with("cost.")) return cost_reason(view);
  if (measure == "retry_rate" || measure == "retries" || measure == "attempts" ||
      measure == "amplification" || measure == "fallbacks")
    return retry_reason(view);
  if (measure == "delivered_unusable") return unusable_reason(view);
  if (measure == "early_retries")
    return fmt::format("{} of {} began before the Retry-After they had been given was over",
                       count_text(view.numbers.retries.early),
                       plural(view.numbers.retries.retries, "retry", "retries"));
  if (measure == "persistent_retries")
    return "retried although the same payload fails again: after " +
           outcomes_text(persistent_only(view.numbers.retries.retried_after), 4);
  if (measure.starts_with("outcomes."))
    return "attempts came to " + outcomes_text(view.numbers.retries.by_outcome, 4);
  return success_reason(view);
}

}  // namespace stampede
