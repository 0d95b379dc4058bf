#include "reports/cost_estimate.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace stampede {
namespace {

double usd(pico_usd m) { return to_usd(m); }

pico_usd variant(const cost_estimate& e, const std::string& change) {
  for (const job_variant& v : e.variants)
    if (v.change == change) return v.total;
  ADD_FAILURE() << change;
  return {};
}

// The guide's case: $56 + $28 + $84 = $168 on flash, $1,682 on pro.
TEST(CostEstimate, TheGuidesCaseToTheCent) {
  const cost_estimate e = estimate({});
  ASSERT_EQ(e.lines.size(), 3U);
  EXPECT_EQ(e.lines[0].cost, pico_usd{56'000'000'000'000});
  EXPECT_EQ(e.lines[1].cost, pico_usd{28'000'000'000'000});
  EXPECT_EQ(e.lines[2].cost, pico_usd{84'000'000'000'000});
  EXPECT_EQ(e.total, pico_usd{168'000'000'000'000});
  EXPECT_EQ(variant(e, "on deepseek-v4-pro"), pico_usd{1'682'000'000'000'000});
  job pro;
  pro.model = deepseek::model_id::v4_pro;
  EXPECT_EQ(estimate(pro).total, pico_usd{1'682'000'000'000'000});
}

// Without the cache 2,000 tokens cost 0.14 instead of 0.028: 168 + 224 dollars.
TEST(CostEstimate, WhatTheCacheSaves) {
  EXPECT_DOUBLE_EQ(usd(variant(estimate({}), "without the cache")), 392);
  job half;
  half.hit_rate = 0.5;
  EXPECT_DOUBLE_EQ(usd(estimate(half).total), 280);
  EXPECT_DOUBLE_EQ(usd(variant(estimate(half), "with every cached token hit")), 168);
}

TEST(CostEstimate, DoubleTheRetryRateDoublesThePartThatGetsRetried) {
  job j;
  j.retry_rate = 0.1;
  const cost_estimate e = estimate(j);
  EXPECT_DOUBLE_EQ(usd(e.once), 168);
  EXPECT_DOUBLE_EQ(usd(e.retried), 16.8);
  EXPECT_DOUBLE_EQ(usd(variant(e, "at double the retry rate")), 168 + 33.6);
  EXPECT_DOUBLE_EQ(usd(variant(e, "at half the retry rate")), 168 + 8.4);
  EXPECT_DOUBLE_EQ(usd(variant(e, "without retries")), 168);
}

// $1.0 M on flash, ten times that on pro.
TEST(CostEstimate, AVariantThatCannotBeCountedIsLeftOut) {
  job large;
  large.calls = 6'000'000'000;
  const cost_estimate e = estimate(large);
  EXPECT_DOUBLE_EQ(usd(e.total), 6000 * 168);
  for (const job_variant& v : e.variants) EXPECT_NE(v.change, "on deepseek-v4-pro");
  EXPECT_DOUBLE_EQ(usd(variant(e, "without the cache")), 6000 * 392);
}

// From 26 April 12:15 on cached input costs a tenth.
TEST(CostEstimate, PricesAreThoseOfTheDate) {
  job later;
  later.date = *deepseek::parse_date("2026-05-01");
  const cost_estimate e = estimate(later);
  EXPECT_DOUBLE_EQ(usd(e.total), 5.6 + 28 + 84);
  const auto json = nlohmann::json::parse(render_estimate_json(e));
  EXPECT_EQ(json["price_list"], "2026-04-26T12:15:00Z");
  EXPECT_EQ(json["date"], "2026-05-01");
}

TEST(CostEstimate, WhatCannotBeCountedIsRefused) {
  job vast;
  vast.calls = 1'000'000'000'000;
  EXPECT_THROW((void)estimate(vast), too_expensive);
  vast.prompt_tokens = 1'000'000'000'000;
  EXPECT_THROW((void)estimate(vast), too_expensive);
  job uncached;  // each of them can be counted, both cannot
  uncached.calls = 1'000'000'000;
  uncached.cached_tokens = uncached.prompt_tokens = 8'000'000'000;
  uncached.hit_rate = 0;
  EXPECT_THROW((void)estimate(uncached), too_expensive);
  job retried;  // $168,000 once, a hundred times again
  retried.calls = 1'000'000'000;
  retried.retry_rate = 100;
  EXPECT_THROW((void)estimate(retried), too_expensive);
  job nothing;
  nothing.calls = 0;
  EXPECT_EQ(estimate(nothing).total, pico_usd{});
  EXPECT_NE(render_estimate_terminal(estimate(nothing)).find("$0.00"), std::string::npos);
}

}  // namespace
}  // namespace stampede
