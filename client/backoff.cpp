#include "client/backoff.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/distribution.hpp"
#include "core/draw.hpp"
#include "core/portable_math.hpp"

namespace stampede {
namespace {

__extension__ using i128 = __int128;

// d * milli / 1000, stopping at `forever`.
duration scaled(duration d, std::int64_t milli) {
  std::int64_t narrow = 0;  // nearly always enough, and far cheaper to divide
  if (!__builtin_mul_overflow(d.count(), milli, &narrow))
    return duration{std::min(narrow / 1000, forever.count())};
  const i128 product = static_cast<i128>(d.count()) * milli / 1000;
  return product > forever.count() ? forever : duration{static_cast<std::int64_t>(product)};
}

// base * factor^k, no more than the cap.
duration bound(const backoff_policy& policy, std::uint32_t k) {
  duration v = std::min(policy.base, policy.cap);
  if (policy.factor_milli == 2000 && v > duration::zero()) {  // nearly always: no loop
    const auto base = static_cast<std::uint64_t>(v.count());
    const bool fits = k < static_cast<std::uint32_t>(std::countl_zero(base));
    return fits ? std::min(duration{static_cast<std::int64_t>(base << k)}, policy.cap) : policy.cap;
  }
  for (std::uint32_t i = 0; i < k && v < policy.cap && v > duration::zero(); ++i) {
    const duration next = scaled(v, policy.factor_milli);
    if (next == v) break;  // a factor of 1
    v = std::min(next, policy.cap);
  }
  return v;
}

duration plus(duration a, duration b) { return b > forever - a ? forever : a + b; }

// (factor^(k+1) - 1) * base.
duration envoy_bound(const backoff_policy& policy, std::uint32_t k) {
  backoff_policy uncapped = policy;
  uncapped.cap = forever;
  const duration power = bound(uncapped, k + 1);
  return std::min(policy.cap, power == forever ? forever : power - policy.base);
}

// n_k of Polly's formula, at the time t = k + U(0, 1).
duration polly_position(const backoff_policy& policy, std::uint32_t k, std::uint64_t bits) {
  constexpr double ln2 = 0.69314718055994530942;
  constexpr double beyond_all = 1000;  // 2^1000: no duration is that long
  const double t = k + unit_interval(bits);
  if (t >= beyond_all) return forever;
  const double twice = 2 * std::sqrt(4 * t);
  const double shrunk = portable::exp(-twice);
  const double tanh = (1 - shrunk) / (1 + shrunk);
  const double n = portable::exp(t * ln2) * tanh / 1.4 * static_cast<double>(policy.base.count());
  return n >= static_cast<double>(forever.count()) ? forever
                                                   : duration{static_cast<std::int64_t>(n)};
}

}  // namespace

backoff_policy throttled(const backoff_policy& policy) {
  backoff_policy changed = policy;
  if (policy.throttled_base > duration::zero()) changed.base = policy.throttled_base;
  return changed;
}

duration backoff_memory(const backoff_policy& policy, std::uint32_t k, duration waited,
                        std::uint64_t bits) {
  return policy.kind == backoff_kind::polly_jitter ? polly_position(policy, k, bits) : waited;
}

duration backoff_delay(const backoff_policy& policy, std::uint32_t k, duration previous,
                       std::uint64_t bits) {
  if (policy.first_at_once && k == 0) return duration::zero();
  const duration v = bound(policy, k);
  switch (policy.kind) {
    case backoff_kind::fixed: return std::max(policy.least, policy.base);
    case backoff_kind::exponential: return std::max(policy.least, v);
    case backoff_kind::full_jitter:
      return policy.least + uniform_duration(bits, std::max(v, policy.least) - policy.least);
    case backoff_kind::equal_jitter: return v / 2 + uniform_duration(bits, v - v / 2);
    case backoff_kind::decorrelated_jitter: {
      const duration top = scaled(std::max(previous, policy.base), 3000);
      const duration drawn = plus(policy.base, uniform_duration(bits, top - policy.base));
      return std::min(policy.cap, drawn);
    }
    case backoff_kind::additive_jitter: return plus(v, uniform_duration(bits, policy.jitter));
    case backoff_kind::proportional_jitter: {
      const duration least = scaled(v, 1000 - policy.ratio_down_milli);
      const duration most = scaled(v, 1000 + policy.ratio_up_milli);
      return plus(least, uniform_duration(bits, most - least));
    }
    case backoff_kind::memoryless: {
      const auto mean = static_cast<double>(policy.base.count());
      const duration drawn{sample({distribution_kind::exponential, mean}, bits)};
      return std::min(policy.cap, drawn);
    }
    case backoff_kind::polly_jitter: {
      const duration position = polly_position(policy, k, bits);
      if (position == forever) return policy.cap;
      return std::min(policy.cap, std::max(duration::zero(), position - previous));
    }
    case backoff_kind::envoy_jitter: return uniform_duration(bits, envoy_bound(policy, k));
  }
  return v;
}

duration least_delay(const backoff_policy& policy) {
  switch (policy.kind) {
    case backoff_kind::proportional_jitter:
      return scaled(policy.base, 1000 - policy.ratio_down_milli);
    default: return std::max(policy.least, std::min(policy.base, policy.cap));
  }
}

}  // namespace stampede
