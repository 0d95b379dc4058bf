#include "reports/retries.hpp"

#include <algorithm>

namespace stampede {

bool is_persistent(outcome o) {
  switch (o) {
    case outcome::invalid_format:
    case outcome::unauthorized:
    case outcome::insufficient_balance:
    case outcome::forbidden:
    case outcome::not_found:
    case outcome::too_large:
    case outcome::invalid_parameters:
    case outcome::context_overflow: return true;
    default: return false;
  }
}

outcome_counts persistent_only(const outcome_counts& counts) {
  outcome_counts only{};
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (is_persistent(static_cast<outcome>(i))) only[i] = counts[i];
  return only;
}

bool is_content_failure(outcome o) {
  switch (o) {
    case outcome::malformed_json:
    case outcome::truncated_json:
    case outcome::empty_content:
    case outcome::missing_finish:
    case outcome::missing_done:
    case outcome::error_event:
    case outcome::length_limit:
    case outcome::content_filtered:
    case outcome::insufficient_resource: return true;
    default: return false;
  }
}

void retry_fold::add(const attempt_record& r) {
  const auto result = static_cast<std::size_t>(r.result);
  ++m_.attempts;
  ++m_.by_outcome[result];
  if (r.fallback) ++m_.fallbacks;
  if (r.early) ++m_.early;
  if (r.attempt > 1) {
    ++m_.retries;
    if (r.sent != never) {
      by_second_.add(r.sent);
      by_minute_.add(r.sent);
    }
  }
  if (r.decided != decision::retry && r.decided != decision::fall_back) return;
  ++m_.decided;
  ++m_.retried_after[result];
  if (r.decided == decision::retry && is_persistent(r.result)) ++m_.of_persistent;
  wait_measures& waits = m_.waits[static_cast<std::size_t>(r.waits_for)];
  ++waits.count;
  waits.total += r.wait;
  waits.longest = std::max(waits.longest, r.wait);
}

void retry_fold::merge(const retry_fold& other) {
  const retry_measures& o = other.m_;
  m_.attempts += o.attempts;
  m_.retries += o.retries;
  m_.fallbacks += o.fallbacks;
  m_.early += o.early;
  m_.of_persistent += o.of_persistent;
  m_.decided += o.decided;
  for (std::size_t i = 0; i < m_.by_outcome.size(); ++i) {
    m_.by_outcome[i] += o.by_outcome[i];
    m_.retried_after[i] += o.retried_after[i];
  }
  for (std::size_t i = 0; i < m_.waits.size(); ++i) {
    m_.waits[i].count += o.waits[i].count;
    m_.waits[i].total += o.waits[i].total;
    m_.waits[i].longest = std::max(m_.waits[i].longest, o.waits[i].longest);
  }
  by_second_.merge(other.by_second_);
  by_minute_.merge(other.by_minute_);
}

retry_measures retry_fold::finish() const {
  retry_measures m = m_;
  m.peak_minute = by_second_.most_within(std::chrono::minutes{1});
  for (std::int64_t n : by_minute_.bins())
    if (n > m.alert_line) ++m.minutes_above;
  return m;
}

}  // namespace stampede
