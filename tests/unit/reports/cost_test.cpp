// Where the money goes. Prices here are typed from the guide, not taken from deepseek/.
#include "reports/cost.hpp"

#include <gtest/gtest.h>

#include "records.hpp"

namespace stampede {
namespace {

using namespace test;

// Per token, in pico-dollars: flash 0.028, 0.14 and 0.28 dollars a million, pro from the guide's
// total of $1,682 a million calls.
constexpr pico_usd flash_call{2000 * 28'000LL + 200 * 140'000LL + 300 * 280'000LL};

const std::vector<group_info> one_group{{"app", "guide", "deepseek-v4-flash", 1, 5}};

attempt_record charged(attempt_record a, std::int64_t pico) {
  a.charge = {pico};
  return a;
}

exchange_record billed_exchange(int model, std::int64_t pico) {
  exchange_record e;
  e.model = static_cast<std::uint8_t>(model);
  e.usage = {2000, 200, 300};
  e.charge = {pico};
  e.ended = run_start + 1s;
  return e;
}

TEST(Cost, AMillionGuideCallsOnFlashCostAHundredAndSixtyEightDollars) {
  cost_fold fold(deepseek::default_date, one_group);
  ledger_fold ledger(deepseek::default_date);
  for (int i = 0; i < 1'000'000; ++i) {
    fold.add(charged(success(0, 1, 0s, 1s), flash_call.value));
    fold.add(ended_call(0s, 1s));
    ledger.add(billed_exchange(0, flash_call.value));
  }
  const cost_measures m = fold.finish();
  EXPECT_EQ(m.billed, (pico_usd{168'000'000'000'000}));
  EXPECT_EQ(m.of(cost_cause::useful), m.billed);
  EXPECT_DOUBLE_EQ(*m.per_million_calls_usd(), 168.0);
  EXPECT_DOUBLE_EQ(*m.per_success_usd(), 0.000168);
  EXPECT_DOUBLE_EQ(*m.overhead(), 0);
  const ledger_measures l = ledger.finish();
  EXPECT_EQ(l.charged, (pico_usd{168'000'000'000'000}));
  EXPECT_EQ(l.hit, (pico_usd{56'000'000'000'000}));
  EXPECT_EQ(l.miss, (pico_usd{28'000'000'000'000}));
  EXPECT_EQ(l.output, (pico_usd{84'000'000'000'000}));
  EXPECT_EQ(l.hit_tokens, 2'000'000'000);
}

TEST(Cost, AMillionGuideCallsOnProCostSixteenHundredAndEightyTwoDollars) {
  ledger_fold ledger(deepseek::default_date);
  for (int i = 0; i < 1'000'000; ++i) ledger.add(billed_exchange(1, 1'682'000'000));
  const ledger_measures l = ledger.finish();
  EXPECT_EQ(l.charged, (pico_usd{1'682'000'000'000'000}));
  EXPECT_EQ(l.hit + l.miss + l.output, l.charged);
}

TEST(Cost, KindsOfTokensAreAtThePricesOfTheirTime) {
  // Pro until the cut of 12:15, and a second later at a quarter, its hit price at a fortieth.
  ledger_fold ledger(*deepseek::parse_date("2026-04-26T12:14:59Z"));
  exchange_record before = billed_exchange(1, 1'682'000'000);
  before.ended = run_start + 999ms;
  ledger.add(before);
  EXPECT_EQ(ledger.finish().hit.value, 2000 * 145'000);
  ledger.add(billed_exchange(1, 2000 * 3'625 + 200 * 435'000 + 300 * 870'000));
  const ledger_measures l = ledger.finish();
  EXPECT_EQ(l.hit.value, 2000 * (145'000 + 3'625));
  EXPECT_EQ(l.hit + l.miss + l.output, l.charged);
}

TEST(Cost, EveryDollarHasOneCause) {
  cost_fold fold(deepseek::default_date, one_group);
  fold.add(charged(success(0, 1, 0s, 1s), 100));
  fold.add(charged(retried(1, 1, 0s, outcome::connection_reset, 1s), 7));
  fold.add(charged(retried(2, 1, 0s, outcome::timed_out, 1s), 11));
  fold.add(charged(retried(3, 1, 0s, outcome::truncated_json, 1s), 13));
  attempt_record blind = success(4, 1, 0s, 1s);  // taken for a success by the client
  blind.result = outcome::empty_content;
  fold.add(charged(blind, 17));
  attempt_record late = success(5, 1, 0s, 1s);  // came after the call had been cancelled
  late.decided = decision::ignore;
  fold.add(charged(late, 19));
  fold.add(retried(6, 1, 0s, outcome::rate_limited, 1s));  // a refusal is not billed
  const cost_measures m = fold.finish();
  EXPECT_EQ(m.of(cost_cause::useful).value, 100);
  EXPECT_EQ(m.of(cost_cause::retried).value, 7);
  EXPECT_EQ(m.of(cost_cause::abandoned).value, 11 + 19);
  EXPECT_EQ(m.of(cost_cause::unusable).value, 13 + 17);
  EXPECT_EQ(m.of(cost_cause::fallback).value, 0);
  EXPECT_EQ(m.billed.value, 167);
  EXPECT_EQ(m.billed_attempts, 6);
  EXPECT_DOUBLE_EQ(*m.overhead(), 67.0 / 167);
}

TEST(Cost, ADearerFallbackIsUsefulUpToItsOwnModelsPrice) {
  cost_fold fold(deepseek::default_date, one_group);
  attempt_record a = charged(success(0, 2, 0s, 1s), 1'682'000'000);
  a.fallback = true;
  a.model = 1;
  a.usage = {2000, 200, 300};
  fold.add(a);
  const cost_measures m = fold.finish();
  EXPECT_EQ(m.of(cost_cause::useful), flash_call);
  EXPECT_EQ(m.of(cost_cause::fallback).value, 1'682'000'000 - 168'000'000);
}

TEST(Cost, TheClientsEstimateIsKeptApart) {
  cost_fold fold(deepseek::default_date, one_group);
  attempt_record a = charged(success(0, 1, 0s, 1s), 100);
  a.estimate = {90};
  fold.add(a);
  EXPECT_EQ(fold.finish().estimate_error().value, -10);
}

TEST(Cost, NothingBilledHasNoShares) {
  const cost_measures m = cost_fold(deepseek::default_date, {}).finish();
  EXPECT_FALSE(m.overhead());
  EXPECT_FALSE(m.per_success_usd());
  EXPECT_FALSE(m.per_million_calls_usd());
}

// Two answers at $1 each, one of them after a billed and truncated try for $1: half the retry
// rate halves that third dollar, double doubles it. A refusal costs nothing, however often.
TEST(Cost, HalfAndDoubleTheRetryRate) {
  cost_fold fold(deepseek::default_date, {});
  const auto billed = [](attempt_record a) {
    a.charge = {1'000'000'000'000};
    return a;
  };
  fold.add(billed(success(0, 1, 0s, 1s)));
  fold.add(billed(retried(1, 1, 0s, outcome::truncated_json, 1s)));
  fold.add(billed(success(1, 2, 1s, 2s)));
  fold.add(retried(2, 1, 0s, outcome::rate_limited, 1s));
  const cost_measures m = fold.finish();
  EXPECT_DOUBLE_EQ(to_usd(m.billed), 3);
  EXPECT_DOUBLE_EQ(to_usd(m.at_retry_rate(0.5)), 2.5);
  EXPECT_DOUBLE_EQ(to_usd(m.at_retry_rate(2)), 4);
}

}  // namespace
}  // namespace stampede
