#include "harness/arrivals.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace stampede {
namespace {

using namespace std::chrono_literals;

instant at(duration d) { return run_start + d; }

arrival_plan plan_of(arrival_kind kind, std::vector<rate_point> rates = {}, bool ramp = false) {
  arrival_plan p;
  p.kind = kind;
  p.rates = std::move(rates);
  p.ramp = ramp;
  p.think_time = {distribution_kind::constant, 2e9, 0};
  return p;
}

std::size_t count_until(const arrival_plan& p, arrival_key key, duration end) {
  arrivals a(p, key);
  std::size_t n = 0;
  while (a.next() < at(end)) ++n;
  return n;
}

TEST(Arrivals, APacedLoopCountsFromTheCallAndWaitsForTheAnswer) {
  arrival_plan p = plan_of(arrival_kind::closed_loop);
  p.paced = true;
  arrivals a(p, {});
  EXPECT_EQ(a.next(), at(0s));
  EXPECT_EQ(a.after_answer(at(500ms)), at(2s));
  EXPECT_EQ(a.after_answer(at(4s)), at(4s));
  EXPECT_EQ(a.after_answer(at(4s)), at(6s));
  EXPECT_EQ(a.after_answer(at(9s)), at(9s));
}

TEST(Arrivals, ConstantInstancesInterleave) {
  const arrival_plan p = plan_of(arrival_kind::constant, {{at(0s), 10}});
  arrivals first(p, {.instances = 2, .index = 0}), second(p, {.instances = 2, .index = 1});
  EXPECT_EQ(first.next(), at(0s));
  EXPECT_EQ(second.next(), at(100ms));
  EXPECT_EQ(first.next(), at(200ms));
  EXPECT_EQ(second.next(), at(300ms));
}

TEST(Arrivals, AStepChangesTheRateAtItsInstant) {
  const arrival_plan p =
      plan_of(arrival_kind::constant, {{at(0s), 10}, {at(10s), 40}, {at(20s), 0}});
  EXPECT_EQ(count_until(p, {}, 10s), 100u);
  EXPECT_EQ(count_until(p, {}, 20s), 500u);
  EXPECT_EQ(count_until(p, {}, 1h), 500u);
}

TEST(Arrivals, ARampIsTheAreaUnderItsLine) {
  const arrival_plan p = plan_of(arrival_kind::constant, {{at(0s), 0}, {at(10s), 20}}, true);
  EXPECT_EQ(count_until(p, {}, 5s), 25u);    // 0..10/s over 5 s
  EXPECT_EQ(count_until(p, {}, 10s), 100u);  // 0..20/s over 10 s
  EXPECT_EQ(count_until(p, {}, 11s), 120u);  // 20/s from there on
  EXPECT_EQ(instant_of_position(p, 25'000'000'000), at(5s));
}

TEST(Arrivals, PoissonGivesTheGroupsRateHoweverManyInstances) {
  const arrival_plan p = plan_of(arrival_kind::poisson, {{at(0s), 50}});
  for (std::uint32_t n : {1u, 7u, 100u}) {
    std::size_t sum = 0;
    for (std::uint32_t i = 0; i < n; ++i)
      sum += count_until(p, {.seed = 5, .instances = n, .index = i, .instance = i}, 400s);
    EXPECT_NEAR(static_cast<double>(sum), 20'000, 4 * 141) << n;  // 4 sigma
  }
}

TEST(Arrivals, AnotherInstanceShiftsNobody) {
  const arrival_plan p = plan_of(arrival_kind::poisson, {{at(0s), 1}});
  arrivals a(p, {.seed = 5, .instances = 10, .index = 3, .instance = 3});
  arrivals same(p, {.seed = 5, .instances = 10, .index = 3, .instance = 3});
  arrivals other(p, {.seed = 5, .instances = 10, .index = 4, .instance = 4});
  const instant first = a.next();
  EXPECT_EQ(first, same.next());
  EXPECT_NE(first, other.next());
}

TEST(Arrivals, ClosedLoopAsksAgainAfterItsAnswer) {
  arrival_plan p = plan_of(arrival_kind::closed_loop);
  p.calls = 2;
  arrivals a(p, {});
  EXPECT_EQ(a.next(), at(0s));
  EXPECT_EQ(a.next(), never);
  EXPECT_EQ(a.after_answer(at(5s)), at(7s));
  EXPECT_EQ(a.after_answer(at(9s)), never);
}

TEST(Arrivals, AllAtOnceIsAllAtOnce) {
  arrival_plan p = plan_of(arrival_kind::all_at_once);
  p.at = at(3s);
  p.calls = 2;
  arrivals a(p, {.instances = 5, .index = 4, .instance = 4});
  EXPECT_EQ(a.next(), at(3s));
  EXPECT_EQ(a.next(), at(3s));
  EXPECT_EQ(a.next(), never);
}

}  // namespace
}  // namespace stampede
