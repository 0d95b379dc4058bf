// Short ways to write records in tests; everything not named is as in a plain success.
#pragma once

#include "core/records.hpp"
#include "reports/measures.hpp"

namespace stampede::test {

using namespace std::chrono_literals;

constexpr instant at(duration d) { return run_start + d; }

inline attempt_record success(std::uint32_t call, std::uint16_t attempt, duration sent,
                              duration ended) {
  attempt_record a;
  a.call = call;
  a.attempt = attempt;
  a.sent = at(sent);
  a.ended = at(ended);
  a.status = 200;
  return a;
}

// Failed with `result` and is tried again after `wait`.
inline attempt_record retried(std::uint32_t call, std::uint16_t attempt, duration sent,
                              outcome result, duration wait,
                              wait_reason reason = wait_reason::backoff) {
  attempt_record a = success(call, attempt, sent, sent);
  a.result = result;
  a.kind = classification::transient;
  a.decided = decision::retry;
  a.waits_for = reason;
  a.wait = wait;
  return a;
}

inline attempt_record given_up(std::uint32_t call, std::uint16_t attempt, duration sent,
                               outcome result) {
  attempt_record a = retried(call, attempt, sent, result, 0s, wait_reason::none);
  a.decided = decision::give_up;
  return a;
}

inline exchange_record answered(duration arrived, duration started, duration ended) {
  exchange_record e;
  e.status = 200;
  e.whole = true;
  e.arrived = at(arrived);
  e.started = at(started);
  e.ended = at(ended);
  e.busy = ended - started;
  return e;
}

inline call_record ended_call(duration intended, duration ended, outcome result = outcome::success,
                              stop_reason why = stop_reason::success, std::uint16_t attempts = 1) {
  call_record c;
  c.intended = c.started = at(intended);
  c.ended = at(ended);
  c.result = result;
  c.why = why;
  c.attempts = attempts;
  return c;
}

}  // namespace stampede::test
