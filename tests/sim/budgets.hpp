// The rows of validation case V3 with a retry budget, on scenarios/validation/metastable.toml with
// a stall of 10 s: retries are a share of the first tries, whatever happens. For the test of every
// day (tests/sim) and the whole of the reference (tests/long).
//
// Use: expect_budget_recovery({250, 50, 60});
#pragma once

#include "tests/sim/metastable.hpp"

namespace stampede {

struct budget_row {
  int load;
  int budget_milli;
  double expected;  // seconds, the reference's simulation
  int length = 300;

  double share() const { return budget_milli / 1000.0; }
  double fluid() const {
    const double excess = 10 * load + share() * load * 9 - 300;
    return excess / (300 - load * (1 + share()));
  }
};

// One budget for all, with next to nothing in it at first.
inline storm_case budgeted(const budget_row& row) {
  return {.load = row.load,
          .length = row.length,
          .more = {"client.retry_budget = { kind = \"token_bucket\", shared = true, ratio = " +
                   std::to_string(row.share()) + " }"}};
}

// The mean of 10 seeds may differ from the fluid model by four of its standard errors, and from the
// reference by four of both.
inline void expect_budget_recovery(const budget_row& row) {
  std::vector<double> times;
  for (std::uint32_t r = 0; r < 10; ++r) {
    const storm_end e = run_storm(budgeted(row), r);
    EXPECT_FALSE(e.metastable) << "seed " << r;
    ASSERT_TRUE(e.recovery.has_value()) << "seed " << r;
    times.push_back(*e.recovery);
  }
  double sum = 0, squares = 0;
  for (const double t : times) sum += t;
  const double mean = sum / 10;
  for (const double t : times) squares += (t - mean) * (t - mean);
  const double error = std::sqrt(squares / 9 / 10);
  std::printf("  %d/s, budget %g: fluid %.1f, expected %.1f, measured %.2f +- %.2f s\n", row.load,
              row.share(), row.fluid(), row.expected, mean, error);
  EXPECT_NEAR(mean, row.fluid(), 4 * error);
  EXPECT_NEAR(mean, row.expected, 4 * std::sqrt(2.0) * error);
}

}  // namespace stampede
