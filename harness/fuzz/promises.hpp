// What a policy promises, read a second time: the formulas the checkers share.
//
// Written from docs/scenarios.md and the policy's structure, not from the client's rules, which
// they judge. Pure; where the client rounds, these give bounds.
#pragma once

#include <cstdint>

#include "client/policy.hpp"
#include "core/records.hpp"
#include "harness/fuzz/evidence.hpp"

namespace stampede {

// The shortest and the longest wait a backoff may give.
struct wait_bounds {
  duration least{0};
  duration most{0};
};

// Before retry k (from 0) of a model; `before` is the wait before that one, 0 where k is 0.
wait_bounds promised_wait(const backoff_policy& policy, std::uint32_t k, duration before);

// The backoff that a retry after `result` follows: a 429 may have a base of its own.
backoff_policy promised_backoff(const client_policy& policy, outcome result);

// What becomes of a wait within `own` where the answer asked for `asked`: bounds again, or no
// retry.
struct promised_pause {
  wait_bounds wait;
  bool stop = false;
};
promised_pause promised_after(const retry_after_rule& rule, const wait_bounds& own, duration asked);

// Whether a throttle, a queue, a breaker or an outer layer may have a call wait for longer than was
// decided when its last attempt ended.
bool may_be_held_back(const client_policy& policy);

// Whether records tell in which round of a stack an attempt was made: a layer may begin anew after
// a model that refused locally, which leaves none.
bool rounds_are_told(const client_policy& policy);

// Whether the wait after this attempt was pushback: the backoff begins anew.
bool begins_anew(const client_policy& policy, const attempt_record& attempt);

// What an attempt's end means. `partial`: content had been delivered.
classification promised_kind(const client_policy& policy, outcome result, int status, bool partial,
                             retry_hint hint = retry_hint::none);

// Whether a breaker counts it: 429, 5xx and the way to the service.
bool fails_the_service(outcome result);

// Nothing may start later than this.
instant promised_last_start(const client_policy& policy, instant started, instant intended);

// When the call's caller leaves.
instant promised_deadline(const client_policy& policy, instant intended);
// Whether an attempt's end was that.
bool cut_by_deadline(const client_policy& policy, const client_fact& ended);

// The outcome that a status alone comes to; for those that say no more than their status.
outcome promised_outcome(int status);

}  // namespace stampede
