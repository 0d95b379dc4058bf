#include "reports/intervals.hpp"

#include <gtest/gtest.h>

#include <limits>

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

replicated_measure over(const char* name, std::vector<std::optional<double>> values) {
  return over_values(*find_measure(name), std::move(values));
}

// Half the runs at 2 %, half at 98 %: no run was at 50 %.
TEST(Intervals, NeverAMeanOverTwoHeaps) {
  std::vector<std::optional<double>> values;
  for (int i = 0; i < 5; ++i) values.push_back(0.02 + 0.001 * i);
  for (int i = 0; i < 5; ++i) values.push_back(0.98 - 0.001 * i);
  const replicated_measure m = over("success_rate", values);
  EXPECT_EQ(m.shape, mixture::two_modes);
  EXPECT_DOUBLE_EQ(m.over.mean, 0.5);
  EXPECT_NEAR(m.over.low, wilson_interval(5, 10).low, 1e-12);
  EXPECT_EQ(values_text(m), "97.8% in 50% of runs (23.7% to 76.3%), 2.2% in the others");
}

TEST(Intervals, OneHeapKeepsItsMean) {
  std::vector<std::optional<double>> values;
  for (int i = 0; i < 10; ++i) values.push_back(0.9 + 0.005 * i);
  values.push_back(std::nullopt);
  const replicated_measure m = over("success_rate", values);
  EXPECT_EQ(m.shape, mixture::one);
  EXPECT_EQ(m.samples, 10U);
  EXPECT_NEAR(m.over.mean, 0.9225, 1e-12);
}

TEST(Intervals, YesAndNoAndNeverAreShares) {
  std::vector<std::optional<double>> storms(10, 1.0);
  storms[0] = storms[1] = 0;
  EXPECT_EQ(values_text(over("metastable", storms)), "yes in 80% of runs (49% to 94.33%)");
  const double never_came = std::numeric_limits<double>::infinity();
  const replicated_measure m = over("recovered_within", {1e9, 3e9, never_came, never_came});
  EXPECT_EQ(m.shape, mixture::share);
  EXPECT_DOUBLE_EQ(m.over.mean, 0.5);
  EXPECT_EQ(values_text(m), "in 50% of runs (15% to 85%), then 2.00 s on average");
  const replicated_measure none = over("recovered_within", {never_came, never_came, never_came});
  EXPECT_EQ(values_text(none), "in 0% of runs (0% to 56.1%)");
}

}  // namespace
}  // namespace stampede
