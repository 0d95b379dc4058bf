// Validation case V6: closed forms of queueing theory, scenarios/validation/queue_*.toml.
// A mean over replications may differ from its closed form by four of its standard errors.
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <vector>

#include "harness/recorder.hpp"
#include "harness/sim/sim_run.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t replications = 24;
constexpr instant warm = run_start + 1000s;

struct queue_row {
  const char* scenario;
  std::optional<double> mean_wait;  // seconds, of those served
  std::optional<double> delayed;    // share of those served that waited
  std::optional<double> blocked;    // share refused
};

const queue_row rows[] = {
    {"mm1", 4.0, 0.8, {}},          {"mm2", 1.777778, {}, {}},    {"mm5", 0.554113, 0.55411255, {}},
    {"mm10", 0.204590, {}, {}},     {"md1", 2.0, {}, {}},         {"loss5", {}, {}, 0.11005435},
    {"loss10", {}, {}, 0.07874088}, {"mm1k", {}, {}, 0.02349286}, {"mm1k_over", {}, {}, 0.19258650},
    {"mm5k", {}, {}, 0.21259313},
};

struct queue_numbers {
  double mean_wait = 0, delayed = 0, blocked = 0;
};

queue_numbers numbers_of(const run_plan& plan, std::uint32_t replication) {
  record_log log;
  run_sim(plan, {.replication = replication}, log);
  double waits = 0, served = 0, waited = 0, refused = 0;
  for (const exchange_record& e : log.exchanges) {
    if (e.arrived < warm) continue;
    if (e.status == 429) {
      ++refused;
      continue;
    }
    ++served;
    waits += to_seconds(e.started - e.arrived);
    waited += e.started > e.arrived ? 1 : 0;
  }
  return {waits / served, waited / served, refused / (served + refused)};
}

void expect_mean(const char* what, const std::vector<double>& values, double expected) {
  const double n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double v : values) sum += v;
  const double mean = sum / n;
  for (const double v : values) squares += (v - mean) * (v - mean);
  const double error = std::sqrt(squares / (n - 1) / n);
  std::printf("  %-10s expected %9.6f  measured %9.6f +- %.6f\n", what, expected, mean, error);
  EXPECT_NEAR(mean, expected, 4 * error) << what;
  EXPECT_LT(error, 0.1 * expected) << what << ": too few samples to say anything";
}

class Queue : public ::testing::TestWithParam<queue_row> {};

TEST_P(Queue, AgreesWithItsClosedForm) {
  const queue_row& row = GetParam();
  const run_plan plan = build_plan(
      load_scenario(std::string("scenarios/validation/queue_") + row.scenario + ".toml"));
  std::vector<double> waits, delayed, blocked;
  for (std::uint32_t r = 0; r < replications; ++r) {
    const queue_numbers n = numbers_of(plan, r);
    waits.push_back(n.mean_wait);
    delayed.push_back(n.delayed);
    blocked.push_back(n.blocked);
  }
  std::printf("%s\n", row.scenario);
  if (row.mean_wait) expect_mean("mean wait", waits, *row.mean_wait);
  if (row.delayed) expect_mean("delayed", delayed, *row.delayed);
  if (row.blocked) expect_mean("blocked", blocked, *row.blocked);
}

INSTANTIATE_TEST_SUITE_P(Validation, Queue, ::testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(row.param.scenario); });

}  // namespace
}  // namespace stampede
