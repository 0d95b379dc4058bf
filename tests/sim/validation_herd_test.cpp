// Validation case V2, the herd table: scenarios/validation/herd_*.toml against simulated
// references (means of 200 replications of an independent program, rounded as given here).
// A mean of ours may differ by four standard errors of both, and by the rounding.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "harness/recorder.hpp"
#include "harness/sim/sim_run.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

constexpr int replications = 60;
constexpr int reference_replications = 200;

struct herd_row {
  const char* scenario;
  // attempts a client, peak one-second bin from 30 s on, mean success, p99, last (seconds)
  double expected[5];
};

constexpr double rounding[5] = {0.005, 0.5, 0.05, 0.05, 0.05};

constexpr herd_row rows[] = {
    {"no_jitter", {6, 1000, 31.0, 31.0, 31}},
    {"guide", {6.00, 550, 33.5, 34.9, 35.4}},
    {"openai", {8.99, 311, 34.5, 37.1, 37.7}},
    {"grpc", {6.34, 165, 41.9, 67.0, 68.0}},
    {"equal", {7.00, 74, 47.3, 58.2, 60.3}},
    {"full", {7.52, 50, 47.2, 84.2, 88.5}},
    {"decorrelated", {7.32, 97, 39.8, 69.5, 82.0}},
    {"retry_after_floor", {2, 1000, 30.0, 30.0, 30}},
    {"retry_after_spread", {2, 116, 35.0, 39.9, 40.0}},
};

std::vector<double> herd_of(run_plan plan, std::uint32_t replication) {
  for (group_setup& g : plan.groups) g.client.replication = replication;
  record_log log;
  run_sim(plan, {.replication = replication}, log);
  std::map<std::int64_t, int> bins;
  for (const attempt_record& a : log.attempts) {
    const std::int64_t second = a.sent.time_since_epoch().count() / 1'000'000'000;
    if (second >= 30) ++bins[second];
  }
  int peak = 0;
  for (const auto& [second, count] : bins) peak = std::max(peak, count);
  std::vector<double> success;
  for (const call_record& c : log.calls) {
    EXPECT_EQ(c.result, outcome::success);
    success.push_back(to_seconds(c.ended));
  }
  std::sort(success.begin(), success.end());
  double sum = 0;
  for (const double s : success) sum += s;
  const double n = static_cast<double>(success.size());
  return {static_cast<double>(log.attempts.size()) / n, static_cast<double>(peak), sum / n,
          success[success.size() * 99 / 100], success.back()};
}

class Herd : public ::testing::TestWithParam<herd_row> {};

TEST_P(Herd, AgreesWithTheReference) {
  const herd_row& row = GetParam();
  const run_plan plan =
      build_plan(load_scenario(std::string("scenarios/validation/herd_") + row.scenario + ".toml"));
  std::vector<std::vector<double>> runs;
  for (std::uint32_t r = 0; r < replications; ++r) runs.push_back(herd_of(plan, r));
  const char* names[] = {"attempts a client", "peak second", "mean success", "p99", "last"};
  for (std::size_t m = 0; m < 5; ++m) {
    double sum = 0, squares = 0;
    for (const auto& run : runs) sum += run[m];
    const double mean = sum / replications;
    for (const auto& run : runs) squares += (run[m] - mean) * (run[m] - mean);
    const double variance = squares / (replications - 1);
    const double error = std::sqrt(variance / replications + variance / reference_replications);
    EXPECT_NEAR(mean, row.expected[m], 4 * error + rounding[m]) << row.scenario << ", " << names[m];
    std::printf("  %-18s %-18s expected %8.2f  measured %8.3f +- %.3f\n", row.scenario, names[m],
                row.expected[m], mean, error);
  }
}

INSTANTIATE_TEST_SUITE_P(Validation, Herd, ::testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(row.param.scenario); });

}  // namespace
}  // namespace stampede
