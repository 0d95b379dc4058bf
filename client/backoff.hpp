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
// The first five as in "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
// Integers throughout; saturates instead of overflowing for any k.
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
};

struct backoff_policy {
  backoff_kind kind = backoff_kind::additive_jitter;
  duration base = std::chrono::seconds(1);
  duration cap = std::chrono::seconds(60);    // forever: none
  std::int32_t factor_milli = 2000;           // 2.0
  duration jitter = std::chrono::seconds(1);  // additive_jitter
  std::int32_t ratio_down_milli = 200;        // proportional_jitter
  std::int32_t ratio_up_milli = 200;

  friend bool operator==(const backoff_policy&, const backoff_policy&) = default;
};

// `previous` is the delay before (decorrelated_jitter only), `bits` 64 uniform bits.
duration backoff_delay(const backoff_policy& policy, std::uint32_t k, duration previous,
                       std::uint64_t bits);

// The shortest delay other than zero that the policy aims at: what a wall clock must resolve.
duration least_delay(const backoff_policy& policy);

}  // namespace stampede
