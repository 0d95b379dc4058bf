// The price list, and the guide's bill to the cent. Expected values are typed from the guide
// and the service's pages.
#include "deepseek/prices.hpp"

#include <gtest/gtest.h>

namespace stampede::deepseek {
namespace {

constexpr std::int64_t cent = 10'000'000'000;  // in pico-dollars
constexpr std::int64_t million = 1'000'000;

token_price on(model_id model, const char* when) { return price_at(model, *parse_date(when)); }

void expect_price(const token_price& p, std::int64_t hit, std::int64_t miss, std::int64_t output) {
  EXPECT_EQ(p.hit.value, hit);
  EXPECT_EQ(p.miss.value, miss);
  EXPECT_EQ(p.output.value, output);
}

// The guide's workload: a million calls of 2,000 cached, 200 fresh and 300 output tokens.
std::int64_t guide_bill_in_cents(const token_price& p) {
  const pico_usd bill = price({2000, 200, 300}, p) * million;
  EXPECT_EQ(bill.value % cent, 0) << "not a whole number of cents";
  return bill.value / cent;
}

TEST(Prices, GuideTotalsToTheCent) {
  const token_price flash = price_at(model_id::v4_flash, default_date);
  EXPECT_EQ((price({2000, 0, 0}, flash) * million).value, 56'00 * cent);
  EXPECT_EQ((price({0, 200, 0}, flash) * million).value, 28'00 * cent);
  EXPECT_EQ((price({0, 0, 300}, flash) * million).value, 84'00 * cent);
  EXPECT_EQ(guide_bill_in_cents(flash), 168'00);
  EXPECT_EQ(guide_bill_in_cents(price_at(model_id::v4_pro, default_date)), 1682'00);
  EXPECT_EQ(to_usd(price({2000, 200, 300}, flash) * million), 168.0);
}

TEST(Prices, CheaperHitsAndProAtAQuarter) {
  EXPECT_EQ(guide_bill_in_cents(on(model_id::v4_flash, "2026-05-01")), 117'60);
  EXPECT_EQ(guide_bill_in_cents(on(model_id::v4_pro, "2026-05-01")), 355'25);
}

TEST(Prices, ChangeToTheSecond) {
  expect_price(on(model_id::v4_flash, "2026-04-26T12:14:59Z"), 28'000, 140'000, 280'000);
  expect_price(on(model_id::v4_flash, "2026-04-26T12:15:00Z"), 2'800, 140'000, 280'000);
  expect_price(on(model_id::v4_pro, "2026-04-26T12:14:59Z"), 145'000, 1'740'000, 3'480'000);
  expect_price(on(model_id::v4_pro, "2026-04-26T12:15:00Z"), 3'625, 435'000, 870'000);
  expect_price(on(model_id::v4_pro, "2026-06-15"), 3'625, 435'000, 870'000);
}

TEST(Prices, BeforeTheLaunchTheLaunchPrices) {
  expect_price(on(model_id::v4_flash, "2020-01-01"), 28'000, 140'000, 280'000);
  expect_price(on(model_id::v4_pro, "2026-04-23"), 145'000, 1'740'000, 3'480'000);
}

// 2026-08-17 is a Monday, 2026-08-22 a Saturday.
TEST(Prices, PeakHoursOnWorkingDays) {
  for (const char* when : {"2026-08-17T01:00:00Z", "2026-08-17T03:59:59Z", "2026-08-18T06:00:00Z",
                           "2026-08-21T09:59:59Z"}) {
    SCOPED_TRACE(when);
    expect_price(on(model_id::v4_flash, when), 14'000, 440'000, 1'320'000);
    expect_price(on(model_id::v4_pro, when), 44'000, 1'320'000, 3'960'000);
  }
  for (const char* when :
       {"2026-08-16T02:00:00Z", "2026-08-17T00:59:59Z", "2026-08-17T04:00:00Z",
        "2026-08-17T05:59:59Z", "2026-08-17T10:00:00Z", "2026-08-22T02:00:00Z"}) {
    SCOPED_TRACE(when);
    expect_price(on(model_id::v4_flash, when), 7'000, 220'000, 660'000);
    expect_price(on(model_id::v4_pro, when), 22'000, 660'000, 1'980'000);
  }
}

TEST(Prices, FlashOfSeptember) {
  expect_price(on(model_id::v4_flash, "2026-09-10T02:00:00Z"), 6'000, 300'000, 1'200'000);
  expect_price(on(model_id::v4_flash, "2026-09-10"), 3'000, 150'000, 600'000);
  expect_price(on(model_id::v4_flash, "2026-09-09"), 7'000, 220'000, 660'000);
  expect_price(on(model_id::v4_pro, "2026-09-10T02:00:00Z"), 44'000, 1'320'000, 3'960'000);
}

TEST(Prices, NothingUsedCostsNothing) {
  EXPECT_EQ(price({}, price_at(model_id::v4_pro, default_date)).value, 0);
}

}  // namespace
}  // namespace stampede::deepseek
