// Validation case V6, retrial queues: scenarios/validation/retrial_*.toml. With one server the
// closed forms of Falin and Templeton, with more the stationary distribution of the truncated
// Markov chain. A mean over replications may differ by four of its standard errors.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/sim/sim_run.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t replications = 24;
constexpr instant warm = run_start + 1000s;

struct retrial_row {
  const char* name;
  const char* scenario;
  double arrivals;     // a second
  const char* base;    // mean time between a customer's retries
  const char* length;  // long enough for a standard error below 10 %
  double blocked, orbit, retries;
};

// One server: with lambda and mu = 1, P(block) = rho, E[orbit] = rho (lambda + rho nu) /
// ((1 - rho) nu), retries a customer = nu E[orbit] / lambda.
constexpr retrial_row rows[] = {
    {"mm1_half", "retrial_mm1", 0.5, "1s", "6000s", 0.5, 1.0, 2},
    {"mm1_half_slow", "retrial_mm1", 0.5, "2s", "6000s", 0.5, 1.5, 1.5},
    {"mm1_slow", "retrial_mm1", 0.8, "10s", "20000s", 0.8, 35.2, 4.4},
    {"mm1", "retrial_mm1", 0.8, "1s", "12000s", 0.8, 6.4, 8},
    {"mm1_quick", "retrial_mm1", 0.8, "100ms", "6000s", 0.8, 3.52, 44},
    {"mm1_near_full", "retrial_mm1", 0.9, "1s", "15000s", 0.9, 16.2, 18},
    {"mm2", "retrial_mm2", 1, "1s", "6000s", 0.307821, 0.768714, 0.768714},
    {"mm5", "retrial_mm5", 4, "1s", "6000s", 0.455345, 5.261394, 1.315349},
};

struct retrial_numbers {
  double blocked = 0;  // share of first attempts refused
  double orbit = 0;    // mean number of customers that wait to come back
  double retries = 0;  // a customer
};

class retrial_fold : public record_sink {
 public:
  explicit retrial_fold(instant end) : end_(end) {}

  void on_attempt(const attempt_record& a) override {
    const bool counts = a.sent >= warm && a.sent < end_;
    customers_ += counts && a.attempt == 1;
    refused_ += counts && a.attempt == 1 && a.result == outcome::rate_limited;
    retries_ += counts && a.attempt > 1;
    if (a.decided != decision::retry) return;
    const instant from = std::max(a.ended, warm);
    const instant to = std::min(a.ended + a.wait, end_);
    if (to > from) orbit_ += to_seconds(to - from);
  }
  void on_call(const call_record&) override {}
  void on_exchange(const exchange_record&) override {}

  retrial_numbers finish() const {
    return {refused_ / customers_, orbit_ / to_seconds(end_ - warm), retries_ / customers_};
  }

 private:
  instant end_;
  double customers_ = 0, refused_ = 0, retries_ = 0, orbit_ = 0;
};

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

class Retrial : public ::testing::TestWithParam<retrial_row> {};

TEST_P(Retrial, AgreesWithTheory) {
  const retrial_row& row = GetParam();
  const run_plan plan =
      build_plan(load_scenario(std::string("scenarios/validation/") + row.scenario + ".toml",
                               {"arrivals.rate = \"" + std::to_string(row.arrivals) + "/s\"",
                                std::string("client.backoff.base = \"") + row.base + "\"",
                                std::string("duration = \"") + row.length + "\""}));
  std::vector<double> blocked, orbit, retries;
  for (std::uint32_t r = 0; r < replications; ++r) {
    retrial_fold fold(run_start + plan.what.length);
    run_sim(plan, {.replication = r}, fold);
    const retrial_numbers n = fold.finish();
    blocked.push_back(n.blocked);
    orbit.push_back(n.orbit);
    retries.push_back(n.retries);
  }
  std::printf("%s\n", row.name);
  expect_mean("blocked", blocked, row.blocked);
  expect_mean("orbit", orbit, row.orbit);
  expect_mean("retries", retries, row.retries);
}

INSTANTIATE_TEST_SUITE_P(Validation, Retrial, ::testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace stampede
