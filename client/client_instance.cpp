#include "client/client_instance.hpp"

#include <algorithm>

#include "client/classify.hpp"
#include "core/check.hpp"
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

std::vector<chain_model> model_chain(const client_policy& policy, const std::string& model,
                                     deepseek::date start) {
  std::vector<chain_model> chain;
  const auto add = [&](const std::string& name) {
    const auto known = deepseek::resolve_model(name, start);
    const deepseek::model_id id = known ? known->id : deepseek::model_id::v4_flash;
    chain.push_back({name, static_cast<std::uint8_t>(id), start});
  };
  add(model);
  for (const std::string& name : policy.fallback) add(name);
  return chain;
}

client_instance::client_instance(const client_setup& setup, instance_id id, record_sink& records,
                                 session_pool& pool)
    : setup_(&setup), id_(id), records_(&records), pool_(&pool) {
  share_out(setup.policy);
}

client_instance::client_instance(const client_setup& setup, instance_id id, record_sink& records)
    : setup_(&setup),
      id_(id),
      records_(&records),
      own_pool_(std::make_unique<session_pool>()),
      pool_(own_pool_.get()) {
  share_out(setup.policy);
}

call_id client_instance::next_id() const { return {pool_->next(), next_serial_}; }

retry_session* client_instance::find(call_id id) {
  if (id.slot >= pool_->size()) return nullptr;
  retry_session& s = (*pool_)[id.slot];
  const bool ours = s.owner == id_.value && s.serial == id.serial;
  return ours && s.state != session_state::idle ? &s : nullptr;
}

instant client_instance::next_wakeup(call_id id) const {
  const retry_session* s = const_cast<client_instance*>(this)->find(id);
  return s ? s->next_wakeup() : never;
}

std::uint64_t client_instance::draw_for(const retry_session& s, std::uint64_t index) const {
  return draw({.seed = setup_->seed,
               .replication = setup_->replication,
               .entity = call_entity(id_.value, s.serial),
               .why = purpose::jitter,
               .index = index});
}

void client_instance::start(call_id id, const call_request& request, instant now,
                            effects<client_effect>& out) {
  const std::size_t before = out.size();
  start_call(id, request, now, out);
  if (observer_) observer_->on_start(*this, id, request, now, std::span(out).subspan(before));
}

void client_instance::on(call_id id, const client_event& event, instant now,
                         effects<client_effect>& out) {
  const std::size_t before = out.size();
  take(id, event, now, out);
  if (limits_ && limits_->waiting > 0) run_waiters(now, out);
  if (observer_) observer_->on_event(*this, id, event, now, std::span(out).subspan(before));
}

void client_instance::start_call(call_id id, const call_request& request, instant now,
                                 effects<client_effect>& out) {
  STAMPEDE_CHECK(id == next_id());
  pool_->take();
  ++next_serial_;
  retry_session& s = (*pool_)[id.slot];
  s = fresh_session;
  s.owner = id_.value;
  s.older = youngest_;
  (youngest_ == no_session ? oldest_ : (*pool_)[youngest_].younger) = id.slot;
  youngest_ = id.slot;
  ++calls_;
  s.state = session_state::waiting;
  s.serial = id.serial;
  s.request = request;
  if (s.request.intended == never) s.request.intended = now;
  s.started = s.begun = now;
  const client_policy& policy = setup_->policy;
  if (policy.deadline > duration::zero())
    s.request.deadline = std::min(s.request.deadline, after(s.request.intended, policy.deadline));
  if (limits_ && limits_->budget) limits_->budget->on_call(policy.retry_budget, now);
  if (paced_until_ <= now) return begin_attempt(id, s, now, out);
  // Paced after a timeout: the wait counts against the budget like any other.
  if (paced_until_ > latest_start(policy, s))
    return end_call(id, s, outcome::budget_spent, stop_reason::time_budget, now, out);
  s.timer(timer_kind::wait_over) = paced_until_;
}

void client_instance::take(call_id id, const client_event& event, instant now,
                           effects<client_effect>& out) {
  retry_session* found = find(id);
  if (!found) return;
  retry_session& s = *found;
  const auto is_current = [&](std::uint16_t attempt) {
    return s.state == session_state::in_flight && attempt == s.attempts;
  };
  if (const auto* e = std::get_if<head_received>(&event)) {
    if (is_current(e->attempt)) on_head(s, *e, now);
  } else if (const auto* p = std::get_if<piece_received>(&event)) {
    if (is_current(p->attempt)) on_piece(id, s, *p, now, out);
  } else if (const auto* r = std::get_if<reply_received>(&event)) {
    if (is_current(r->attempt)) attempt_over(id, s, r->result, r->usage, now, out);
  } else if (const auto* t = std::get_if<transport_error>(&event)) {
    if (is_current(t->attempt)) attempt_over(id, s, t->result, {}, now, out);
  } else if (std::holds_alternative<wakeup>(event)) {
    on_timers(id, s, now, out);
  } else {
    abandon(id, s, outcome::cancelled, stop_reason::cancelled, now, out);
  }
}

void client_instance::stop(instant now, effects<client_effect>& out) {
  const std::size_t before = out.size();
  while (oldest_ != no_session) {
    const std::uint32_t slot = oldest_;
    retry_session& s = (*pool_)[slot];
    abandon({slot, s.serial}, s, outcome::unfinished, stop_reason::run_ended, now, out);
  }
  if (observer_) observer_->on_stop(*this, now, std::span(out).subspan(before));
}

void client_instance::begin_attempt(call_id id, retry_session& s, instant now,
                                    effects<client_effect>& out) {
  const client_policy& policy = setup_->policy;
  if (now > latest_start(policy, s))
    return end_call(id, s, outcome::budget_spent, stop_reason::time_budget, now, out);
  breaker& door = breakers_[s.chain];
  if (limits_ && !door.refuses(policy.breaker, now) && !admitted(id, s, now, out)) return;
  const auto permit = door.ask(policy.breaker, now);
  if (permit == breaker::permit::refused && policy.breaker.wait && waits_for_breaker(s, now))
    return;
  if (permit == breaker::permit::refused)
    return next_model_or_give_up(id, s, outcome::breaker_open, stop_reason::breaker, now, out);
  s.is_probe = permit == breaker::permit::probe;
  s.state = session_state::in_flight;
  s.head_seen = false;
  ++s.attempts;
  ++s.on_model;
  s.cleared = false;
  s.stop_timers();
  s.timer(timer_kind::progress) = progress_due(s, now);
  if (policy.silence_timeout > duration::zero())
    s.timer(timer_kind::silence) = after(now, policy.silence_timeout);
  s.current = fresh_session.current;
  s.current.instance = id_;
  s.current.group = setup_->group;
  s.current.call = s.serial;
  s.current.attempt = s.attempts;
  s.current.model = setup_->models[s.chain].id;
  s.current.fallback = s.chain > 0;
  s.current.early = now < s.not_before;
  s.current.sent = now;
  if (limits_) {
    ++limits_->in_flight;
    if (limits_->brake && s.attempts > 1) limits_->brake->on_retry(policy.throttle, now);
  }
  out.push_back(send_attempt{id, s.attempts, s.chain});
}

void client_instance::on_head(retry_session& s, const head_received& e, instant now) {
  s.head_seen = true;
  s.current.first_byte = now;
  s.current.status = e.status;
  s.current.retry_after = e.retry_after;
  s.should_retry = e.should_retry;
  if (s.timer(timer_kind::silence) != never)
    s.timer(timer_kind::silence) = after(now, setup_->policy.silence_timeout);
}

void client_instance::on_piece(call_id id, retry_session& s, const piece_received& e, instant now,
                               effects<client_effect>& out) {
  const client_policy& policy = setup_->policy;
  if (s.timer(timer_kind::silence) != never)
    s.timer(timer_kind::silence) = after(now, policy.silence_timeout);
  // Keep-alive bytes are a sign of life, not of progress.
  if (e.payload && s.timer(timer_kind::progress) != never)
    s.timer(timer_kind::progress) = progress_due(s, now);
  if (e.tokens == 0) return;
  if (s.current.first_token == never) s.current.first_token = now;
  if (s.first_token == never) s.first_token = now;
  s.partial = true;
  out.push_back(deliver{id, e.tokens});
}

void client_instance::on_timers(call_id id, retry_session& s, instant now,
                                effects<client_effect>& out) {
  if (s.next_wakeup() > now) return;  // early: re-armed by the engine
  if (s.state == session_state::in_flight) {
    if (now >= s.request.deadline)
      return abandon(id, s, outcome::timed_out, stop_reason::deadline, now, out);
    out.push_back(cancel_attempt{id, s.attempts});
    return attempt_over(id, s, outcome::timed_out, {}, now, out);
  }
  s.stop_timers();
  if (s.state == session_state::queued) {
    leave_limits(s);
    s.state = session_state::waiting;
    return next_model_or_give_up(id, s, outcome::throttled, stop_reason::queue, now, out);
  }
  if (s.last_sleep) return end_call(id, s, s.last_result, s.last_stop, now, out);
  begin_attempt(id, s, now, out);
}

void client_instance::attempt_over(call_id id, retry_session& s, outcome result,
                                   const token_usage& usage, instant now,
                                   effects<client_effect>& out) {
  const auto kind = classify(result, s.current.status, setup_->policy, s.partial, s.should_retry);
  s.state = session_state::waiting;
  s.stop_timers();
  s.current.ended = now;
  s.current.result = result;
  s.current.kind = kind;
  s.current.usage = usage;
  s.current.estimate = estimate(setup_->models[s.chain], usage, now);
  s.estimate += s.current.estimate;
  s.last_result = result;
  if (s.current.retry_after >= duration::zero()) s.not_before = after(now, s.current.retry_after);
  tell_breaker(s, result, kind, now);
  if (limits_) tell_limits(s, result, kind, now);
  pace(result, now);
  switch (kind) {
    case classification::success:
      if (s.first_token == never) s.first_token = now;
      if (s.current.first_token == never) s.current.first_token = now;
      record_attempt(s, decision::deliver);
      return end_call(id, s, result, stop_reason::success, now, out);
    case classification::persistent:
      if (const auto wait = layer_wait(s, result, now)) return retry_layer(s, *wait, now);
      s.current.why = stop_reason::persistent;
      record_attempt(s, decision::give_up);
      return end_call(id, s, result, stop_reason::persistent, now, out);
    case classification::transient: return after_transient(id, s, result, now, out);
  }
}

void client_instance::after_transient(call_id id, retry_session& s, outcome result, instant now,
                                      effects<client_effect>& out) {
  const client_policy& policy = setup_->policy;
  if (result == outcome::server_error) ++s.server_errors;
  const duration retry_after = s.current.retry_after;
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
    s.current.wait = d.wait;
    s.current.waits_for = d.reason;
    s.previous_delay = d.begin_anew ? duration::zero() : d.memory;
    if (d.begin_anew) s.backoff_from = s.on_model;
    record_attempt(s, decision::retry);
    return wait_until(s, d.wait, now);
  }
  s.current.why = d.why;
  const bool chain_ends = s.chain + 1u >= setup_->models.size();
  if (chain_ends || now > latest_start(policy, s))
    if (const auto wait = layer_wait(s, result, now)) return retry_layer(s, *wait, now);
  if (chain_ends && policy.sleep_after_last && d.why == stop_reason::attempts_used) {
    record_attempt(s, decision::give_up);
    const duration wait =
        policy.retry_after.use == retry_after_use::exact && retry_after >= duration::zero()
            ? retry_after
            : backoff_delay(policy.backoff, s.on_model - 1u, s.previous_delay, draw_for(s, index));
    s.last_sleep = true;
    s.last_stop = d.why;
    return wait_until(s, wait, now);
  }
  record_attempt(
      s, chain_ends || now > latest_start(policy, s) ? decision::give_up : decision::fall_back);
  next_model_or_give_up(id, s, result, d.why, now, out);
}

void client_instance::next_model_or_give_up(call_id id, retry_session& s, outcome result,
                                            stop_reason why, instant now,
                                            effects<client_effect>& out) {
  // The reason that counts is the one that stopped the model, not a later refusal, unless
  // nothing was sent at all.
  const bool refused = result == outcome::breaker_open || result == outcome::throttled;
  if (s.attempts == 0 || !refused) s.last_result = result;
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
    out.push_back(cancel_attempt{id, s.attempts});
    s.current.ended = now;
    s.current.result = result;
    s.current.kind = classification::persistent;
    s.current.why = why;
    breakers_[s.chain].on_neutral(s.is_probe);
    record_attempt(s, decision::ignore);
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
  (s.older == no_session ? oldest_ : (*pool_)[s.older].younger) = s.younger;
  (s.younger == no_session ? youngest_ : (*pool_)[s.younger].older) = s.older;
  --calls_;
  pool_->give_back(id.slot);
  out.push_back(finish{id, result, why});
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

void client_instance::record_attempt(retry_session& s, decision decided) {
  s.current.decided = decided;
  records_->on_attempt(s.current);
}

}  // namespace stampede
