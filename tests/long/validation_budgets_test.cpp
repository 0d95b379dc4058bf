// Validation case V3, its long rows with a retry budget: at 280/s of 300 a budget of 6 % recovers
// after a quarter of an hour, one of 7 % never does.
#include "tests/sim/budgets.hpp"

namespace stampede {
namespace {

TEST(ValidationBudgets, SmallBudgetsRecoverSlowlyNearTheLimit) {
  for (const budget_row& row : {budget_row{280, 20, 185, 800}, budget_row{280, 50, 448, 1500},
                                budget_row{280, 60, 841, 2500}})
    expect_budget_recovery(row);
}

TEST(ValidationBudgets, FromSevenPerCentOnNothingRecovers) {
  for (const int milli : {70, 100})
    for (std::uint32_t r = 0; r < 10; ++r) {
      const budget_row row{280, milli, 0, 1560};
      EXPECT_FALSE(run_storm(budgeted(row), r).recovery.has_value()) << milli << ", seed " << r;
    }
}

}  // namespace
}  // namespace stampede
