#include "client/breaker.hpp"

namespace stampede {

bool breaker::refuses(const breaker_policy& policy, instant now) const {
  if (policy.failures == 0) return false;
  if (state_ == breaker_state::open) return now < open_until_;
  return state_ == breaker_state::half_open && probe_out_;
}

breaker::permit breaker::ask(const breaker_policy& policy, instant now) {
  if (refuses(policy, now)) return permit::refused;
  if (policy.failures == 0 || state_ == breaker_state::closed) return permit::normal;
  state_ = breaker_state::half_open;
  probe_out_ = true;
  return permit::probe;
}

void breaker::on_success(bool was_probe) {
  if (was_probe) {
    state_ = breaker_state::closed;
    probe_out_ = false;
  }
  // A late success of an attempt sent before the breaker opened does not close it.
  if (state_ == breaker_state::closed) failures_ = 0;
}

void breaker::on_failure(const breaker_policy& policy, bool was_probe, instant now) {
  if (policy.failures == 0) return;
  if (was_probe) probe_out_ = false;
  if (state_ == breaker_state::closed) ++failures_;
  const bool trips = state_ == breaker_state::closed ? failures_ >= policy.failures : was_probe;
  if (!trips) return;
  state_ = breaker_state::open;
  open_until_ = after(now, policy.open_for);
}

void breaker::on_neutral(bool was_probe) {
  // The probe told nothing about the service: the next attempt becomes the probe.
  if (was_probe) probe_out_ = false;
}

}  // namespace stampede
