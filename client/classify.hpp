// What an outcome means for a retry: the guide's split in transient and persistent.
//
// 400, 401, 402, 403, 404, 413, 422 and context overflow ask for a fix; 408, 409, 429, 5xx,
// timeouts and transport errors may pass; a 200 whose content is unusable is what the policy's
// content table says. x-should-retry of an error goes before its status where the policy heeds it.
// Pure.
#pragma once

#include "client/policy.hpp"
#include "core/records.hpp"
#include "core/retry_hint.hpp"

namespace stampede {

// `status` is the answer's, 0 where none began; `partial`: some of the answer had reached
// the caller.
classification classify(outcome result, int status, const client_policy& policy,
                        bool partial = false, retry_hint hint = retry_hint::none);

// The outcome of an HTTP status other than 200, before its body is read.
outcome outcome_of_status(int status);

// Counts for the breaker: the service or the way to it failed (429, 5xx, transport).
bool is_service_failure(outcome result);

}  // namespace stampede
