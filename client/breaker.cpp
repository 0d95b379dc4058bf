#include "client/breaker.hpp"

namespace stampede {

attempt_window::counts& attempt_window::counts::operator+=(const counts& other) {
  all += other.all;
  failed += other.failed;
  slow += other.slow;
  return *this;
}

void attempt_window::add(const breaker_policy& policy, bool failed, bool slow, instant now) {
  const counts one{1, failed ? 1 : 0, slow ? 1 : 0};
  if (policy.window > duration::zero()) return slots_.add(now, policy.window, one);
  in_ring_ += one;
  const auto mark = static_cast<std::uint8_t>((failed ? 1 : 0) | (slow ? 2 : 0));
  if (ring_.size() < policy.window_calls) return ring_.push_back(mark);
  const std::uint8_t old = ring_[next_];
  in_ring_ += {-1, old & 1 ? -1 : 0, old & 2 ? -1 : 0};
  ring_[next_] = mark;
  next_ = (next_ + 1) % ring_.size();
}

attempt_window::counts attempt_window::seen(const breaker_policy& policy, instant now) {
  return policy.window > duration::zero() ? slots_.sum(now, policy.window) : in_ring_;
}

void attempt_window::clear() { *this = attempt_window{}; }

bool breaker::refuses(const breaker_policy& policy, instant now) const {
  if (!policy.exists()) return false;
  if (state_ == breaker_state::open) return now < open_until_;
  return state_ == breaker_state::half_open &&
         std::uint32_t{probes_out_} + probes_over_ >= policy.probes;
}

breaker::permit breaker::ask(const breaker_policy& policy, instant now) {
  if (refuses(policy, now)) return permit::refused;
  if (!policy.exists() || state_ == breaker_state::closed) return permit::normal;
  if (state_ == breaker_state::open) probes_over_ = probes_failed_ = 0;
  state_ = breaker_state::half_open;
  ++probes_out_;
  return permit::probe;
}

void breaker::on_success(const breaker_policy& policy, bool was_probe, duration took, instant now) {
  if (!policy.exists()) return;
  if (was_probe) probe_over(policy, false, now);
  // A late success of an attempt sent before the breaker opened does not close it.
  if (state_ != breaker_state::closed) return;
  failures_ = 0;
  if (policy.watches_window() && !was_probe) note(policy, false, took, now);
}

void breaker::on_failure(const breaker_policy& policy, bool was_probe, duration took, instant now) {
  if (!policy.exists()) return;
  if (was_probe) return probe_over(policy, true, now);
  if (state_ != breaker_state::closed) return;
  ++failures_;
  if (policy.failures > 0 && failures_ >= policy.failures) return open(policy, now);
  if (policy.watches_window()) note(policy, true, took, now);
}

void breaker::on_neutral(bool was_probe) {
  // The probe told nothing about the service: the next attempt becomes the probe.
  if (was_probe) --probes_out_;
}

void breaker::note(const breaker_policy& policy, bool failed, duration took, instant now) {
  if (!window_) window_ = std::make_unique<attempt_window>();
  const bool slow = policy.slow_rate_milli > 0 && took > policy.slow_after;
  window_->add(policy, failed, slow, now);
  const attempt_window::counts seen = window_->seen(policy, now);
  if (seen.all < policy.min_calls) return;
  const auto reaches = [&](std::int64_t part, std::int32_t milli) {
    return milli > 0 && part * 1000 >= seen.all * milli;
  };
  if (reaches(seen.failed, policy.failure_rate_milli) || reaches(seen.slow, policy.slow_rate_milli))
    open(policy, now);
}

void breaker::probe_over(const breaker_policy& policy, bool failed, instant now) {
  --probes_out_;
  if (state_ != breaker_state::half_open) return;  // another probe has decided
  ++probes_over_;
  if (failed) ++probes_failed_;
  // Consecutive failures: one is enough. A window: its share of all the probes decides.
  if (policy.failure_rate_milli == 0) {
    if (failed) return open(policy, now);
    if (probes_over_ >= policy.probes) close();
    return;
  }
  if (probes_over_ < policy.probes) return;
  const bool too_many =
      std::int64_t{probes_failed_} * 1000 >= std::int64_t{probes_over_} * policy.failure_rate_milli;
  too_many ? open(policy, now) : close();
}

void breaker::open(const breaker_policy& policy, instant now) {
  state_ = breaker_state::open;
  open_until_ = after(now, policy.open_for);
  probes_over_ = probes_failed_ = 0;
  if (window_) window_->clear();
}

void breaker::close() {
  state_ = breaker_state::closed;
  failures_ = 0;
  if (window_) window_->clear();
}

}  // namespace stampede
