// How long to wait before retry k (k = 0, 1, 2 ...). Pure: the randomness is an argument.
//
// With v_k = min(cap, base * factor^k) and U(a, b) uniform:
//   fixed                base
//   exponential          v_k
//   full_jitter          U(0, v_k)
//   equal_jitter         v_k / 2 + U(0, v_k / 2)
//   decorrelated_jitter  min(cap, U(base, 3 * previous)), previous = base at k = 0
//   additive_jitter      v_k + U(0, jitter): the guide's "+ random()"
//   proportional_jitter  v_k * U(1 - ratio_down, 1 + ratio_up)
//   memoryless           min(cap, X), X exponentially distributed with mean base: what the
//                        theory of retrial queues assumes
//   polly_jitter         min(cap, n_k - n_(k-1)), n_k = 2^t * tanh(sqrt(4 t)) * base / 1.4 with
//                        t = k + U(0, 1): Polly v8's "decorrelated jitter backoff v2"
//   envoy_jitter         U(0, min(cap, (factor^(k+1) - 1) * base)): Envoy's router
// The first five as in "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
// `least` is a floor as tenacity has it: max(least, v_k) where nothing is drawn, U(least, v_k)
// for full_jitter. `first_at_once` makes the first retry wait for nothing (urllib3).
// Integers, but for polly_jitter's portable doubles; saturates instead of overflowing for any k.
#pragma once

#include <cstdint>

#include "core/instant.hpp"

namespace stampede {

enum class backoff_kind : std::uint8_t {
  fixed,
  exponential,
  full_jitter,
  equal_jitter,
  decorrelated_jitter,
  additive_jitter,
  proportional_jitter,
  memoryless,
  polly_jitter,
  envoy_jitter,
};

struct backoff_policy {
  backoff_kind kind = backoff_kind::additive_jitter;
  duration base = std::chrono::seconds(1);
  duration cap = std::chrono::seconds(60);    // forever: none
  std::int32_t factor_milli = 2000;           // 2.0
  duration jitter = std::chrono::seconds(1);  // additive_jitter
  std::int32_t ratio_down_milli = 200;        // proportional_jitter
  std::int32_t ratio_up_milli = 200;
  duration least{0};           // fixed, exponential, full_jitter
  bool first_at_once = false;  // no wait before the first retry
  duration throttled_base{0};  // instead of base after a 429; 0: as any other

  friend bool operator==(const backoff_policy&, const backoff_policy&) = default;
};

// `previous` is what backoff_memory gave for the delay before, zero at k = 0; `bits` are 64
// uniform bits.
duration backoff_delay(const backoff_policy& policy, std::uint32_t k, duration previous,
                       std::uint64_t bits);

// What the next delay needs to know of this one, which came to `waited` in the end:
// decorrelated_jitter the wait, polly_jitter its n_k.
duration backoff_memory(const backoff_policy& policy, std::uint32_t k, duration waited,
                        std::uint64_t bits);

// The policy as it is after a 429 (`throttled_base`).
backoff_policy throttled(const backoff_policy& policy);

// The shortest delay other than zero that the policy aims at: what a wall clock must resolve.
duration least_delay(const backoff_policy& policy);

}  // namespace stampede
