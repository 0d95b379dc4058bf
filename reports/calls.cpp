#include "reports/calls.hpp"

#include <algorithm>
#include <array>

namespace stampede {
namespace {

// A cohort smaller than this says more about one call than about the load.
constexpr std::int64_t least_cohort = 10;
constexpr std::int64_t cohort_seconds = 10;

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

template <std::size_t N>
void add_up(std::array<std::int64_t, N>& to, const std::array<std::int64_t, N>& more) {
  for (std::size_t i = 0; i < N; ++i) to[i] += more[i];
}

}  // namespace

std::optional<double> call_measures::success_rate() const { return ratio(successes, calls); }
std::optional<double> call_measures::retry_rate() const { return ratio(retries, calls); }
std::optional<double> call_measures::amplification() const { return ratio(attempts, calls); }

void call_fold::add(const call_record& r) {
  const auto result = static_cast<std::size_t>(r.result);
  const auto why = static_cast<std::size_t>(r.why);
  const bool good = r.result == outcome::success;
  ++m_.calls;
  if (good) ++m_.successes;
  m_.attempts += r.attempts;
  if (r.attempts > 1) m_.retries += r.attempts - 1;
  if (allowed_ > 0 && r.attempts > allowed_) ++m_.layered;
  m_.most_attempts = std::max(m_.most_attempts, static_cast<int>(r.attempts));
  if (r.result == outcome::breaker_open || r.result == outcome::throttled) ++m_.refused_locally;
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
    latency_.add(r.ended - r.intended);
    if (good) success_latency_.add(r.ended - r.intended);
  }
  if (r.first_token != never) first_token_.add(r.first_token - r.intended);
}

void call_fold::merge(const call_fold& other) {
  const call_measures& o = other.m_;
  m_.calls += o.calls;
  m_.successes += o.successes;
  m_.attempts += o.attempts;
  m_.retries += o.retries;
  m_.refused_locally += o.refused_locally;
  m_.delivered_unusable += o.delivered_unusable;
  m_.layered += o.layered;
  m_.most_attempts = std::max(m_.most_attempts, o.most_attempts);
  add_up(m_.by_outcome, o.by_outcome);
  add_up(m_.by_stop, o.by_stop);
  for (std::size_t i = 0; i < m_.ends.size(); ++i) {
    for (std::size_t k = 0; k < m_.ends[i].size(); ++k) {
      m_.ends[i][k].count += o.ends[i][k].count;
      m_.ends[i][k].most_attempts =
          std::max(m_.ends[i][k].most_attempts, o.ends[i][k].most_attempts);
    }
  }
  latency_.merge(other.latency_);
  success_latency_.merge(other.success_latency_);
  first_token_.merge(other.first_token_);
  started_.merge(other.started_);
  attempts_.merge(other.attempts_);
}

call_measures call_fold::finish() const {
  call_measures m = m_;
  m.latency = quantile_summary(latency_);
  m.success_latency = quantile_summary(success_latency_);
  m.first_token = quantile_summary(first_token_);
  find_worst(m);
  return m;
}

void call_fold::find_worst(call_measures& m) const {
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
}

}  // namespace stampede
