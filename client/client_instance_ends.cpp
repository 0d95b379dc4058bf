// How the attempts and calls of client_instance end: what is decided, told and recorded then.
#include <algorithm>

#include "client/classify.hpp"
#include "client/client_instance.hpp"
#include "core/draw.hpp"
#include "deepseek/prices.hpp"

namespace stampede {
namespace {

pico_usd estimate(const chain_model& model, const token_usage& usage, instant now) {
  if (usage == token_usage{}) return {};
  const auto id = static_cast<deepseek::model_id>(model.id);
  return deepseek::price(usage, deepseek::price_at(id, deepseek::date_at(model.start, now)));
}

}  // namespace

void client_instance::attempt_over(call_id id, retry_session& s, outcome result,
                                   const token_usage& usage, instant now,
                                   effects<client_effect>& out) {
  const auto kind = classify(result, s.current.status, setup_->policy, s.partial, s.should_retry);
  s.state = session_state::waiting;
  s.stop_timers();
  attempt_record r = record_of(s, result, kind, now);
  r.usage = usage;
  r.estimate = estimate(setup_->models[s.chain], usage, now);
  s.estimate += r.estimate;
  s.last_result = result;
  if (r.retry_after >= duration::zero()) s.not_before = after(now, r.retry_after);
  tell_breaker(s, result, kind, now);
  if (limits_) tell_limits(s, result, kind, now);
  pace(result, now);
  switch (kind) {
    case classification::success:
      if (s.first_token == never) s.first_token = now;
      if (r.first_token == never) r.first_token = now;
      tell_record(r, decision::deliver);
      return end_call(id, s, result, stop_reason::success, now, out);
    case classification::persistent:
      if (const auto wait = layer_wait(s, result, now)) return retry_layer(s, r, *wait, now);
      r.why = stop_reason::persistent;
      tell_record(r, decision::give_up);
      return end_call(id, s, result, stop_reason::persistent, now, out);
    case classification::transient: return after_transient(id, s, r, now, out);
  }
}

void client_instance::after_transient(call_id id, retry_session& s, attempt_record& r, instant now,
                                      effects<client_effect>& out) {
  const client_policy& policy = setup_->policy;
  const outcome result = r.result;
  if (result == outcome::server_error) ++s.server_errors;
  const duration retry_after = r.retry_after;
  const std::uint64_t index = s.attempts * draws_per_attempt;
  const bool spreads = policy.retry_after.spread > duration::zero() && retry_after != no_duration;
  const std::uint64_t spread_bits = spreads ? draw_for(s, index + 1) : 0;
  retry_decision d =
      decide_retry(policy, s, result, retry_after, now, draw_for(s, index), spread_bits);
  using action = retry_decision::action;
  // An open breaker would refuse the retry: the chain advances now, not after a wait.
  if (d.what == action::wait && breakers_[s.chain].refuses(policy.breaker, now) &&
      !outlasts_breaker(s, d, now))
    d = {.what = action::next_model, .why = stop_reason::breaker};
  if (d.what == action::wait && limits_ && !afford_retry(s, result, now))
    d = {.what = action::next_model, .why = stop_reason::retry_budget};
  if (d.what == action::wait) {
    r.wait = d.wait;
    r.waits_for = d.reason;
    s.previous_delay = d.begin_anew ? duration::zero() : d.memory;
    if (d.begin_anew) s.backoff_from = s.on_model;
    tell_record(r, decision::retry);
    return wait_until(s, d.wait, now);
  }
  r.why = d.why;
  const bool chain_ends = s.chain + 1u >= setup_->models.size();
  if (chain_ends || now > latest_start(policy, s))
    if (const auto wait = layer_wait(s, result, now)) return retry_layer(s, r, *wait, now);
  if (chain_ends && policy.sleep_after_last && d.why == stop_reason::attempts_used) {
    tell_record(r, decision::give_up);
    const duration wait =
        policy.retry_after.use == retry_after_use::exact && retry_after >= duration::zero()
            ? retry_after
            : backoff_delay(policy.backoff, s.on_model - 1u, s.previous_delay, draw_for(s, index));
    s.last_sleep = true;
    s.last_stop = d.why;
    return wait_until(s, wait, now);
  }
  const bool is_over = chain_ends || now > latest_start(policy, s);
  tell_record(r, is_over ? decision::give_up : decision::fall_back);
  next_model_or_give_up(id, s, result, d.why, now, out);
}

void client_instance::next_model_or_give_up(call_id id, retry_session& s, outcome result,
                                            stop_reason why, instant now,
                                            effects<client_effect>& out) {
  // The reason that counts is the one that stopped the model, not a later refusal, unless
  // nothing was sent at all.
  const bool refused = result == outcome::breaker_open || result == outcome::throttled;
  if (s.attempts == 0 || !refused) s.last_result = result;
  if (s.has_permit) limits_->budget->give_back();  // it was for the retry that is not to be
  s.has_permit = false;
  if (s.chain + 1u >= setup_->models.size() || now > latest_start(setup_->policy, s)) {
    if (const auto wait = layer_wait(s, result, now)) return wait_until(s, *wait, now);
    return end_call(id, s, s.last_result, why, now, out);
  }
  ++s.chain;
  s.on_model = s.backoff_from = 0;
  s.server_errors = 0;
  s.previous_delay = duration::zero();
  s.not_before = run_start;  // a Retry-After speaks for the model that sent it
  begin_attempt(id, s, now, out);
}

void client_instance::wait_until(retry_session& s, duration wait, instant now) {
  s.state = session_state::waiting;
  s.timer(timer_kind::wait_over) = after(now, wait);
}

void client_instance::abandon(call_id id, retry_session& s, outcome result, stop_reason why,
                              instant now, effects<client_effect>& out) {
  if (limits_) leave_limits(s);
  if (s.state == session_state::in_flight) {
    add<cancel_attempt>(out) = {id, s.attempts};
    attempt_record r = record_of(s, result, classification::persistent, now);
    r.why = why;
    breakers_[s.chain].on_neutral(s.is_probe);
    tell_record(r, decision::ignore);
  }
  end_call(id, s, result, why, now, out);
}

void client_instance::end_call(call_id id, retry_session& s, outcome result, stop_reason why,
                               instant now, effects<client_effect>& out) {
  records_->on_call({.instance = id_,
                     .group = setup_->group,
                     .call = s.serial,
                     .attempts = s.attempts,
                     .model = setup_->models[s.chain].id,
                     .fallback = s.chain > 0,
                     .intended = s.request.intended,
                     .started = s.started,
                     .first_token = s.first_token,
                     .ended = now,
                     .result = result,
                     .why = why,
                     .estimate = s.estimate});
  if (s.has_permit) limits_->budget->give_back();
  s.state = session_state::idle;
  s.stop_timers();
  --calls_;
  pool_->give_back(id.slot);
  add<finish>(out) = {id, result, why};
}

void client_instance::tell_breaker(retry_session& s, outcome result, classification kind,
                                   instant now) {
  breaker& b = breakers_[s.chain];
  const breaker_policy& policy = setup_->policy.breaker;
  const duration took = now - s.current.sent;
  if (is_service_failure(result) || (policy.count_timeouts && result == outcome::timed_out))
    b.on_failure(policy, s.is_probe, took, now);
  else if (kind == classification::success)
    b.on_success(policy, s.is_probe, took, now);
  else
    b.on_neutral(s.is_probe);
}

void client_instance::pace(outcome result, instant now) {
  const client_policy& policy = setup_->policy;
  if (result == outcome::success) timeouts_in_a_row_ = 0;
  if (result != outcome::timed_out || !policy.pace_after_timeout) return;
  const std::uint64_t bits = draw({.seed = setup_->seed,
                                   .replication = setup_->replication,
                                   .entity = call_entity(id_.value, 0xffffffffu),
                                   .why = purpose::jitter,
                                   .index = timeouts_in_a_row_});
  const duration wait = backoff_delay(policy.backoff, timeouts_in_a_row_++, duration::zero(), bits);
  paced_until_ = std::max(paced_until_, after(now, wait));
}

// Of the attempt that ends now, before anything about its call changes.
attempt_record client_instance::record_of(const retry_session& s, outcome result,
                                          classification kind, instant now) const {
  return {.instance = id_,
          .group = setup_->group,
          .call = s.serial,
          .attempt = s.attempts,
          .model = setup_->models[s.chain].id,
          .fallback = s.chain > 0,
          .early = s.current.early,
          .sent = s.current.sent,
          .first_byte = s.current.first_byte,
          .first_token = s.current.first_token,
          .ended = now,
          .status = s.current.status,
          .result = result,
          .kind = kind,
          .retry_after = s.current.retry_after,
          .usage = {},
          .estimate = {},
          .charge = {}};
}

void client_instance::tell_record(attempt_record& r, decision decided) {
  r.decided = decided;
  records_->on_attempt(r);
}

}  // namespace stampede
