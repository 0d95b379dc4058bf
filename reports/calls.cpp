#include "reports/calls.hpp"

#include <algorithm>

namespace stampede {
namespace {

// A cohort smaller than this says more about one call than about the load.
constexpr std::int64_t least_cohort = 10;
constexpr std::int64_t cohort_seconds = 10;

}  // namespace

std::optional<double> call_measures::success_rate() const {
  if (calls == 0) return std::nullopt;
  return static_cast<double>(successes) / static_cast<double>(calls);
}

void call_fold::add(const call_record& r) {
  const auto result = static_cast<std::size_t>(r.result);
  const auto why = static_cast<std::size_t>(r.why);
  const bool good = r.result == outcome::success;
  ++m_.calls;
  if (good) ++m_.successes;
  if (r.result == outcome::breaker_open) ++m_.refused_locally;
  if (r.why == stop_reason::success && !good) ++m_.delivered_unusable;
  ++m_.by_outcome[result];
  ++m_.by_stop[why];
  call_ends& ends = m_.ends[result][why];
  ++ends.count;
  ends.most_attempts = std::max(ends.most_attempts, static_cast<int>(r.attempts));

  if (r.intended == never) return;
  started_.add(r.intended);
  attempts_.add(r.intended, r.attempts);
  if (r.ended != never) {
    m_.latency.add(r.ended - r.intended);
    if (good) m_.success_latency.add(r.ended - r.intended);
  }
  if (r.first_token != never) m_.first_token.add(r.first_token - r.intended);
}

call_measures call_fold::finish() const {
  call_measures m = m_;
  m.latency.settle();
  m.success_latency.settle();
  m.first_token.settle();
  // Both series saw the same instants, so they have the same width and length.
  const std::int64_t wide =
      std::max<std::int64_t>(1, std::chrono::seconds{cohort_seconds} / started_.width());
  const auto span = static_cast<std::size_t>(wide);
  std::int64_t calls = 0;
  std::int64_t attempts = 0;
  for (std::size_t i = 0; i < started_.bins().size(); ++i) {
    calls += started_.bin(i);
    attempts += attempts_.bin(i);
    if (i >= span) {
      calls -= started_.bin(i - span);
      attempts -= attempts_.bin(i - span);
    }
    if (calls < least_cohort) continue;
    const double ratio = static_cast<double>(attempts) / static_cast<double>(calls);
    if (m.worst_ten_seconds && ratio <= *m.worst_ten_seconds) continue;
    m.worst_ten_seconds = ratio;
    const auto first = static_cast<std::int64_t>(i + 1 > span ? i + 1 - span : 0);
    m.worst_from = run_start + started_.width() * first;
  }
  return m;
}

}  // namespace stampede
