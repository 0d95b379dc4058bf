// The limits of requests at a time, typed from the service's page.
#include "deepseek/concurrency.hpp"

#include <gtest/gtest.h>

namespace stampede::deepseek {
namespace {

TEST(Concurrency, IsDynamicUntilTheNumbersWerePublished) {
  for (const char* day : {"2026-04-24", "2026-04-25", "2026-05-21T23:59:59Z"}) {
    EXPECT_FALSE(concurrency_at(model_id::v4_pro, *parse_date(day))) << day;
    EXPECT_FALSE(concurrency_at(model_id::v4_flash, *parse_date(day))) << day;
  }
  for (const char* day : {"2026-05-22", "2026-09-30"}) {
    EXPECT_EQ(concurrency_at(model_id::v4_pro, *parse_date(day)), 500U) << day;
    EXPECT_EQ(concurrency_at(model_id::v4_flash, *parse_date(day)), 2500U) << day;
  }
  EXPECT_EQ(published_concurrency(model_id::v4_pro), 500U);
  EXPECT_EQ(published_concurrency(model_id::v4_flash), 2500U);
}

}  // namespace
}  // namespace stampede::deepseek
