#include "reports/jitter.hpp"

#include <gtest/gtest.h>

#include "records.hpp"

namespace stampede {
namespace {

using namespace test;

// `wait(i)` before the first retry of ten calls.
template <class Wait>
jitter_measures ten_waits(Wait wait, wait_reason reason = wait_reason::backoff) {
  jitter_fold fold(1);
  for (std::uint32_t i = 0; i < 10; ++i) {
    attempt_record a = retried(i, 1, 0s, outcome::rate_limited, wait(i), reason);
    if (reason == wait_reason::retry_after) a.retry_after = 20s;
    fold.add(a);
  }
  return fold.of(0);
}

// 1 s + 0.1 s i: from 1.0 to 1.9 s, 1.45 s on average.
TEST(Jitter, SpreadIsTheRangeOverTheMean) {
  const jitter_measures m = ten_waits([](std::uint32_t i) { return duration{1s + 100ms * i}; });
  EXPECT_DOUBLE_EQ(*m.backoff_spread(), 0.9 / 1.45);
  EXPECT_EQ(jitter_measures::judged(m.backoff_spread()), jitter_quality::wide);
  EXPECT_EQ(jitter_text(m), "backoff wide (62.1%)");
}

TEST(Jitter, ConstantIsNamedConstant) {
  const auto same = ten_waits([](std::uint32_t) { return duration{1300ms}; });
  EXPECT_EQ(jitter_measures::judged(same.backoff_spread()), jitter_quality::constant);
  const auto narrow = ten_waits([](std::uint32_t i) { return duration{10s + 100ms * i}; });
  EXPECT_EQ(jitter_measures::judged(narrow.backoff_spread()), jitter_quality::narrow);
}

// A backoff that doubles is not spread by that: each retry is compared with its like.
TEST(Jitter, GrowthIsNoSpread) {
  jitter_fold fold(1);
  for (std::uint16_t k = 1; k <= 4; ++k)
    for (std::uint32_t i = 0; i < 10; ++i)
      fold.add(retried(i, k, 0s, outcome::overloaded, 1s * (1 << k)));
  EXPECT_DOUBLE_EQ(*fold.of(0).backoff_spread(), 0);
}

TEST(Jitter, AfterARetryAfterOnlyWhatIsBeyondCounts) {
  const auto bare =
      ten_waits([](std::uint32_t) { return duration{20s}; }, wait_reason::retry_after);
  EXPECT_DOUBLE_EQ(*bare.retry_after_spread(), 0);
  EXPECT_FALSE(bare.backoff_spread());
  const auto spread =
      ten_waits([](std::uint32_t i) { return duration{20s + 1s * i}; }, wait_reason::retry_after);
  EXPECT_DOUBLE_EQ(*spread.retry_after_spread(), 9 / 24.5);
}

TEST(Jitter, NineWaitsTellNothing) {
  jitter_fold fold(1);
  for (std::uint32_t i = 0; i < 9; ++i) fold.add(retried(i, 1, 0s, outcome::overloaded, 1s));
  EXPECT_FALSE(fold.of(0).backoff_spread());
  EXPECT_EQ(jitter_measures::judged(std::nullopt), jitter_quality::unknown);
}

}  // namespace
}  // namespace stampede
