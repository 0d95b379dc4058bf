#include "harness/fuzz/random_scenario.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/config_table.hpp"
#include "harness/fuzz/fuzz_run.hpp"
#include "harness/plan.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

TEST(RandomScenario, OneSeedOneText) {
  EXPECT_EQ(random_scenario(7), random_scenario(7));
  EXPECT_NE(random_scenario(7), random_scenario(8));
}

TEST(RandomScenario, TwoHundredSeedsLoadAndCoverEveryKind) {
  std::set<std::string_view> faults;
  std::set<backoff_kind> backoffs;
  std::set<arrival_kind> arrivals;
  std::set<retry_after_use> uses;
  std::set<retry_budget_kind> budgets;
  std::set<throttle_kind> throttles;
  std::set<concurrency_kind> limits;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const std::string text = random_scenario(seed);
    try {
      const run_plan plan = build_plan(parse_scenario(text, "seed " + std::to_string(seed)));
      for (const fault_rule& fault : plan.make_faults())
        for (const std::string_view kind : fault_kinds())
          if (kind == fault.kind()) faults.insert(kind);
      for (const group_setup& g : plan.groups) {
        backoffs.insert(g.client.policy.backoff.kind);
        arrivals.insert(g.plan.arrivals.kind);
        uses.insert(g.client.policy.retry_after.use);
        budgets.insert(g.client.policy.retry_budget.kind);
        throttles.insert(g.client.policy.throttle.kind);
        limits.insert(g.client.policy.concurrency.kind);
      }
    } catch (const config_error& error) {
      ADD_FAILURE() << error.what() << "\n" << text;
    }
  }
  for (const std::string_view kind : fault_kinds()) EXPECT_EQ(faults.count(kind), 1u) << kind;
  EXPECT_EQ(backoffs.size(), 10u);
  EXPECT_EQ(arrivals.size(), 4u);
  EXPECT_EQ(uses.size(), 5u);
  EXPECT_EQ(budgets.size(), 9u);
  EXPECT_EQ(throttles.size(), 4u);
  EXPECT_EQ(limits.size(), 3u);
}

TEST(RandomScenario, TheFirstSeedsKeepEveryLaw) {
  fuzz_tally tally;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto failure = fuzz_one(seed, tally);
    EXPECT_FALSE(failure) << "seed " << seed << ", " << failure->law << ": " << failure->evidence;
  }
  EXPECT_EQ(tally.scenarios, 40u);
  EXPECT_EQ(tally.run_twice, 5u);
  EXPECT_EQ(tally.run_by_bytes, 5u);
}

TEST(Dice, WildIsUniformOverOrdersOfMagnitude) {
  dice d(1);
  int small = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t n = d.wild(1, 4096);
    EXPECT_GE(n, 1);
    EXPECT_LE(n, 8192);
    if (n <= 64) ++small;
  }
  EXPECT_GT(small, 400);  // half of the twelve orders, and a bit
  EXPECT_LT(small, 650);
}

}  // namespace
}  // namespace stampede
