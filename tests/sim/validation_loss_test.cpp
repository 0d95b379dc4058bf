// Validation case V7, a 429 at a concurrency limit: M/M/c/c with n retries after slow delays,
// scenarios/validation/loss_retries.toml. The fixed point of L = a (1 + B + ... + B^n) and
// B = ErlangB(c, L): B of the attempts are refused, B^(n+1) of the calls lost, L / a attempts
// a call. A mean over replications may differ by four of its standard errors.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "harness/sim/sim_run.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t replications = 24;
constexpr int servers = 10;
constexpr double offered = 8;  // Erlang

struct loss_numbers {
  double refused = 0, amplification = 0, lost = 0;
};

double erlang_b(int c, double load) {
  double b = 1;
  for (int k = 1; k <= c; ++k) b = load * b / (k + load * b);
  return b;
}

// By bisection: the load that attempts make of themselves falls short of a high enough guess.
loss_numbers fixed_point(int retries) {
  const auto made_by = [&](double load) {
    const double b = erlang_b(servers, load);
    double made = 0;
    for (int k = 0; k <= retries; ++k) made += offered * std::pow(b, k);
    return made;
  };
  double low = offered, high = offered * (retries + 1);
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (made_by(middle) > middle ? low : high) = middle;
  }
  const double b = erlang_b(servers, low);
  return {b, low / offered, std::pow(b, retries + 1)};
}

// Rates of a window, so that what its ends cut off is as much as what they add.
class loss_fold : public record_sink {
 public:
  loss_fold(instant from, instant to) : from_(from), to_(to) {}

  void on_attempt(const attempt_record& a) override {
    if (a.sent < from_ || a.sent >= to_) return;
    ++attempts_;
    calls_ += a.attempt == 1;
    if (a.result != outcome::rate_limited) return;
    ++refused_;
    lost_ += a.decided != decision::retry;
  }
  void on_call(const call_record&) override {}
  void on_exchange(const exchange_record&) override {}

  loss_numbers finish() const { return {refused_ / attempts_, attempts_ / calls_, lost_ / calls_}; }

 private:
  instant from_, to_;
  double attempts_ = 0, refused_ = 0, calls_ = 0, lost_ = 0;
};

struct estimate {
  double mean = 0, error = 0;
};

estimate estimate_of(const std::vector<loss_numbers>& runs, double loss_numbers::*member) {
  const double n = static_cast<double>(runs.size());
  double sum = 0, squares = 0;
  for (const loss_numbers& r : runs) sum += r.*member;
  for (const loss_numbers& r : runs) squares += std::pow(r.*member - sum / n, 2);
  return {sum / n, std::sqrt(squares / (n - 1) / n)};
}

// The delay fills slowly: its mean over one minus the loop's gain, some thousand seconds.
struct spacing {
  const char* base;
  duration warm_up;
  const char* length;
};
constexpr spacing slow{"500s", 6000s, "12000s"};
constexpr spacing quick{"100ms", 200s, "2000s"};

std::vector<loss_numbers> runs_of(int retries, const spacing& s) {
  const run_plan plan =
      build_plan(load_scenario("scenarios/validation/loss_retries.toml",
                               {"client.max_attempts = " + std::to_string(retries + 1),
                                std::string("client.backoff.base = \"") + s.base + "\"",
                                std::string("duration = \"") + s.length + "\""}));
  std::vector<loss_numbers> runs;
  for (std::uint32_t r = 0; r < replications; ++r) {
    loss_fold fold(run_start + s.warm_up, run_start + plan.what.length);
    run_sim(plan, {.replication = r}, fold);
    runs.push_back(fold.finish());
  }
  return runs;
}

estimate print(const char* what, const std::vector<loss_numbers>& runs,
               double loss_numbers::*member, double expected) {
  const estimate e = estimate_of(runs, member);
  std::printf("  %-14s fixed point %9.6f  measured %9.6f +- %.6f\n", what, expected, e.mean,
              e.error);
  return e;
}

TEST(ValidationLoss, TheFixedPointIsThePublishedOne) {
  const loss_numbers none = fixed_point(0), one = fixed_point(1);
  EXPECT_NEAR(none.refused, 0.121661, 5e-7);
  EXPECT_NEAR(one.refused, 0.193691, 5e-7);
  EXPECT_NEAR(one.amplification, 1.193691, 5e-7);
  EXPECT_NEAR(one.lost, 0.037516, 5e-7);
}

class Loss : public ::testing::TestWithParam<int> {};

TEST_P(Loss, SlowRetriesAgreeWithTheFixedPoint) {
  const int retries = GetParam();
  const loss_numbers expected = fixed_point(retries);
  const auto runs = runs_of(retries, slow);
  std::printf("%d retries, 500 service times apart\n", retries);
  const auto near = [&](const char* what, double loss_numbers::*member) {
    const estimate e = print(what, runs, member, expected.*member);
    EXPECT_LE(std::abs(e.mean - expected.*member), 4 * e.error) << what;
    EXPECT_LT(e.error, 0.03 * expected.*member) << what << ": too few samples to say anything";
  };
  near("refused", &loss_numbers::refused);
  near("amplification", &loss_numbers::amplification);
  near("lost", &loss_numbers::lost);
}

INSTANTIATE_TEST_SUITE_P(Validation, Loss, ::testing::Values(0, 1, 2, 3),
                         [](const auto& n) { return "Retries" + std::to_string(n.param); });

// Who comes back at once meets the same full servers: why an immediate retry of a 429 is useless.
TEST(ValidationLoss, QuickRetriesLoseMore) {
  for (int retries = 1; retries <= 3; ++retries) {
    const loss_numbers theory = fixed_point(retries);
    const auto runs = runs_of(retries, quick);
    std::printf("%d retries, 0.1 service times apart\n", retries);
    print("refused", runs, &loss_numbers::refused, theory.refused);
    print("amplification", runs, &loss_numbers::amplification, theory.amplification);
    const estimate lost = print("lost", runs, &loss_numbers::lost, theory.lost);
    EXPECT_GT(lost.mean - 4 * lost.error, 2 * theory.lost);
  }
}

}  // namespace
}  // namespace stampede
