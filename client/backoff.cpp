#include "client/backoff.hpp"

#include <algorithm>

#include "core/distribution.hpp"
#include "core/draw.hpp"

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

duration bound(const backoff_policy& policy, std::uint32_t k) {
  duration v = std::min(policy.base, policy.cap);
  for (std::uint32_t i = 0; i < k && v < policy.cap && v > duration::zero(); ++i) {
    const duration next = scaled(v, policy.factor_milli);
    if (next == v) break;  // a factor of 1
    v = std::min(next, policy.cap);
  }
  return v;
}

duration plus(duration a, duration b) { return b > forever - a ? forever : a + b; }

}  // namespace

duration backoff_delay(const backoff_policy& policy, std::uint32_t k, duration previous,
                       std::uint64_t bits) {
  const duration v = bound(policy, k);
  switch (policy.kind) {
    case backoff_kind::fixed: return policy.base;
    case backoff_kind::exponential: return v;
    case backoff_kind::full_jitter: return uniform_duration(bits, v);
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
  }
  return v;
}

duration least_delay(const backoff_policy& policy) {
  switch (policy.kind) {
    case backoff_kind::proportional_jitter:
      return scaled(policy.base, 1000 - policy.ratio_down_milli);
    default: return std::min(policy.base, policy.cap);
  }
}

}  // namespace stampede
