// The parts of client_instance that not every policy has: what it remembers (the throttle, the
// concurrency limit with its queue, the retry budget), what a group shares, outer layers.
#include <algorithm>

#include "client/client_instance.hpp"
#include "core/check.hpp"
#include "core/draw.hpp"

namespace stampede {

// What is this instance's own, and what its group's.
void client_instance::share_out(const client_policy& policy) {
  const std::size_t models = setup_->models.size();
  STAMPEDE_CHECK(models > 0);
  const bool shares = policy.breaker.shared || policy.retry_budget.shared || policy.throttle.shared;
  group_limits* group = shares ? &pool_->shared(setup_->group, policy, models) : nullptr;
  if (!policy.breaker.shared) own_breakers_.resize(models);
  breakers_ = policy.breaker.shared ? group->breakers.data() : own_breakers_.data();
  if (policy.remembers()) limits_ = std::make_unique<local_limits>(policy, group);
}

// A breaker that has its callers wait, and no model to go to: the attempt it refuses comes back
// after it, spread by a wait of its own. False where that is too late.
bool client_instance::waits_for_breaker(retry_session& s, instant now) {
  const client_policy& policy = setup_->policy;
  if (s.chain + 1u < setup_->models.size()) return false;
  const std::uint64_t bits = draw_for(s, std::uint64_t{s.attempts} * draws_per_attempt);
  const std::uint32_t k = s.on_model > 0 ? s.on_model - 1u : 0;
  const duration spread = backoff_delay(policy.backoff, k, s.previous_delay, bits);
  const duration left = breakers_[s.chain].opens_in(now);  // zero: a probe is out
  const instant due = after(after(now, std::max(left, policy.backoff.base)), spread);
  if (due > latest_start(policy, s) || due <= now) return false;
  s.state = session_state::waiting;
  s.timer(timer_kind::wait_over) = due;
  return true;
}

// Has the retry come after the breaker is over, if that is within the budget.
bool client_instance::outlasts_breaker(const retry_session& s, retry_decision& d,
                                       instant now) const {
  const client_policy& policy = setup_->policy;
  if (!policy.breaker.wait || s.chain + 1u < setup_->models.size()) return false;
  const duration left = breakers_[s.chain].opens_in(now);
  if (d.wait >= left) return true;
  const instant due = after(after(now, left), d.wait);  // its wait is the spread
  if (due > latest_start(policy, s)) return false;
  d.wait = due - now;
  d.reason = wait_reason::breaker;
  return true;
}

// Whether the next attempt may leave now; if not, the call waits, tries its next model or is over.
bool client_instance::admitted(call_id id, retry_session& s, instant now,
                               effects<client_effect>& out) {
  local_limits& l = *limits_;
  const client_policy& policy = setup_->policy;
  if (l.brake && !s.cleared) {
    const std::uint64_t bits = draw({.seed = setup_->seed,
                                     .replication = setup_->replication,
                                     .entity = call_entity(id_.value, s.serial),
                                     .why = purpose::throttle,
                                     .index = std::uint64_t{s.attempts} << 8 | s.chain});
    const throttle::pass p = l.brake->ask(policy.throttle, s.attempts == 0, now, bits);
    const bool too_late = !p.refused && p.from > latest_start(policy, s);
    if (too_late) l.brake->give_back(policy.throttle);
    if (p.refused || too_late) {
      next_model_or_give_up(id, s, outcome::throttled, stop_reason::throttle, now, out);
      return false;
    }
    s.cleared = true;
    if (p.from > now) {
      s.state = session_state::throttled;
      s.timer(timer_kind::wait_over) = p.from;
      return false;
    }
  }
  if (policy.concurrency.kind == concurrency_kind::none) return true;
  // Whoever came first goes first.
  if (s.state == session_state::queued) return true;
  if (l.waiting == 0 && l.slots.has_room(l.in_flight)) return true;
  wait_for_slot(id, s, now, out);
  return false;
}

// Its wake-up is the instant at which it gives up; the call that frees a slot runs it.
void client_instance::wait_for_slot(call_id id, retry_session& s, instant now,
                                    effects<client_effect>& out) {
  local_limits& l = *limits_;
  const concurrency_policy& policy = setup_->policy.concurrency;
  const instant last = latest_start(setup_->policy, s);
  if (l.waiting >= policy.queue) {
    s.cleared = false;
    return next_model_or_give_up(id, s, outcome::throttled, stop_reason::queue, now, out);
  }
  ++l.waiting;
  l.queue.push_back({id, s.attempts});
  s.state = session_state::queued;
  const bool patient = policy.queue_timeout == duration::zero();
  s.timer(timer_kind::wait_over) =
      patient ? last : std::min(last, after(now, policy.queue_timeout));
}

void client_instance::run_waiters(instant now, effects<client_effect>& out) {
  local_limits& l = *limits_;
  while (l.waiting > 0 && l.slots.has_room(l.in_flight)) {
    const local_limits::waiter next = l.queue.front();
    l.queue.pop_front();
    retry_session* s = find(next.call);
    if (!s || s->state != session_state::queued || s->attempts != next.attempts) continue;
    --l.waiting;
    begin_attempt(next.call, *s, now, out);
    const bool waits_again =
        s->state != session_state::in_flight && s->state != session_state::idle;
    if (waits_again) add<rearm>(out) = {next.call};
  }
  if (l.waiting == 0) l.queue.clear();
}

// Whether the retry budget has a retry left; takes it.
bool client_instance::afford_retry(retry_session& s, outcome result, instant now) {
  local_limits& l = *limits_;
  if (!l.budget) return true;
  const retry_budget_policy& policy = setup_->policy.retry_budget;
  const bool granted = l.budget->withdraw(
      policy, {.result = result, .attempts_under_way = l.in_flight}, now, s.taken);
  s.has_permit = granted && policy.kind == retry_budget_kind::envoy;
  return granted;
}

// An attempt ended by itself.
void client_instance::tell_limits(retry_session& s, outcome result, classification kind,
                                  instant now) {
  local_limits& l = *limits_;
  const client_policy& policy = setup_->policy;
  l.slots.on_end(policy.concurrency, result, now - s.current.sent, l.in_flight);
  --l.in_flight;
  if (l.brake) l.brake->on_answer(policy.throttle, result, now);
  if (!l.budget) return;
  if (kind == classification::success) l.budget->on_success(policy.retry_budget, s.taken);
  if (kind == classification::transient) l.budget->on_failure(policy.retry_budget, now);
  if (s.has_permit) l.budget->give_back();
  s.has_permit = false;
}

// A call stops waiting, or its attempt is cancelled: what it holds goes back.
void client_instance::leave_limits(retry_session& s) {
  local_limits& l = *limits_;
  if (s.state == session_state::in_flight) --l.in_flight;
  if (s.state == session_state::queued) --l.waiting;
  if (s.state == session_state::throttled && l.brake) l.brake->give_back(setup_->policy.throttle);
  if (s.has_permit) l.budget->give_back();
  s.has_permit = false;
  s.cleared = false;
}

// The wait before a layer around the policy tries the whole of it again; the session is ready for
// it. Nothing where no layer does.
std::optional<duration> client_instance::layer_wait(retry_session& s, outcome result, instant now) {
  const client_policy& policy = setup_->policy;
  if (policy.outer.empty()) return std::nullopt;
  const std::uint64_t bits = draw_for(s, std::uint64_t{s.attempts} * draws_per_attempt);
  const auto d = decide_layers(policy, s, result, now, bits);
  if (!d) return std::nullopt;
  ++s.layer_retries[d->layer];
  std::fill_n(s.layer_retries.begin(), d->layer, 0U);
  s.chain = 0;
  s.on_model = s.backoff_from = s.server_errors = s.taken = 0;
  s.previous_delay = duration::zero();
  s.begun = after(now, d->wait);
  if (limits_ && limits_->budget) limits_->budget->on_call(policy.retry_budget, now);
  return d->wait;
}

void client_instance::retry_layer(retry_session& s, attempt_record& r, duration wait, instant now) {
  r.wait = wait;
  r.waits_for = wait_reason::layer;
  r.why = stop_reason::success;
  tell_record(r, decision::retry);
  wait_until(s, wait, now);
}

}  // namespace stampede
