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

// The server that stops working for clients that have gone is back within the 20 s of the
// reference, from the very stall that is for ever without.
TEST(ValidationMetastable, CancelPropagationCures) {
  for (const int load : {280, 290}) {
    storm_case c{.load = load, .length = 240, .more = {}};
    expect_all(c, 1, true);
    c.more = {"server.abandoned = \"drop\""};
    expect_all(c, 10, false);
    for (std::uint32_t r = 0; r < 10; ++r) EXPECT_LE(run_storm(c, r).recovery.value_or(1e9), 20);
  }
}

}  // namespace
}  // namespace stampede
