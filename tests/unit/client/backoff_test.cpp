#include "client/backoff.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/draw.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

backoff_policy policy(backoff_kind kind) {
  return {.kind = kind, .base = 1s, .cap = 60s, .jitter = 1s};
}

// 64 bits whose unit interval is `u`.
std::uint64_t bits(double u) { return static_cast<std::uint64_t>(u * 0x1.0p64); }

TEST(Backoff, ExponentialDoublesUpToItsCap) {
  const backoff_policy p = policy(backoff_kind::exponential);
  const duration expected[] = {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s};
  for (std::uint32_t k = 0; k < 8; ++k) EXPECT_EQ(backoff_delay(p, k, 0s, bits(0.9)), expected[k]);
}

// However often, and without a cap as far as a duration goes.
TEST(Backoff, DoublingForEverStopsAtTheCap) {
  for (const std::int64_t base : {1L, 3L, 1'000'000'000L, (1L << 61) + 1, (1L << 62) + 5}) {
    for (const duration cap : {duration{60s}, forever}) {
      backoff_policy p = policy(backoff_kind::exponential);
      p.base = duration{base};
      p.cap = cap;
      duration expected = std::min(p.base, cap);
      for (std::uint32_t k = 0; k < 80; ++k) {
        ASSERT_EQ(backoff_delay(p, k, 0s, 0), expected) << base << " ns, " << k;
        expected = expected > cap / 2 ? cap : 2 * expected;
      }
    }
  }
}

TEST(Backoff, AdditiveIsTheGuidesFormula) {
  const backoff_policy p = policy(backoff_kind::additive_jitter);
  EXPECT_EQ(backoff_delay(p, 0, 0s, bits(0)), 1s);
  EXPECT_EQ(backoff_delay(p, 3, 0s, bits(0.5)), 8500ms);
  EXPECT_EQ(backoff_delay(p, 9, 0s, bits(0.25)), 60250ms);
}

TEST(Backoff, ProportionalOfGrpc) {
  const backoff_policy p = policy(backoff_kind::proportional_jitter);
  EXPECT_EQ(backoff_delay(p, 0, 0s, bits(0)), 800ms);
  EXPECT_EQ(backoff_delay(p, 0, 0s, bits(0.5)), 1s);
  EXPECT_EQ(backoff_delay(p, 2, 0s, bits(0.75)), 4400ms);
}

TEST(Backoff, DownwardOfTheOpenAiSdk) {
  backoff_policy p = policy(backoff_kind::proportional_jitter);
  p.base = 500ms;
  p.cap = 8s;
  p.ratio_down_milli = 250;
  p.ratio_up_milli = 0;
  EXPECT_EQ(backoff_delay(p, 0, 0s, bits(0)), 375ms);
  EXPECT_EQ(backoff_delay(p, 1, 0s, bits(0.5)), 875ms);
  EXPECT_EQ(backoff_delay(p, 9, 0s, bits(0.5)), 7s);
  EXPECT_LT(backoff_delay(p, 9, 0s, ~0ULL), 8s);
  EXPECT_EQ(least_delay(p), 375ms);
}

TEST(Backoff, EqualAndFull) {
  EXPECT_EQ(backoff_delay(policy(backoff_kind::equal_jitter), 2, 0s, bits(0.5)), 3s);
  EXPECT_EQ(backoff_delay(policy(backoff_kind::full_jitter), 2, 0s, bits(0.5)), 2s);
  EXPECT_EQ(backoff_delay(policy(backoff_kind::full_jitter), 2, 0s, bits(0)), 0s);
}

// -ln u of the middle of the draw's cell, in nanoseconds, whichever retry it is.
TEST(Backoff, MemorylessIsTheNegativeLogarithm) {
  backoff_policy p = policy(backoff_kind::memoryless);
  const std::pair<double, std::int64_t> values[] = {{0.9, 105'360'516},    {0.5, 693'147'181},
                                                    {0.25, 1'386'294'361}, {0.1, 2'302'585'093},
                                                    {0.01, 4'605'170'186}, {1e-6, 13'815'510'558}};
  for (const auto& [u, nanoseconds] : values)
    for (const std::uint32_t k : {0u, 1u, 40u})
      EXPECT_EQ(backoff_delay(p, k, 7s, bits(u)).count(), nanoseconds) << u;
  p.base = 100s;
  p.cap = forever;
  EXPECT_EQ(backoff_delay(p, 0, 0s, bits(0.5)).count(), 69'314'718'056);
  EXPECT_EQ(backoff_delay(p, 0, 0s, ~0ULL), 0s);
  p.cap = 101s;
  EXPECT_EQ(backoff_delay(p, 0, 0s, bits(0.1)), 101s);
  p.base = 0s;
  EXPECT_EQ(backoff_delay(p, 0, 0s, 0), 0s);
}

TEST(Backoff, MemorylessMeanAndVariance) {
  double sum = 0, squares = 0;
  constexpr std::uint64_t draws = 200'000;
  for (std::uint64_t i = 0; i < draws; ++i) {
    const double s = to_seconds(
        backoff_delay(policy(backoff_kind::memoryless), 0, 0s, draw({3, 0, i, purpose::jitter})));
    sum += s;
    squares += s * s;
  }
  EXPECT_NEAR(sum / draws, 1, 0.01);
  EXPECT_NEAR(squares / draws, 2, 0.05);
}

TEST(Backoff, NeverOverflows) {
  for (auto kind :
       {backoff_kind::fixed, backoff_kind::exponential, backoff_kind::full_jitter,
        backoff_kind::equal_jitter, backoff_kind::decorrelated_jitter,
        backoff_kind::additive_jitter, backoff_kind::proportional_jitter, backoff_kind::memoryless,
        backoff_kind::polly_jitter, backoff_kind::envoy_jitter}) {
    backoff_policy p = policy(kind);
    p.cap = forever;
    p.jitter = forever;
    for (std::uint32_t k : {0u, 1u, 33u, 63u, 64u, 1024u, 4'000'000'000u})
      for (double u : {0.0, 0.5, 0.999})
        EXPECT_GE(backoff_delay(p, k, forever, bits(u)), 0s) << static_cast<int>(kind) << " " << k;
  }
}

// Means of (n_k - n_(k-1)) / 1.4, n_k = 2^t tanh(sqrt(4 t)), t = k + U(0, 1): simulated ones.
TEST(Backoff, PollyMeans) {
  const double expected[] = {.871, 1.159, 2.077, 4.13, 8.25, 16.5, 33.0};
  backoff_policy p = policy(backoff_kind::polly_jitter);
  p.cap = forever;
  constexpr std::uint64_t draws = 200'000;
  double sum[7] = {};
  for (std::uint64_t i = 0; i < draws; ++i) {
    duration memory{0};
    for (std::uint32_t k = 0; k < 7; ++k) {
      const auto b = draw({4, 0, i, purpose::jitter, k});
      const duration wait = backoff_delay(p, k, memory, b);
      EXPECT_GE(wait, 0s);
      memory = backoff_memory(p, k, wait, b);
      sum[k] += to_seconds(wait);
    }
  }
  for (std::size_t k = 0; k < 7; ++k)
    EXPECT_NEAR(sum[k] / draws, expected[k], 0.004 * expected[k]) << k;
}

// The formula in the C library's own functions.
TEST(Backoff, PollyAgreesWithTheFormula) {
  const backoff_policy p = policy(backoff_kind::polly_jitter);
  for (const double u : {0.0, 0.1, 0.5, 0.9}) {
    double before = 0;
    duration memory{0};
    for (std::uint32_t k = 0; k < 6; ++k) {
      const double t = k + u;
      const double n = std::pow(2, t) * std::tanh(std::sqrt(4 * t));
      const duration wait = backoff_delay(p, k, memory, bits(u));
      EXPECT_NEAR(to_seconds(wait), (n - before) / 1.4, 1e-8) << k;
      memory = backoff_memory(p, k, wait, bits(u));
      before = n;
    }
  }
}

TEST(Backoff, EnvoyGrowsByTwoToTheNMinusOne) {
  backoff_policy p = policy(backoff_kind::envoy_jitter);
  p.base = 25ms;
  p.cap = 250ms;
  const duration bounds[] = {25ms, 75ms, 175ms, 250ms, 250ms};
  for (std::uint32_t k = 0; k < 5; ++k) {
    EXPECT_EQ(backoff_delay(p, k, 0s, 0), 0s);
    EXPECT_EQ(backoff_delay(p, k, 0s, bits(0.5)), bounds[k] / 2);
    EXPECT_EQ(backoff_delay(p, k, 0s, ~0ULL), bounds[k] - 1ns);
  }
}

TEST(Backoff, TenacityHasALeastWait) {
  backoff_policy p = policy(backoff_kind::exponential);
  p.least = 4s;
  const duration expected[] = {4s, 4s, 4s, 8s, 16s, 32s, 60s};
  for (std::uint32_t k = 0; k < 7; ++k) EXPECT_EQ(backoff_delay(p, k, 0s, 0), expected[k]);
  p.kind = backoff_kind::full_jitter;  // wait_random_exponential: U(4, v)
  EXPECT_EQ(backoff_delay(p, 0, 0s, bits(0.9)), 4s);
  EXPECT_EQ(backoff_delay(p, 3, 0s, bits(0.5)), 6s);
  EXPECT_EQ(backoff_delay(p, 9, 0s, bits(0.5)), 32s);
}

TEST(Backoff, Urllib3NeverSleepsBeforeItsFirstRetry) {
  backoff_policy p = policy(backoff_kind::exponential);
  p.first_at_once = true;
  p.cap = 120s;
  const duration expected[] = {0s, 2s, 4s, 8s, 16s, 32s, 64s, 120s};
  for (std::uint32_t k = 0; k < 8; ++k) EXPECT_EQ(backoff_delay(p, k, 0s, 0), expected[k]);
}

TEST(Backoff, A429MayHaveABaseOfItsOwn) {
  backoff_policy p = policy(backoff_kind::full_jitter);
  p.base = 50ms;
  p.throttled_base = 1s;
  EXPECT_EQ(backoff_delay(p, 1, 0s, bits(0.5)), 50ms);
  EXPECT_EQ(backoff_delay(throttled(p), 1, 0s, bits(0.5)), 1s);
}

// Means after n sleeps, base 1 s, cap 60 s: half the sum of the bounds.
TEST(Backoff, FullJitterMeansTotal) {
  const double expected[] = {.5, 1.5, 3.5, 7.5, 15.5, 31.5, 61.5, 91.5};
  double total = 0;
  constexpr int draws = 200'000;
  for (std::uint32_t k = 0; k < 8; ++k) {
    double sum = 0;
    for (std::uint64_t i = 0; i < draws; ++i)
      sum += to_seconds(backoff_delay(policy(backoff_kind::full_jitter), k, 0s,
                                      draw({1, 0, i, purpose::jitter, k})));
    total += sum / draws;
    EXPECT_NEAR(total, expected[k], 0.004 * expected[k]);
  }
}

// E[s_k] = b (2 * 1.5^k - 1) without a cap; the capped values are simulated ones.
TEST(Backoff, DecorrelatedMeans) {
  const double capped[] = {2.00, 3.50, 5.755, 9.16, 13.62, 18.07, 21.91, 24.80, 27.03};
  const double uncapped[] = {2, 3.5, 5.75, 9.125, 14.1875};
  constexpr std::uint64_t draws = 200'000;
  std::vector<double> sum(9, 0), free_sum(9, 0);
  backoff_policy p = policy(backoff_kind::decorrelated_jitter);
  backoff_policy free = p;
  free.cap = forever;
  for (std::uint64_t i = 0; i < draws; ++i) {
    duration s = p.base, f = p.base;
    for (std::uint32_t k = 0; k < 9; ++k) {
      const auto b = draw({2, 0, i, purpose::jitter, k});
      s = backoff_delay(p, k, s, b);
      f = backoff_delay(free, k, f, b);
      sum[k] += to_seconds(s);
      free_sum[k] += to_seconds(f);
    }
  }
  for (std::size_t k = 0; k < 9; ++k) EXPECT_NEAR(sum[k] / draws, capped[k], 0.01 * capped[k]);
  for (std::size_t k = 0; k < 5; ++k)
    EXPECT_NEAR(free_sum[k] / draws, uncapped[k], 0.01 * uncapped[k]);
}

}  // namespace
}  // namespace stampede
