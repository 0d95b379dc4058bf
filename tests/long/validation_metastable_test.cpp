// Validation case V3, whole: every cell of the boundary's table and every recovery time of the
// reference, 10 seeds each. Minutes long, so run by `./dev nightly` and not by `./dev test`.
#include "tests/sim/metastable.hpp"

namespace stampede {
namespace {

constexpr double stalls[] = {0.5, 0.8, 1.0, 1.2, 1.5, 2, 5, 10};

struct boundary_line {
  int load;
  int metastable[8];  // of 10 seeds, by stall
};

constexpr boundary_line lines[] = {
    {140, {0, 0, 0, 0, 0, 0, 0, 0}},      {150, {0, 0, 0, 0, 1, 2, 10, 10}},
    {160, {0, 0, 0, 0, 5, 10, 10, 10}},   {200, {0, 0, 0, 5, 10, 10, 10, 10}},
    {250, {0, 0, 3, 10, 10, 10, 10, 10}}, {280, {1, 2, 9, 10, 10, 10, 10, 10}},
};

std::vector<boundary_cell> cells() {
  std::vector<boundary_cell> all;
  for (const boundary_line& line : lines)
    for (std::size_t i = 0; i < 8; ++i) all.push_back({line.load, stalls[i], line.metastable[i]});
  return all;
}

std::string name_of(const boundary_cell& cell) {
  return "Load" + std::to_string(cell.load) + "Stall" +
         std::to_string(static_cast<int>(1000 * cell.stall)) + "ms";
}

class Boundary : public ::testing::TestWithParam<boundary_cell> {};

TEST_P(Boundary, AgreesWithTheReference) { expect_boundary(GetParam(), 10); }

INSTANTIATE_TEST_SUITE_P(ValidationMetastable, Boundary, ::testing::ValuesIn(cells()),
                         [](const auto& cell) { return name_of(cell.param); });

class Recovery : public ::testing::TestWithParam<recovery_row> {};

TEST_P(Recovery, AgreesWithTheReference) { expect_recovery(GetParam()); }

const recovery_row recoveries[] = {
    {{.load = 100, .length = 200, .more = {}}, 15.2},
    {{.load = 140, .stall = 5, .length = 400, .more = {}}, 46.4},
    {{.load = 140, .length = 700, .more = {}}, 115},
    {{.load = 145, .length = 1200, .more = {}}, 255},
    {{.load = 60, .retries = 3, .length = 200, .more = {}}, 27},
    {{.load = 70, .retries = 3, .length = 600, .more = {}}, 104},
    {{.load = 200, .retries = 0, .length = 200, .more = {}}, 17.5},
    {{.load = 250, .retries = 0, .length = 300, .more = {}}, 42},
    {{.load = 280, .retries = 0, .length = 700, .more = {}}, 127},
};

INSTANTIATE_TEST_SUITE_P(ValidationMetastable, Recovery, ::testing::ValuesIn(recoveries),
                         [](const auto& row) {
                           const storm_case& c = row.param.what;
                           return "Load" + std::to_string(c.load) + "Retries" +
                                  std::to_string(c.retries) + "Stall" +
                                  std::to_string(static_cast<int>(c.stall)) + "s";
                         });

TEST(ValidationMetastable, ThreeRetriesTurnAt75ASecond) {
  expect_all({.load = 73, .retries = 3, .length = 1500, .more = {}}, 10, false);
  expect_all({.load = 77, .retries = 3, .length = 1500, .more = {}}, 10, true);
}

TEST(ValidationMetastable, BackoffAloneNeverHelps) {
  for (const char* base : {"1s", "10s", "60s"}) expect_all(backed_off(base), 10, true);
}

}  // namespace
}  // namespace stampede
