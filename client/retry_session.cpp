#include "client/retry_session.hpp"

#include "core/draw.hpp"

namespace stampede {

instant latest_start(const client_policy& policy, const retry_session& session) {
  if (policy.time_budget == duration::zero()) return session.request.deadline;
  return std::min(session.request.deadline, after(session.started, policy.time_budget));
}

retry_decision decide_retry(const client_policy& policy, const retry_session& session,
                            outcome result, duration retry_after, instant now, std::uint64_t bits,
                            std::uint64_t spread_bits) {
  using action = retry_decision::action;
  if (policy.max_attempts != 0 && session.on_model >= policy.max_attempts)
    return {.what = action::next_model, .why = stop_reason::attempts_used};
  if (result == outcome::server_error && policy.server_error_retries >= 0 &&
      session.server_errors > policy.server_error_retries)
    return {.what = action::next_model, .why = stop_reason::code_limit};

  const std::uint32_t k = session.on_model - 1u;
  duration wait = backoff_delay(policy.backoff, k, session.previous_delay, bits);
  wait_reason reason = wait_reason::backoff;
  if (retry_after >= duration::zero() && policy.retry_after != retry_after_use::ignore) {
    const duration asked = retry_after + uniform_duration(spread_bits, policy.retry_after_spread);
    if (policy.retry_after == retry_after_use::exact || asked > wait) {
      wait = asked;
      reason = wait_reason::retry_after;
    }
  }
  // A model further down the chain may answer now, where this one asks for too long a wait.
  if (after(now, wait) > latest_start(policy, session))
    return {.what = action::next_model, .why = stop_reason::time_budget};
  return {.what = action::wait, .wait = wait, .reason = reason};
}

}  // namespace stampede
