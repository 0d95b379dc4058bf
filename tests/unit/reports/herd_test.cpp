// Herd measures against their closed forms.
#include "reports/herd.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/draw.hpp"
#include "records.hpp"

namespace stampede {
namespace {

using namespace test;
using counts = std::vector<std::int64_t>;

TEST(Dispersion, AllInOneOfManyBins) {
  // M clients in one of B bins: M (1 - 1/B); peak to mean: B.
  for (const auto& [m, b] : {std::pair{1000, 60}, {7, 2}, {50, 1}}) {
    counts bins(static_cast<std::size_t>(b), 0);
    bins[static_cast<std::size_t>(b) / 2] = m;
    EXPECT_NEAR(*index_of_dispersion(bins), m * (1 - 1.0 / b), 1e-9);
    EXPECT_DOUBLE_EQ(*peak_to_mean(bins), b);
  }
}

TEST(Dispersion, EvenBinsHaveNone) {
  const counts bins(30, 4);
  EXPECT_NEAR(*index_of_dispersion(bins), 0, 1e-12);
  EXPECT_DOUBLE_EQ(*peak_to_mean(bins), 1);
}

TEST(Dispersion, ByHand) {
  const counts bins{1, 2, 3, 6};  // mean 3, population variance 3.5
  EXPECT_DOUBLE_EQ(*index_of_dispersion(bins), 3.5 / 3);
  EXPECT_DOUBLE_EQ(*peak_to_mean(bins), 2);
}

// M clients uniform over B bins: 1 - 1/B on average.
TEST(Dispersion, UniformArrivals) {
  constexpr int clients = 1000;
  constexpr int bins = 20;
  constexpr std::uint64_t rounds = 400;
  double sum = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    counts seen(bins, 0);
    for (std::uint64_t i = 0; i < clients; ++i)
      ++seen[uniform_below(draw({.seed = 3, .entity = round, .index = i}), bins)];
    sum += *index_of_dispersion(seen);
  }
  // The standard deviation of one round is about sqrt(2 / B).
  EXPECT_NEAR(sum / rounds, 1 - 1.0 / bins, 4 * std::sqrt(2.0 / bins / rounds));
}

TEST(Dispersion, NothingHasNone) {
  EXPECT_FALSE(index_of_dispersion(counts(10, 0)));
  EXPECT_FALSE(peak_to_mean(counts(10, 0)));
  EXPECT_FALSE(jain_fairness(counts{}));
  EXPECT_FALSE(jain_fairness(counts{0, 0}));
}

TEST(Jain, Examples) {
  EXPECT_DOUBLE_EQ(*jain_fairness(counts{1, 1, 1, 1}), 1);
  EXPECT_DOUBLE_EQ(*jain_fairness(counts{4, 0, 0, 0}), 0.25);
  EXPECT_NEAR(*jain_fairness(counts{1, 2, 3, 4}), 0.8333, 5e-5);
}

TEST(Herd, ArrivalsAreTheServersWhereItSawAny) {
  herd_fold fold(1s, {});
  fold.add(success(0, 1, 0s, 1s));
  fold.add(success(0, 2, 0s, 1s));
  EXPECT_FALSE(fold.finish(10s).at_server);
  EXPECT_EQ(fold.finish(10s).arrivals, 2);
  exchange_record e;
  e.arrived = at(3s);
  fold.add(e);
  const herd_measures m = fold.finish(10s);
  EXPECT_TRUE(m.at_server);
  EXPECT_EQ(m.arrivals, 1);
  EXPECT_EQ(m.peak_at, at(3s));
  EXPECT_DOUBLE_EQ(m.mean, 0.1);
  EXPECT_DOUBLE_EQ(*m.peak_to_mean, 10);
}

TEST(Herd, FairnessCountsInstancesThatMadeCalls) {
  herd_fold fold(1s, {});
  for (std::uint32_t i : {0U, 2U, 2U}) {
    call_record c = ended_call(0s, 1s);
    c.instance = {i};
    fold.add(c);
  }
  call_record starved = ended_call(0s, 1s, outcome::rate_limited, stop_reason::attempts_used);
  starved.instance = {5};
  fold.add(starved);
  // Successes 1, 2, 0 of three instances: 9 / (3 * 5).
  EXPECT_DOUBLE_EQ(*fold.finish(1s).fairness, 0.6);
}

// 30 fail within the window; 20 of them come back within one second, 10 one second apart.
TEST(Herd, VictimsThatComeBackTogether) {
  const std::vector<fault_window> faults{{"rate_limit", "", at(10s), at(20s)}};
  herd_fold fold(1s, faults);
  for (int i = 0; i < 20; ++i)
    fold.add(retried(0, 1, 10s + 40ms * i, outcome::rate_limited, 20s));  // back 30.00 to 30.76
  for (int i = 0; i < 10; ++i)
    fold.add(retried(0, 1, 15s, outcome::rate_limited, 25s + std::chrono::seconds{i}));
  fold.add(retried(0, 1, 9s, outcome::rate_limited, 21s));   // before the window
  fold.add(retried(0, 1, 20s, outcome::rate_limited, 10s));  // at its end: outside
  fold.add(given_up(0, 5, 12s, outcome::rate_limited));      // never comes back
  const herd_measures m = fold.finish(60s);
  ASSERT_EQ(m.returns.size(), 1U);
  EXPECT_EQ(m.returns[0].victims, 30);
  EXPECT_EQ(m.returns[0].together.count, 20);
  EXPECT_NEAR(*m.returns[0].share(), 2.0 / 3, 1e-12);
  EXPECT_EQ(m.largest_return(), &m.returns[0]);
}

TEST(Herd, WithoutFaultsAnyFailureIsWatched) {
  herd_fold fold(1s, {});
  fold.add(retried(0, 1, 5s, outcome::server_error, 1s));
  const herd_measures m = fold.finish(60s);
  ASSERT_EQ(m.returns.size(), 1U);
  EXPECT_EQ(m.returns[0].label(), "any failure");
  EXPECT_EQ(m.returns[0].victims, 1);
}

}  // namespace
}  // namespace stampede
