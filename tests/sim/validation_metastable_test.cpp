// Validation case V3, the part for every day: corners of the boundary, quick recoveries and
// cures. The whole table: tests/long/validation_metastable_test.cpp.
#include "tests/sim/metastable.hpp"

namespace stampede {
namespace {

TEST(ValidationMetastable, FisherAgreesWithWorkedCases) {
  EXPECT_NEAR(fisher(0, 10, 0, 10), 1, 1e-12);
  EXPECT_NEAR(fisher(3, 10, 3, 10), 1, 1e-12);
  EXPECT_NEAR(fisher(0, 10, 10, 10), 2 / 184756.0, 1e-12);
  EXPECT_NEAR(fisher(1, 10, 5, 10), 0.1409, 5e-5);
}

TEST(ValidationMetastable, TheFluidLawSaysWhereTheBoundaryIs) {
  const auto fluid = [](int load, int retries, double stall) {
    return fluid_recovery({.load = load, .retries = retries, .stall = stall, .more = {}});
  };
  EXPECT_NEAR(*fluid(100, 1, 10), 16, 0.5);
  EXPECT_NEAR(*fluid(145, 1, 10), 245, 1);
  EXPECT_NEAR(*fluid(70, 3, 10), 104, 0.5);
  EXPECT_NEAR(*fluid(280, 0, 10), 125, 0.5);
  EXPECT_TRUE(fluid(73, 3, 10).has_value());
  EXPECT_FALSE(fluid(77, 3, 10).has_value());
  EXPECT_FALSE(fluid(150, 1, 10).has_value());
}

TEST(ValidationMetastable, CornersOfTheBoundaryAreExact) {
  const boundary_cell cells[] = {{140, 10, 0}, {150, 1.0, 0}, {200, 1.0, 0},  {250, 0.8, 0},
                                 {160, 2, 10}, {200, 2, 10},  {250, 1.5, 10}, {280, 5, 10}};
  for (const boundary_cell& cell : cells) {
    ASSERT_TRUE(certain_end(cell.load, cell.stall).has_value());
    expect_boundary(cell, 2);
  }
}

TEST(ValidationMetastable, QuickRecoveriesTakeTheirTime) {
  const recovery_row rows[] = {
      {{.load = 100, .length = 200, .more = {}}, 15.2},
      {{.load = 60, .retries = 3, .length = 200, .more = {}}, 27},
      {{.load = 200, .retries = 0, .length = 200, .more = {}}, 17.5},
      {{.load = 250, .retries = 0, .length = 240, .more = {}}, 42},
  };
  for (const recovery_row& row : rows) expect_recovery(row);
}

TEST(ValidationMetastable, BackoffAloneNeverHelps) { expect_all(backed_off("10s"), 2, true); }

// From the very stall that is for ever without a cure. The reference gives 0 s for last in, first
// out: goodput, at once. By that measure dropping is as quick; its 8 to 20 s are the time the
// backlog takes to go, which lies between the last timeout and the first empty queue.
storm_case cure(const char* scenario, int load) {
  return {.load = load, .length = 240, .more = {}, .scenario = scenario};
}

TEST(ValidationMetastable, WithoutACureTheStallIsForEver) {
  for (const int load : {280, 290}) expect_all({.load = load, .length = 240, .more = {}}, 1, true);
}

TEST(ValidationMetastable, DroppingAbandonedWorkCures) {
  for (const int load : {280, 290}) {
    double timeouts = 0;
    for (std::uint32_t r = 0; r < 10; ++r) {
      const storm_end e = run_storm(cure("metastable_drop", load), r);
      EXPECT_FALSE(e.metastable) << load << "/s, seed " << r;
      EXPECT_EQ(e.goodput.value_or(1e9), 0) << load << "/s, seed " << r;
      EXPECT_LE(e.recovery.value_or(1e9), 20) << load << "/s, seed " << r;
      timeouts += e.last_timeout / 10;
    }
    std::printf("  %d/s, dropping: the last timeout is sent after %.1f s on average\n", load,
                timeouts);
    EXPECT_LE(timeouts, 20);
  }
}

TEST(ValidationMetastable, LastInFirstOutCures) {
  for (const int load : {280, 290}) {
    for (std::uint32_t r = 0; r < 10; ++r) {
      const storm_end e = run_storm(cure("metastable_lifo", load), r);
      EXPECT_FALSE(e.metastable) << load << "/s, seed " << r;
      EXPECT_EQ(e.goodput.value_or(1e9), 0) << load << "/s, seed " << r;
      EXPECT_TRUE(e.recovery.has_value()) << load << "/s, seed " << r;
      // Those passed over for a second time out, for as long as the load lasts.
      EXPECT_GT(e.last_timeout, 60) << load << "/s, seed " << r;
    }
  }
}

}  // namespace
}  // namespace stampede
