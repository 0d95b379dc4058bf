#include "client/client_instance.hpp"

#include <algorithm>
#include <limits>

#include "core/check.hpp"
#include "core/draw.hpp"

namespace stampede {

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

std::uint64_t client_instance::draw_for(const retry_session& s, std::uint64_t index) const {
  return draw({.seed = setup_->seed,
               .replication = setup_->replication,
               .entity = call_entity(id_.value, s.serial),
               .why = purpose::jitter,
               .index = index});
}

instant client_instance::start(call_id id, const call_request& request, instant now,
                               effects<client_effect>& out) {
  const std::size_t before = out.size();
  start_call(id, request, now, out);
  if (observer_) observer_->on_start(*this, id, request, now, std::span(out).subspan(before));
  return wakeup_of((*pool_)[id.slot]);
}

instant client_instance::on(call_id id, const client_event& event, instant now,
                            effects<client_effect>& out) {
  const std::size_t before = out.size();
  retry_session* const s = find(id);
  if (s) take(id, *s, event, now, out);
  if (limits_ && limits_->waiting > 0) run_waiters(now, out);
  if (observer_) observer_->on_event(*this, id, event, now, std::span(out).subspan(before));
  return s ? wakeup_of(*s) : never;
}

instant client_instance::on_news(call_id id, const answer_news& news, instant now,
                                 effects<client_effect>& out) {
  if (observer_) {
    feed_one_by_one(id, news, now, out);
    return next_wakeup(id);
  }
  retry_session* const s = find(id);
  if (!s) return never;
  if (s->state != session_state::in_flight || news.attempt != s->attempts) return s->next_wakeup();
  if (news.head) on_head(*s, {{}, news.status, news.retry_after, news.should_retry}, now);
  if (news.piece) on_piece(id, *s, {{}, news.payload, news.tokens}, now, out);
  if (news.whole || news.broken) attempt_over(id, *s, news.result, news.usage, now, out);
  if (limits_ && limits_->waiting > 0) run_waiters(now, out);
  return wakeup_of(*s);
}

void client_instance::feed_one_by_one(call_id id, const answer_news& news, instant now,
                                      effects<client_effect>& out) {
  const std::uint16_t attempt = news.attempt;
  if (news.head)
    on(id, head_received{attempt, news.status, news.retry_after, news.should_retry}, now, out);
  if (news.piece) on(id, piece_received{attempt, news.payload, news.tokens}, now, out);
  if (news.whole) on(id, reply_received{attempt, news.result, news.usage}, now, out);
  if (news.broken) on(id, transport_error{attempt, news.result}, now, out);
}

void client_instance::start_call(call_id id, const call_request& request, instant now,
                                 effects<client_effect>& out) {
  STAMPEDE_CHECK(id == next_id());
  pool_->take();
  ++next_serial_;
  retry_session& s = (*pool_)[id.slot];
  s = fresh_session;
  s.owner = id_.value;
  ++calls_;
  s.state = session_state::waiting;
  s.serial = id.serial;
  s.started = s.begun = now;
  const client_policy& policy = setup_->policy;
  const instant intended = request.intended == never ? now : request.intended;
  const bool limited = policy.deadline > duration::zero();
  const instant own_deadline = limited ? after(intended, policy.deadline) : never;
  s.request.intended = intended;
  s.request.deadline = std::min(request.deadline, own_deadline);
  s.request.thinking = request.thinking;
  if (limits_ && limits_->budget) limits_->budget->on_call(policy.retry_budget, now);
  if (paced_until_ <= now) return begin_attempt(id, s, now, out);
  // Paced after a timeout: the wait counts against the budget like any other.
  if (paced_until_ > latest_start(policy, s))
    return end_call(id, s, outcome::budget_spent, stop_reason::time_budget, now, out);
  s.timer(timer_kind::wait_over) = paced_until_;
}

void client_instance::take(call_id id, retry_session& s, const client_event& event, instant now,
                           effects<client_effect>& out) {
  const auto is_current = [&](std::uint16_t attempt) {
    return s.state == session_state::in_flight && attempt == s.attempts;
  };
  if (std::holds_alternative<wakeup>(event)) {
    on_timers(id, s, now, out);
  } else if (const auto* e = std::get_if<head_received>(&event)) {
    if (is_current(e->attempt)) on_head(s, *e, now);
  } else if (const auto* p = std::get_if<piece_received>(&event)) {
    if (is_current(p->attempt)) on_piece(id, s, *p, now, out);
  } else if (const auto* r = std::get_if<reply_received>(&event)) {
    if (is_current(r->attempt)) attempt_over(id, s, r->result, r->usage, now, out);
  } else if (const auto* t = std::get_if<transport_error>(&event)) {
    if (is_current(t->attempt)) attempt_over(id, s, t->result, {}, now, out);
  } else {
    abandon(id, s, outcome::cancelled, stop_reason::cancelled, now, out);
  }
}

void client_instance::stop(instant now, effects<client_effect>& out) {
  const std::size_t before = out.size();
  if (calls_ > 0) end_all(now, out);
  if (observer_) observer_->on_stop(*this, now, std::span(out).subspan(before));
}

void client_instance::end_all(instant now, effects<client_effect>& out) {
  for (const std::uint32_t slot : pool_->calls_of(id_.value)) {
    retry_session& s = (*pool_)[slot];
    if (s.state != session_state::idle)
      abandon({slot, s.serial}, s, outcome::unfinished, stop_reason::run_ended, now, out);
  }
}

void client_instance::begin_attempt(call_id id, retry_session& s, instant now,
                                    effects<client_effect>& out) {
  const client_policy& policy = setup_->policy;
  constexpr auto most_attempts = std::numeric_limits<decltype(s.attempts)>::max();
  if (s.attempts == most_attempts)  // records number no more of them
    return end_call(id, s, s.last_result, stop_reason::attempts_used, now, out);
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
  ++s.attempts;
  ++s.on_model;
  s.cleared = false;
  s.stop_timers();
  s.timer(timer_kind::progress) = progress_due(s, now);
  if (policy.silence_timeout > duration::zero())
    s.timer(timer_kind::silence) = after(now, policy.silence_timeout);
  s.current = {.sent = now, .early = now < s.not_before};
  if (limits_) {
    ++limits_->in_flight;
    if (limits_->brake && s.attempts > 1) limits_->brake->on_retry(policy.throttle, now);
  }
  add<send_attempt>(out) = {id, s.attempts, s.chain};
}

void client_instance::on_head(retry_session& s, const head_received& e, instant now) {
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
  add<deliver>(out) = {id, e.tokens};
}

void client_instance::on_timers(call_id id, retry_session& s, instant now,
                                effects<client_effect>& out) {
  if (s.next_wakeup() > now) return;  // early: re-armed by the engine
  if (s.state == session_state::in_flight) {
    if (now >= s.request.deadline)
      return abandon(id, s, outcome::timed_out, stop_reason::deadline, now, out);
    add<cancel_attempt>(out) = {id, s.attempts};
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

}  // namespace stampede
