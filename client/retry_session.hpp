// One call under a policy: its attempts, timers and budget. The pure part of client_instance.
//
// A session decides; client_instance owns what calls share (breakers, pacing) and turns
// decisions into effects and records.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "client/events.hpp"
#include "client/policy.hpp"
#include "core/instant.hpp"

namespace stampede {

enum class session_state : std::uint8_t {
  idle,       // the slot is free
  waiting,    // for a retry, or paced before the first attempt
  in_flight,  // an attempt is out
  throttled,  // until a throttle lets the next attempt leave
  queued,     // for a slot of the concurrency limit
};

// The timers a session may have running; next_wakeup is the least of them.
enum class timer_kind : std::uint8_t { wait_over, silence, progress };
inline constexpr std::size_t timer_kinds = 3;

// What its record cannot take from the session once an attempt is over.
struct attempt_in_flight {
  instant sent = never;
  instant first_byte = never;
  instant first_token = never;
  duration retry_after = no_duration;
  std::int16_t status = 0;
  bool early = false;
};

// Three lines of the cache: a fleet's sessions are visited at random.
struct alignas(64) retry_session {
  session_state state = session_state::idle;
  bool is_probe = false;    // the attempt in flight is its breaker's probe
  bool partial = false;     // content of this call has been delivered
  bool last_sleep = false;  // waits only to give up afterwards, for the reason last_stop
  stop_reason last_stop = stop_reason::attempts_used;
  bool cleared = false;        // the throttle has let the next attempt pass
  bool has_permit = false;     // of the retry budget: to be given back
  std::uint8_t chain = 0;      // model in use: index into client_setup::models
  std::uint16_t attempts = 0;  // over the whole call
  std::uint16_t on_model = 0;  // with the model in use
  std::uint16_t server_errors = 0;
  std::uint16_t backoff_from = 0;  // attempts with the model before the backoff began anew
  std::uint16_t taken = 0;         // from the retry budget, by the last retry
  retry_hint should_retry = retry_hint::none;  // of the attempt in flight
  outcome last_result = outcome::cancelled;
  std::array<std::uint32_t, most_layers - 1> layer_retries{};  // of each outer layer
  std::uint32_t serial = 0;
  std::uint32_t owner = 0;  // its instance
  call_request request;
  instant started = never;
  instant begun = never;  // this round: the start, or what an outer layer waited for
  instant first_token = never;
  instant not_before = run_start;  // the end of the last Retry-After
  duration previous_delay{0};      // as backoff_memory has it
  pico_usd estimate;
  attempt_in_flight current;
  std::array<instant, timer_kinds> timers{never, never, never};

  instant next_wakeup() const {
    static_assert(timer_kinds == 3);
    return std::min(std::min(timers[0], timers[1]), timers[2]);  // no branch
  }
  instant& timer(timer_kind k) { return timers[static_cast<std::size_t>(k)]; }
  void stop_timers() { timers.fill(never); }
};

static_assert(sizeof(retry_session) <= 192);

inline const retry_session fresh_session{};  // to be copied: cheaper than setting every field

// What to do after a transient attempt, apart from the breaker.
struct retry_decision {
  enum class action : std::uint8_t { wait, next_model } what = action::next_model;
  duration wait{0};
  wait_reason reason = wait_reason::none;
  duration memory{0};                            // for the next backoff_delay
  bool begin_anew = false;                       // which is the first of a new row
  stop_reason why = stop_reason::attempts_used;  // for next_model
};

// The last instant at which something may start (the time budget of the round, the deadline).
inline instant latest_start(const client_policy& policy, const retry_session& session) {
  if (policy.time_budget == duration::zero()) return session.request.deadline;
  return std::min(session.request.deadline, after(session.begun, policy.time_budget));
}

// Attempts, limit per code, delay, time budget, in this order. `bits` is the jitter's draw and
// `spread_bits` that of the Retry-After spread. `result` and the Retry-After are those of
// the attempt that just failed.
retry_decision decide_retry(const client_policy& policy, const retry_session& session,
                            outcome result, duration retry_after, instant now, std::uint64_t bits,
                            std::uint64_t spread_bits);

// What the innermost outer layer that takes a failure does with it: it waits and tries again, all
// below it from the beginning. `layer` is its place in client_policy::outer.
struct layer_decision {
  std::size_t layer = 0;
  duration wait{0};
};
std::optional<layer_decision> decide_layers(const client_policy& policy,
                                            const retry_session& session, outcome result,
                                            instant now, std::uint64_t bits);

}  // namespace stampede
