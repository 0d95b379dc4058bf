// One client process: its calls, its breakers (one a model), its pacing and what else its policy
// remembers (local_limits). Sans-IO and single-threaded; time, randomness and bytes are arguments,
// so the live engine and the sim drive the very same object.
//
// Laws (design.md, section 1; tests/unit/client): after each call the engine takes next_wakeup of
// the call fed and of each call that an effect names; an early wake-up does nothing;
// a call that waits for a slot wakes to give up, and the call that frees the slot runs it; exactly
// one `finish` per call, preceded by cancel_attempt for an attempt in flight; events of an attempt
// that is over change nothing.
//
// Use:  const call_id id = client.next_id();
//       client.start(id, {.intended = now}, now, effects);
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/events.hpp"
#include "client/local_limits.hpp"
#include "client/policy.hpp"
#include "client/retry_session.hpp"
#include "client/session_pool.hpp"
#include "core/draw.hpp"
#include "core/effects.hpp"
#include "core/prefetch.hpp"
#include "deepseek/models.hpp"

namespace stampede {

struct chain_model {
  std::string name;                               // as sent
  std::uint8_t id = 0;                            // deepseek::model_id, for records and prices
  deepseek::date start = deepseek::default_date;  // the service's when the run began: its prices
};

// What all instances of a group share; outlives them.
struct client_setup {
  client_policy policy;
  std::vector<chain_model> models;  // the call's own, then the fallback chain
  std::uint16_t group = 0;
  draw_seed seed{};
  std::uint32_t replication = 0;
};

// The chain of `policy` behind `model`, for a run that begins on `start`.
std::vector<chain_model> model_chain(const client_policy& policy, const std::string& model,
                                     deepseek::date start);

class client_instance;

// Told of every call of a machine: what went in and what came out. Changes nothing.
class client_observer {
 public:
  virtual ~client_observer() = default;
  virtual void on_start(const client_instance&, call_id, const call_request&, instant now,
                        std::span<const client_effect>) = 0;
  virtual void on_event(const client_instance&, call_id, const client_event&, instant now,
                        std::span<const client_effect>) = 0;
  virtual void on_stop(const client_instance&, instant now, std::span<const client_effect>) = 0;
};

class client_instance {
 public:
  // Its sessions lie in `pool`, which outlives it; without one, in a pool of its own.
  client_instance(const client_setup& setup, instance_id id, record_sink& records,
                  session_pool& pool);
  client_instance(const client_setup& setup, instance_id id, record_sink& records);

  // The id the next call must be started with.
  call_id next_id() const;
  // These return next_wakeup(id), which the engine needs after each.
  instant start(call_id id, const call_request& request, instant now, effects<client_effect>& out);
  instant on(call_id id, const client_event& event, instant now, effects<client_effect>& out);
  // Does what feeding its parts as events one by one does.
  instant on_news(call_id id, const answer_news& news, instant now, effects<client_effect>& out);
  instant next_wakeup(call_id id) const {
    const retry_session* const s = find(id);
    return s ? s->next_wakeup() : never;
  }

  // Ends every call: the run is over.
  void stop(instant now, effects<client_effect>& out);

  // From now on; null for nobody.
  void observe(client_observer* observer) { observer_ = observer; }

  std::size_t calls_under_way() const { return calls_; }
  const breaker& breaker_of(std::size_t chain) const { return breakers_[chain]; }
  const local_limits* limits() const { return limits_.get(); }  // null: its policy has none
  instance_id id() const { return id_; }

  // A hint that one of its calls is about to be fed; changes nothing.
  void prefetch() const {
    if (setup_->policy.breaker.exists()) stampede::prefetch(*breakers_);
  }

 private:
  void start_call(call_id id, const call_request& request, instant now,
                  effects<client_effect>& out);
  void end_all(instant now, effects<client_effect>& out);
  void take(call_id id, retry_session& s, const client_event& event, instant now,
            effects<client_effect>& out);
  void feed_one_by_one(call_id id, const answer_news& news, instant now,
                       effects<client_effect>& out);
  void begin_attempt(call_id id, retry_session& s, instant now, effects<client_effect>& out);
  void on_head(retry_session& s, const head_received& e, instant now);
  void on_piece(call_id id, retry_session& s, const piece_received& e, instant now,
                effects<client_effect>& out);
  void on_timers(call_id id, retry_session& s, instant now, effects<client_effect>& out);

  // client_instance_ends.cpp
  void attempt_over(call_id id, retry_session& s, outcome result, const token_usage& usage,
                    instant now, effects<client_effect>& out);
  void after_transient(call_id id, retry_session& s, attempt_record& r, instant now,
                       effects<client_effect>& out);
  void next_model_or_give_up(call_id id, retry_session& s, outcome result, stop_reason why,
                             instant now, effects<client_effect>& out);
  void wait_until(retry_session& s, duration wait, instant now);
  void abandon(call_id id, retry_session& s, outcome result, stop_reason why, instant now,
               effects<client_effect>& out);
  void end_call(call_id id, retry_session& s, outcome result, stop_reason why, instant now,
                effects<client_effect>& out);
  void tell_breaker(retry_session& s, outcome result, classification kind, instant now);
  void pace(outcome result, instant now);
  // When an attempt under way will have gone too long without payload, or its caller leaves.
  instant progress_due(const retry_session& s, instant now) const {
    const client_policy& policy = setup_->policy;
    const duration progress = s.request.thinking ? policy.thinking_timeout : policy.timeout;
    if (progress == duration::zero()) return s.request.deadline;
    return std::min(s.request.deadline, after(now, progress));
  }

  // client_instance_limits.cpp
  bool waits_for_breaker(retry_session& s, instant now);
  bool outlasts_breaker(const retry_session& s, retry_decision& d, instant now) const;
  void share_out(const client_policy& policy);
  std::optional<duration> layer_wait(retry_session& s, outcome result, instant now);
  void retry_layer(retry_session& s, attempt_record& r, duration wait, instant now);
  // The next ones only with limits_.
  bool admitted(call_id id, retry_session& s, instant now, effects<client_effect>& out);
  void wait_for_slot(call_id id, retry_session& s, instant now, effects<client_effect>& out);
  bool afford_retry(retry_session& s, outcome result, instant now);
  void leave_limits(retry_session& s);
  void tell_limits(retry_session& s, outcome result, classification kind, instant now);
  void run_waiters(instant now, effects<client_effect>& out);

  attempt_record record_of(const retry_session& s, outcome result, classification kind,
                           instant now) const;
  void tell_record(attempt_record& r, decision decided);
  // Two jitter draws an attempt: the backoff's and the Retry-After spread's.
  static constexpr std::uint64_t draws_per_attempt = 2;
  std::uint64_t draw_for(const retry_session& s, std::uint64_t index) const;
  // Of a session found before it was fed: its call may have ended meanwhile.
  static instant wakeup_of(const retry_session& s) {
    return s.state == session_state::idle ? never : s.next_wakeup();
  }
  // Null where the call is over.
  retry_session* find(call_id id) const {
    if (id.slot >= pool_->size()) return nullptr;
    retry_session& s = (*pool_)[id.slot];
    const bool ours = s.owner == id_.value && s.serial == id.serial;
    return ours && s.state != session_state::idle ? &s : nullptr;
  }

  const client_setup* setup_;
  instance_id id_;
  record_sink* records_;
  client_observer* observer_ = nullptr;
  std::unique_ptr<session_pool> own_pool_;
  session_pool* pool_;
  std::uint32_t calls_ = 0;  // under way
  std::vector<breaker> own_breakers_;
  breaker* breakers_ = nullptr;  // by chain index; its own, or those of its group
  std::unique_ptr<local_limits> limits_;
  std::uint32_t next_serial_ = 0;
  std::uint32_t timeouts_in_a_row_ = 0;
  instant paced_until_ = run_start;
};

}  // namespace stampede
