// portable_math against values computed with 300 bits (portable_math_values.hpp).
#include "core/portable_math.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tests/unit/core/portable_math_values.hpp"

namespace stampede::portable {
namespace {

// Doubles from a to b, in steps of one unit in the last place; signs may differ.
std::uint64_t ulps_between(double a, double b) {
  const auto ordinal = [](double x) {
    const auto bits = std::bit_cast<std::int64_t>(x);
    return bits >= 0 ? bits : std::numeric_limits<std::int64_t>::min() - bits;
  };
  const auto i = ordinal(a);
  const auto j = ordinal(b);
  return i > j ? static_cast<std::uint64_t>(i - j) : static_cast<std::uint64_t>(j - i);
}

TEST(PortableMath, LogWithinTwoUlp) {
  for (const reference& r : log_values)
    EXPECT_LE(ulps_between(log(r.x), r.value), 2u) << std::hexfloat << r.x;
}

TEST(PortableMath, ExpWithinTwoUlp) {
  for (const reference& r : exp_values)
    EXPECT_LE(ulps_between(exp(r.x), r.value), 2u) << std::hexfloat << r.x;
}

TEST(PortableMath, NormalQuantileWithinItsBound) {
  for (const reference& r : quantile_values) {
    const double error = std::abs(normal_quantile(r.x) - r.value);
    EXPECT_LE(error, 1e-15 * std::abs(r.value)) << std::hexfloat << r.x;
  }
}

TEST(PortableMath, Ends) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(log(1), 0);
  EXPECT_EQ(log(0), -infinity);
  EXPECT_EQ(log(infinity), infinity);
  EXPECT_TRUE(std::isnan(log(-1)));
  EXPECT_TRUE(std::isnan(log(std::numeric_limits<double>::quiet_NaN())));
  EXPECT_EQ(exp(0), 1);
  EXPECT_EQ(exp(710), infinity);
  EXPECT_EQ(exp(infinity), infinity);
  EXPECT_EQ(exp(-746), 0);
  EXPECT_EQ(exp(-infinity), 0);
  EXPECT_EQ(normal_quantile(0.5), 0);
}

TEST(PortableMath, SubnormalResultsOfExpAreClose) {
  EXPECT_NEAR(exp(-745), 0x1p-1074, 0x1p-1074);
  EXPECT_NEAR(exp(-720) / 2.03223080242429e-313, 1, 1e-10);
}

TEST(PortableMath, QuantileIsOddAndGrows) {
  double before = -std::numeric_limits<double>::infinity();
  for (int i = 1; i < 4096; ++i) {
    const double p = i / 4096.0;
    const double z = normal_quantile(p);
    EXPECT_GT(z, before);
    EXPECT_EQ(normal_quantile(1 - p), -z);
    before = z;
  }
}

}  // namespace
}  // namespace stampede::portable
