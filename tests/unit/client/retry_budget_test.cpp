// Retry budgets by the exact numbers of their makers, and against naive ones.
#include "client/retry_budget.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "core/draw.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;
using enum retry_budget_kind;

instant at(duration d) { return run_start + d; }

// A total outage: how many of `wanted` retries are allowed, each wanted after a failure.
int allowed_in_outage(const retry_budget_policy& p, outcome result, int wanted,
                      duration between = 1ms) {
  retry_budget budget(p);
  int allowed = 0;
  for (int i = 0; i < wanted; ++i) {
    std::uint16_t taken = 0;
    budget.on_failure(p, at(i * between));
    allowed += budget.withdraw(p, {.result = result}, at(i * between), taken);
  }
  return allowed;
}

TEST(RetryBudget, AnAwsQuotaAllowsAHundredRetriesOfAnOutage) {
  const retry_budget_policy p = usual_budget(aws);
  EXPECT_EQ(allowed_in_outage(p, outcome::server_error, 1000), 100);
  EXPECT_EQ(allowed_in_outage(p, outcome::timed_out, 1000), 50);
  EXPECT_EQ(allowed_in_outage(p, outcome::rate_limited, 1000), 100);
}

TEST(RetryBudget, TheAwsRulesOf2026AllowThirtyFive) {
  retry_budget_policy p = usual_budget(aws);
  p.cost = p.timeout_cost = 14;
  EXPECT_EQ(allowed_in_outage(p, outcome::server_error, 1000), 35);  // 35 * 14 = 490
  EXPECT_EQ(allowed_in_outage(p, outcome::timed_out, 1000), 35);
  EXPECT_EQ(allowed_in_outage(p, outcome::rate_limited, 1000), 100);
}

TEST(RetryBudget, AnAwsSuccessGivesBackWhatItsLastRetryTook) {
  const retry_budget_policy p = usual_budget(aws);
  retry_budget budget(p);
  std::uint16_t taken = 0;
  ASSERT_TRUE(budget.withdraw(p, {.result = outcome::server_error}, at(0s), taken));
  ASSERT_TRUE(budget.withdraw(p, {.result = outcome::timed_out}, at(0s), taken));
  EXPECT_EQ(budget.milli_tokens(), 485'000);
  EXPECT_EQ(taken, 10);
  budget.on_success(p, taken);  // of the last retry only
  EXPECT_EQ(budget.milli_tokens(), 495'000);
  for (int i = 0; i < 10; ++i) budget.on_success(p, 0);  // one each where nothing was retried
  EXPECT_EQ(budget.milli_tokens(), 500'000);
}

TEST(RetryBudget, GrpcAllowsFourRetriesOfAnOutageAndBlocksTheFifth) {
  const retry_budget_policy p = usual_budget(grpc);
  retry_budget budget(p);
  std::uint16_t taken = 0;
  for (int failure = 1; failure <= 20; ++failure) {
    budget.on_failure(p, at(0s));
    EXPECT_EQ(budget.withdraw(p, {}, at(0s), taken), failure <= 4) << failure;
  }
  EXPECT_EQ(budget.milli_tokens(), 0);
  // 5.1 tokens are above half of ten, exactly; fifty tenths in doubles might not be.
  for (int success = 1; success <= 51; ++success) {
    EXPECT_FALSE(budget.withdraw(p, {}, at(0s), taken)) << success;
    budget.on_success(p, 0);
  }
  EXPECT_TRUE(budget.withdraw(p, {}, at(0s), taken));
  for (int i = 0; i < 1000; ++i) budget.on_success(p, 0);
  EXPECT_EQ(budget.milli_tokens(), 10'000);
}

TEST(RetryBudget, FinagleAndTowerAllowTheReserveOfAWindow) {
  for (const auto kind : {finagle, tower}) {
    const retry_budget_policy p = usual_budget(kind);
    EXPECT_EQ(allowed_in_outage(p, outcome::server_error, 1000), 100);  // 10 s at 10 a second
    // Over a minute, the reserve anew for every ten seconds.
    EXPECT_EQ(allowed_in_outage(p, outcome::server_error, 6000, 10ms), 600);
  }
}

TEST(RetryBudget, FinagleAndTowerAllowAFifthOfTheCalls) {
  for (const auto kind : {finagle, tower}) {
    retry_budget_policy p = usual_budget(kind);
    p.min_per_s = 0;
    retry_budget budget(p);
    std::uint16_t taken = 0;
    int allowed = 0;
    for (int call = 0; call < 1000; ++call) {
      budget.on_call(p, at(0s));
      allowed += budget.withdraw(p, {}, at(0s), taken);
    }
    EXPECT_EQ(allowed, 200);
    budget.on_call(p, at(0s));
    for (int i = 0; i < 4; ++i) budget.on_call(p, at(0s));
    EXPECT_FALSE(budget.withdraw(p, {}, at(10s), taken));  // forgotten
  }
}

TEST(RetryBudget, TowerRoundsWhatARetryCostsDown) {
  retry_budget_policy p = usual_budget(tower);
  p.min_per_s = 0;
  p.ratio_milli = 300;  // int(1 / 0.3) = 3: a third
  retry_budget budget(p);
  std::uint16_t taken = 0;
  int allowed = 0;
  for (int call = 0; call < 999; ++call) {
    budget.on_call(p, at(0s));
    allowed += budget.withdraw(p, {}, at(0s), taken);
  }
  EXPECT_EQ(allowed, 333);
}

// Against a list of every deposit and withdrawal, forgotten by the tenth of the window.
TEST(RetryBudget, FinagleAgreesWithANaiveList) {
  retry_budget_policy p = usual_budget(finagle);
  p.min_per_s = 1;
  retry_budget budget(p);
  std::deque<std::pair<std::int64_t, std::int64_t>> list;  // slot, amount
  instant now = run_start;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = draw({5, 0, i, purpose::jitter});
    now += uniform_duration(bits, 300ms);
    const std::int64_t slot = now.time_since_epoch() / 1s;
    while (!list.empty() && slot - list.front().first >= 10) list.pop_front();
    if (bits & 1) {
      budget.on_call(p, now);
      list.emplace_back(slot, 1000);
      continue;
    }
    std::int64_t balance = 10 * 5000;
    for (const auto& [when, amount] : list) balance += amount;
    std::uint16_t taken = 0;
    ASSERT_EQ(budget.withdraw(p, {}, now, taken), balance >= 5000) << i;
    if (balance >= 5000) list.emplace_back(slot, -5000);
  }
}

TEST(RetryBudget, EnvoyLimitsTheRetriesAtOnce) {
  const retry_budget_policy p = usual_budget(envoy);
  retry_budget budget(p);
  std::uint16_t taken = 0;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.withdraw(p, {}, at(0s), taken));
  EXPECT_FALSE(budget.withdraw(p, {.attempts_under_way = 19}, at(0s), taken));
  EXPECT_TRUE(budget.withdraw(p, {.attempts_under_way = 20}, at(0s), taken));  // 20 % of 20
  EXPECT_FALSE(budget.withdraw(p, {.attempts_under_way = 20}, at(0s), taken));
  budget.give_back();
  EXPECT_TRUE(budget.withdraw(p, {.attempts_under_way = 20}, at(0s), taken));
}

TEST(RetryBudget, BrookersBucketKeepsItsLastToken) {
  const retry_budget_policy p = usual_budget(token_bucket);
  EXPECT_EQ(allowed_in_outage(p, outcome::server_error, 100), 4);
  retry_budget budget(p);
  std::uint16_t taken = 0;
  int allowed = 0;
  for (int call = 0; call < 1000; ++call) {
    budget.on_call(p, at(0s));
    while (budget.withdraw(p, {}, at(0s), taken)) ++allowed;
  }
  // 5 to 1, then 1.1 to 0.1 at the second call, and so on at every tenth after it.
  EXPECT_EQ(allowed, 4 + 100);
}

TEST(RetryBudget, RatiosAreSharesOfTheCalls) {
  for (const duration window : {0s, 60s}) {
    retry_budget_policy p = usual_budget(retry_ratio);
    p.window = window;
    retry_budget budget(p);
    std::uint16_t taken = 0;
    int allowed = 0;
    for (int call = 1; call <= 1000; ++call) {
      budget.on_call(p, at(1s));
      allowed += budget.withdraw(p, {}, at(1s), taken);
      EXPECT_EQ(allowed, call / 10) << call;
    }
    EXPECT_EQ(budget.withdraw(p, {}, at(1000s), taken), false);
  }
  const retry_budget_policy p = usual_budget(failure_ratio);
  retry_budget budget(p);
  std::uint16_t taken = 0;
  for (int call = 0; call < 100; ++call) budget.on_call(p, at(0s));
  for (int failure = 1; failure <= 20; ++failure) {
    budget.on_failure(p, at(0s));
    EXPECT_EQ(budget.withdraw(p, {}, at(0s), taken), failure <= 10) << failure;
  }
}

}  // namespace
}  // namespace stampede
