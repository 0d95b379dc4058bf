// Moments and shapes of the four distributions, over draws of consecutive indices.
#include "core/distribution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/draw.hpp"

namespace stampede {
namespace {

using enum distribution_kind;

constexpr int drawn = 200'000;
constexpr std::uint64_t all_bits = ~std::uint64_t{0};

std::vector<std::int64_t> samples(const distribution& d) {
  std::vector<std::int64_t> found;
  found.reserve(drawn);
  for (std::uint64_t i = 0; i < drawn; ++i)
    found.push_back(sample(d, draw({11, 0, 1, purpose::service_time, i})));
  return found;
}

double mean(const std::vector<std::int64_t>& x) {
  double sum = 0;
  for (std::int64_t v : x) sum += static_cast<double>(v);
  return sum / static_cast<double>(x.size());
}

double deviation(const std::vector<std::int64_t>& x) {
  const double m = mean(x);
  double sum = 0;
  for (std::int64_t v : x) sum += (static_cast<double>(v) - m) * (static_cast<double>(v) - m);
  return std::sqrt(sum / static_cast<double>(x.size()));
}

// Five standard errors of a mean.
double allowed(double standard_deviation) { return 5 * standard_deviation / std::sqrt(drawn); }

TEST(Distribution, ConstantIsConstant) {
  const distribution d{constant, 300, 0};
  for (std::uint64_t bits : {std::uint64_t{0}, std::uint64_t{12345}, all_bits})
    EXPECT_EQ(sample(d, bits), 300);
  EXPECT_EQ(mean_of(d), 300);
  EXPECT_EQ(least_of(d), 300);
}

TEST(Distribution, ExponentialHasItsMoments) {
  const distribution d{exponential, 1e6, 0};
  const auto x = samples(d);
  EXPECT_NEAR(mean(x), 1e6, allowed(1e6));
  EXPECT_NEAR(deviation(x), 1e6, 0.02e6);
  const auto short_ones = std::count_if(x.begin(), x.end(), [](auto v) { return v < 693'147; });
  EXPECT_NEAR(static_cast<double>(short_ones) / drawn, 0.5, allowed(0.5));
  EXPECT_EQ(mean_of(d), 1e6);
  EXPECT_EQ(least_of(d), 0);
}

TEST(Distribution, LognormalHasItsMoments) {
  const distribution d{lognormal, 1e6, 0.5};
  const auto x = samples(d);
  const double expected = 1e6 * std::exp(0.125);
  const double spread = expected * std::sqrt(std::expm1(0.25));
  EXPECT_NEAR(mean(x), expected, allowed(spread));
  EXPECT_NEAR(deviation(x), spread, 0.02 * spread);
  const auto below = std::count_if(x.begin(), x.end(), [](auto v) { return v < 1'000'000; });
  EXPECT_NEAR(static_cast<double>(below) / drawn, 0.5, allowed(0.5));
  EXPECT_NEAR(mean_of(d), expected, 1e-6);
}

TEST(Distribution, LognormalWithoutSpreadIsItsMedian) {
  for (std::uint64_t bits : {std::uint64_t{0}, std::uint64_t{1} << 63, all_bits})
    EXPECT_EQ(sample({lognormal, 500, 0}, bits), 500);
}

TEST(Distribution, UniformHasItsMomentsAndEnds) {
  const distribution d{uniform, 100, 500};
  const auto x = samples(d);
  const double spread = std::sqrt((401.0 * 401.0 - 1) / 12);
  EXPECT_NEAR(mean(x), 300, allowed(spread));
  EXPECT_NEAR(deviation(x), spread, 0.02 * spread);
  EXPECT_EQ(*std::min_element(x.begin(), x.end()), 100);
  EXPECT_EQ(*std::max_element(x.begin(), x.end()), 500);
  EXPECT_EQ(mean_of(d), 300);
  EXPECT_EQ(least_of(d), 100);
  EXPECT_EQ(sample({uniform, 7, 7}, all_bits), 7);
}

TEST(Distribution, NoSampleIsNegativeOrOverflows) {
  for (const distribution& d : {distribution{constant, 9e18, 0}, distribution{exponential, 9e18, 0},
                                distribution{lognormal, 9e18, 10}, distribution{uniform, 0, 9e18},
                                distribution{constant, 0, 0}, distribution{exponential, 0, 0}})
    for (std::uint64_t bits : {std::uint64_t{0}, std::uint64_t{1}, all_bits - 1, all_bits}) {
      const std::int64_t value = sample(d, bits);
      EXPECT_GE(value, 0);
      EXPECT_LE(value, 9'200'000'000'000'000'000);
    }
}

TEST(Distribution, RoundsToTheNearest) {
  EXPECT_EQ(sample({constant, 2.4, 0}, 0), 2);
  EXPECT_EQ(sample({constant, 2.5, 0}, 0), 3);
}

// Samples are part of every fingerprint: these never change.
TEST(Distribution, SamplesArePinned) {
  const std::uint64_t bits = draw({1, 0, 1, purpose::service_time, 1});
  EXPECT_EQ(sample({exponential, 1e9, 0}, bits), 555213178);
  EXPECT_EQ(sample({lognormal, 1e9, 0.5}, bits), 1097702865);
  EXPECT_EQ(sample({uniform, 0, 1e9}, bits), 573949895);
}

}  // namespace
}  // namespace stampede
