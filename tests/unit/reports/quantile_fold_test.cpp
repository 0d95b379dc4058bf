#include "reports/quantile_fold.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/draw.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

TEST(QuantileFold, NothingHasNoQuantile) {
  const quantile_fold q;
  EXPECT_FALSE(q.at(500));
  EXPECT_FALSE(q.most());
  EXPECT_FALSE(q.mean());
  EXPECT_EQ(q.above(1s), 0);
}

TEST(QuantileFold, IsTheNearestRank) {
  quantile_fold q;
  for (int i = 100; i >= 1; --i) q.add(std::chrono::milliseconds{i});
  q.settle();
  EXPECT_EQ(q.at(500), 50ms);
  EXPECT_EQ(q.at(900), 90ms);
  EXPECT_EQ(q.at(990), 99ms);
  EXPECT_EQ(q.at(999), 100ms);
  EXPECT_EQ(q.at(1000), 100ms);
  EXPECT_EQ(q.at(1), 1ms);
  EXPECT_EQ(q.mean(), 50'500us);
  EXPECT_EQ(q.least(), 1ms);
  EXPECT_EQ(q.above(90ms), 10);
  EXPECT_EQ(q.above(100ms), 0);
  EXPECT_EQ(q.above(0ms), 100);
}

// Many samples are sorted by digits: against the library's sort, over ranges of all widths.
TEST(QuantileFold, ManySamplesAreSortedAsFewAre) {
  for (const std::int64_t range : {1L, 1'000L, 1'000'000L, 90'000'000'000L, 1L << 55}) {
    quantile_fold q;
    std::vector<duration> samples;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      const std::uint64_t bits = draw({3, 0, 0, purpose::tie, i});
      samples.push_back(duration{range / 3} + uniform_duration(bits, duration{range}));
      q.add(samples.back());
    }
    q.settle();
    std::sort(samples.begin(), samples.end());
    for (std::int64_t rank = 1; rank <= q.count(); ++rank)
      ASSERT_EQ(q.at_rank(rank), samples[static_cast<std::size_t>(rank - 1)]) << range;
  }
}

TEST(QuantileFold, OneSampleIsEveryQuantile) {
  quantile_fold q;
  q.add(1234567ns);
  q.settle();
  for (int p : {1, 500, 999, 1000}) EXPECT_EQ(q.at(p), 1234567ns);
}

TEST(QuantileFold, BeyondTheExactOnesTheErrorStaysUnderATenthOfAPercent) {
  quantile_fold q;
  std::vector<std::int64_t> all;
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    // Spread over eight decades: 1 us to 100 s.
    const std::uint64_t bits = draw({.seed = 1, .index = i});
    std::int64_t ns = 1000;
    for (std::uint64_t d = bits % 8; d > 0; --d) ns *= 10;
    ns += static_cast<std::int64_t>(uniform_below(mix64(bits), static_cast<std::uint64_t>(9 * ns)));
    q.add(duration{ns});
    all.push_back(ns);
  }
  q.settle();
  EXPECT_FALSE(q.exact());
  std::sort(all.begin(), all.end());
  for (int p : {1, 10, 100, 250, 500, 750, 900, 990, 999, 1000}) {
    const auto rank = static_cast<std::size_t>((200'000LL * p + 999) / 1000 - 1);
    const auto exact = static_cast<double>(all[rank]);
    const auto got = static_cast<double>(q.at(p)->count());
    EXPECT_NEAR(got, exact, exact * 0.001 + 1000) << p;  // and whole microseconds
  }
  EXPECT_EQ(q.most()->count(), all.back());
  EXPECT_EQ(q.count(), 200'000);
  const auto above = static_cast<double>(
      all.end() - std::upper_bound(all.begin(), all.end(), std::int64_t{1'000'000'000}));
  EXPECT_NEAR(static_cast<double>(q.above(1s)), above, 0.002 * above);
}

TEST(QuantileFold, OrderAndMergingChangeNothing) {
  quantile_fold forward;
  quantile_fold backward;
  quantile_fold first;
  quantile_fold second;
  constexpr int n = 100'000;
  for (int i = 0; i < n; ++i) {
    forward.add(std::chrono::microseconds{i * 37});
    backward.add(std::chrono::microseconds{(n - 1 - i) * 37});
    (i % 3 == 0 ? first : second).add(std::chrono::microseconds{i * 37});
  }
  first.merge(second);
  for (quantile_fold* q : {&forward, &backward, &first}) q->settle();
  for (int p : {1, 123, 500, 900, 990, 999, 1000}) {
    EXPECT_EQ(forward.at(p), backward.at(p));
    EXPECT_EQ(forward.at(p), first.at(p));
  }
  EXPECT_EQ(forward.mean(), first.mean());
}

TEST(QuantileFold, SmallFoldsMergeExactly) {
  quantile_fold a;
  quantile_fold b;
  a.add(1ns);
  b.add(2ns);
  b.add(3ns);
  a.merge(b);
  a.settle();
  EXPECT_TRUE(a.exact());
  EXPECT_EQ(a.at(500), 2ns);
}

// p99 of 1,000: the samples of ranks 983 and 997; p99.9 of so few has no upper bound.
TEST(QuantileSummary, IntervalsByOrderStatistics) {
  quantile_fold fold;
  for (int i = 1; i <= 1000; ++i) fold.add(std::chrono::milliseconds{i});
  const quantile_summary s(fold);
  EXPECT_EQ(s.of(990).value, std::chrono::milliseconds{990});
  EXPECT_EQ(s.of(990).low, std::chrono::milliseconds{983});
  EXPECT_EQ(s.of(990).high, std::chrono::milliseconds{997});
  EXPECT_FALSE(s.of(999).high);
  for (int i = 1001; i <= 10'000; ++i) fold.add(std::chrono::milliseconds{i});
  EXPECT_EQ(quantile_summary(fold).of(990).low, std::chrono::milliseconds{9880});
  EXPECT_EQ(quantile_summary(fold).of(990).high, std::chrono::milliseconds{9920});
}

TEST(QuantileSummary, CurveCountsWhatIsAbove) {
  quantile_fold fold;
  for (int i = 1; i <= 8; ++i) fold.add(std::chrono::milliseconds{i});
  const quantile_summary s(fold);
  EXPECT_EQ(s.above_on_grid(std::chrono::milliseconds{2}), 6);
  EXPECT_EQ(s.above_on_grid(std::chrono::milliseconds{4}), 4);
  EXPECT_EQ(s.above_on_grid(std::chrono::hours{1}), 0);
  EXPECT_EQ(s.above(std::chrono::milliseconds{5}), 3);
}

}  // namespace
}  // namespace stampede
