#include "client/retry_session.hpp"

#include "client/classify.hpp"

namespace stampede {

retry_decision decide_retry(const client_policy& policy, const retry_session& session,
                            outcome result, duration retry_after, instant now, std::uint64_t bits,
                            std::uint64_t spread_bits) {
  using action = retry_decision::action;
  if (policy.max_attempts != 0 && session.on_model >= policy.max_attempts)
    return {.what = action::next_model, .why = stop_reason::attempts_used};
  if (result == outcome::server_error && policy.server_error_retries >= 0 &&
      session.server_errors > policy.server_error_retries)
    return {.what = action::next_model, .why = stop_reason::code_limit};

  const std::uint32_t k = session.on_model - 1u - session.backoff_from;
  const bool another_base =
      result == outcome::rate_limited && policy.backoff.throttled_base > duration::zero();
  const backoff_policy changed = another_base ? throttled(policy.backoff) : backoff_policy{};
  const backoff_policy& backoff = another_base ? changed : policy.backoff;
  const duration own = backoff_delay(backoff, k, session.previous_delay, bits);
  const chosen_wait chosen = heed(policy.retry_after, own, retry_after, spread_bits);
  const stop_reason too_long = chosen.stop || chosen.reason == wait_reason::retry_after
                                   ? stop_reason::retry_after
                                   : stop_reason::time_budget;
  // A model further down the chain may answer now, where this one asks for too long a wait.
  if (chosen.stop || after(now, chosen.wait) > latest_start(policy, session))
    return {.what = action::next_model, .why = too_long};
  return {.what = action::wait,
          .wait = chosen.wait,
          .reason = chosen.reason,
          .memory = backoff_memory(backoff, k, chosen.wait, bits),
          .begin_anew = chosen.begin_anew};
}

std::optional<layer_decision> decide_layers(const client_policy& policy,
                                            const retry_session& session, outcome result,
                                            instant now, std::uint64_t bits) {
  for (std::size_t i = 0; i < policy.outer.size(); ++i) {
    const client_policy& layer = policy.outer[i];
    const std::uint32_t retries = session.layer_retries[i];
    const auto kind = classify(result, session.current.status, layer, session.partial);
    if (kind != classification::transient) continue;
    if (layer.max_attempts != 0 && retries + 1 >= layer.max_attempts) continue;
    // Whatever is below does not show a layer the headers of an answer.
    const duration wait = backoff_delay(layer.backoff, retries, duration::zero(), bits);
    const duration budget = layer.time_budget > duration::zero() ? layer.time_budget : forever;
    const instant last = std::min(session.request.deadline, after(session.started, budget));
    if (after(now, wait) > last) continue;
    return layer_decision{i, wait};
  }
  return std::nullopt;
}

}  // namespace stampede
