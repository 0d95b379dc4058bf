// A non-negative random quantity a scenario declares: constant, exponential, lognormal or
// uniform. Durations are in nanoseconds, counts in units; both are sampled as integers.
// Deterministic: a sample is a pure function of the 64 bits given.
//
// Use: `const auto d = duration{sample(distribution, draw(key))};`
#pragma once

#include <cstdint>

namespace stampede {

enum class distribution_kind : std::uint8_t { constant, exponential, lognormal, uniform };

// constant: a is the value. exponential: a is the mean. lognormal: a is the median, b the
// standard deviation of the logarithm. uniform: from a to b.
struct distribution {
  distribution_kind kind = distribution_kind::constant;
  double a = 0;
  double b = 0;

  friend bool operator==(const distribution&, const distribution&) = default;
};

std::int64_t sample(const distribution& d, std::uint64_t bits);
double mean_of(const distribution& d);
double least_of(const distribution& d);  // the smallest value a sample can take

}  // namespace stampede
