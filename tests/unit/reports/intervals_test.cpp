#include "reports/intervals.hpp"

#include <gtest/gtest.h>

namespace stampede {
namespace {

// 0/10 -> [0, .278], 10/10 -> [.723, 1] (its complement, .7225), 14/60 -> [.144, .354].
TEST(Intervals, Wilson) {
  EXPECT_EQ(wilson_interval(0, 10).low, 0);
  EXPECT_NEAR(wilson_interval(0, 10).high, 0.2775, 5e-4);
  EXPECT_NEAR(wilson_interval(10, 10).low, 0.7225, 5e-4);
  EXPECT_EQ(wilson_interval(10, 10).high, 1);
  EXPECT_NEAR(wilson_interval(14, 60).low, 0.144, 1e-3);
  EXPECT_NEAR(wilson_interval(14, 60).high, 0.354, 1e-3);
}

// t(0.975, 4) = 2.7764; the mean of 1..5 is 3, its standard error sqrt(2.5 / 5).
TEST(Intervals, StudentT) {
  const double values[] = {1, 2, 3, 4, 5};
  const interval i = student_t_interval(values);
  EXPECT_DOUBLE_EQ(i.mean, 3);
  EXPECT_NEAR(i.high - i.mean, 2.7764 * 0.70711, 1e-3);
  EXPECT_NEAR(i.mean - i.low, 2.7764 * 0.70711, 1e-3);
  const double same[] = {7, 7, 7};
  EXPECT_DOUBLE_EQ(student_t_interval(same).low, 7);
}

}  // namespace
}  // namespace stampede
