// What a Retry-After does to a wait. Pure.
//
//   ignore    nothing
//   floor     the longer of the two, and the spread on top of a Retry-After that decides
//   exact     Retry-After instead of the policy's own wait
//   clamp     within [own, own + limit] (AWS's rules of 2026)
//   pushback  exact, a negative one means "do not retry", and the backoff begins anew (gRPC)
// One longer than `limit` (floor, exact) is dealt with as `beyond` says, as SDKs do: "backoff"
// takes the policy's own wait, shorter than asked; "cap" waits for the limit; "stop" does not
// retry. A negative one, such as a date in the past, is none at all, but for pushback.
//
// Use: const chosen_wait c = heed(rule, own, head.retry_after, bits);
#pragma once

#include <cstdint>

#include "core/instant.hpp"
#include "core/records.hpp"

namespace stampede {

enum class retry_after_use : std::uint8_t { ignore, floor, exact, clamp, pushback };
enum class retry_after_beyond : std::uint8_t { backoff, cap, stop };

struct retry_after_rule {
  retry_after_use use = retry_after_use::floor;
  duration spread{0};  // U(0, spread) on top of a Retry-After
  duration limit{0};   // the longest honoured; 0: any
  retry_after_beyond beyond = retry_after_beyond::backoff;
  bool zero = true;  // exact: 0 means at once; false: it means nothing

  friend bool operator==(const retry_after_rule&, const retry_after_rule&) = default;
};

struct chosen_wait {
  duration wait{0};
  wait_reason reason = wait_reason::backoff;
  bool stop = false;        // do not retry
  bool begin_anew = false;  // the backoff's next wait is its first
};

// `own` is the backoff's wait, `asked` the header's (no_duration: there was none), `bits` 64
// uniform bits for the spread.
chosen_wait heed(const retry_after_rule& rule, duration own, duration asked, std::uint64_t bits);

}  // namespace stampede
