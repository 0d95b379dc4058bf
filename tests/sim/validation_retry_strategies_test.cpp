// Validation case V5, scenarios/validation/retry_strategies.toml: four retry strategies against a
// fixed chance of failure (Brooker's simulator), a token bucket a client when there are many
// clients, and clients with one call in flight (serial_clients.toml). The reference is one run of
// 100 s, rounded to 0.1 %; ours is the mean of five. They may differ by four standard errors of
// both (one run's spread is taken from ours) and by the rounding.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "harness/sim/sim_run.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

constexpr int runs = 5;
constexpr double rounding = 0.05;  // per cent

class counts : public record_sink {
 public:
  void on_attempt(const attempt_record&) override { ++attempts; }
  void on_call(const call_record& c) override {
    ++calls;
    if (c.result == outcome::success) ++successes;
  }
  void on_exchange(const exchange_record&) override {}
  double attempts = 0, calls = 0, successes = 0;
};

struct spread {
  double mean = 0, deviation = 0;
};

spread of(const std::vector<double>& values) {
  spread s;
  for (const double v : values) s.mean += v / static_cast<double>(values.size());
  for (const double v : values) s.deviation += (v - s.mean) * (v - s.mean);
  s.deviation = std::sqrt(s.deviation / static_cast<double>(values.size() - 1));
  return s;
}

// Percentages: of calls that succeed, of the load of first tries that is sent.
std::pair<spread, spread> measured(const std::vector<std::string>& changes) {
  std::vector<double> success, load;
  for (std::uint32_t r = 0; r < runs; ++r) {
    run_plan plan =
        build_plan(load_scenario("scenarios/validation/retry_strategies.toml", changes));
    for (group_setup& g : plan.groups) g.client.replication = r;
    counts seen;
    run_sim(plan, {.replication = r}, seen);
    success.push_back(100 * seen.successes / seen.calls);
    load.push_back(100 * seen.attempts / seen.calls);
  }
  return {of(success), of(load)};
}

void expect_near(const spread& ours, double reference, double least_deviation, const char* what) {
  const double deviation = std::max(ours.deviation, least_deviation);
  const double error = deviation * std::sqrt(1 + 1.0 / runs);
  EXPECT_NEAR(ours.mean, reference, 4 * error + rounding) << what;
}

const std::vector<std::string> none{"client.max_attempts = 1"};
const std::vector<std::string> three{};
const std::vector<std::string> bucket{"client.max_attempts = 10000",
                                      "client.retry_budget = { kind = \"token_bucket\" }"};
const std::vector<std::string> breaker_of_brooker{
    "client.retry_budget = { kind = \"failure_ratio\" }"};

struct cell {
  double failing;              // the chance of it
  double success[4], load[4];  // none, three, bucket, breaker
};

constexpr cell cells[] = {
    {.05, {94.9, 100, 100, 99.8}, {100, 105.2, 105.1, 105.1}},
    {.1, {89.9, 100, 98.3, 92.9}, {100, 111.1, 109.4, 103.4}},
    {.2, {80.0, 99.8, 88.1, 80.2}, {100, 124.8, 110.4, 100.0}},
    {.5, {49.8, 93.7, 55.4, 50.0}, {100, 187.7, 110.4, 100.0}},
    {.75, {24.9, 68.5, 27.6, 24.9}, {100, 273, 110.4, 100.0}},
};

class Strategies : public ::testing::TestWithParam<cell> {};

TEST_P(Strategies, AgreeWithBrookersSimulator) {
  const cell& c = GetParam();
  const char* names[] = {"none", "three", "bucket", "breaker"};
  const std::vector<std::string>* policies[] = {&none, &three, &bucket, &breaker_of_brooker};
  for (std::size_t i = 0; i < 4; ++i) {
    std::vector<std::string> changes = *policies[i];
    changes.push_back(
        "fault = [{ kind = \"status\", status = 500, ratio = " + std::to_string(c.failing) + " }]");
    const auto [success, load] = measured(changes);
    std::printf(
        "  f %.2f %-8s success expected %5.1f measured %6.2f +- %.2f; load %5.1f %7.2f +- %.2f\n",
        c.failing, names[i], c.success[i], success.mean, success.deviation, c.load[i], load.mean,
        load.deviation);
    // A hundred thousand calls are a sample of a fraction.
    const double share = c.success[i] / 100;
    const double binomial = 100 * std::sqrt(share * (1 - share) / 100'000);
    expect_near(success, c.success[i], binomial, names[i]);
    expect_near(load, c.load[i], 0, names[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Validation, Strategies, ::testing::ValuesIn(cells), [](const auto& p) {
  return "f" + std::to_string(static_cast<int>(100 * p.param.failing + 0.5));
});

// Three retries have a closed form: 1 - f^4 succeed, (1 - f^4) / (1 - f) is sent.
TEST(ValidationStrategies, ThreeRetriesAreTheirClosedForm) {
  for (const double f : {.05, .2, .5, .75}) {
    std::vector<std::string> changes{
        "fault = [{ kind = \"status\", status = 500, ratio = " + std::to_string(f) + " }]"};
    const auto [success, load] = measured(changes);
    const double all = 1 - f * f * f * f;
    EXPECT_NEAR(success.mean, 100 * all, 4 * success.deviation / std::sqrt(runs) + 1e-3) << f;
    EXPECT_NEAR(load.mean, 100 * all / (1 - f), 4 * load.deviation / std::sqrt(runs)) << f;
  }
}

// A state that each client keeps for itself fails where clients are many and each calls rarely: the
// tokens a bucket starts with are a share of its calls.
TEST(ValidationStrategies, ManySmallClientsDefeatABucketEach) {
  for (const auto& [clients, reference] : {std::pair{10, 110.4}, {100, 114.1}, {1000, 146.5}}) {
    std::vector<std::string> changes = bucket;
    changes.push_back("fault = [{ kind = \"status\", status = 500, ratio = 0.5 }]");
    changes.push_back("arrivals.rate = \"100/s\"");
    changes.push_back("fleet = [{ name = \"clients\", instances = " + std::to_string(clients) +
                      " }]");
    const auto load = measured(changes).second;
    std::printf("  %d clients: load expected %.1f measured %.2f +- %.2f\n", clients, reference,
                load.mean, load.deviation);
    expect_near(load, reference, 0, "load");
  }
}

// A paced loop: the next call is wanted G after the last one, exponential with mean 100 ms, and
// begins at its end D if that is later. So of the calls wanted E[G] / E[max(G, D)] are made, where
// E[max(G, D)] = E[D] + E[exp(-D / E[G])] E[G], and k retries are 2 k + 2 hops and the waits
// before them.
double share_made(double f, int retries) {
  constexpr double gap = .1, hop = .01, base = .1;
  double mean = 0, passed = 0, chance = 1;
  for (int k = 0; k <= retries; ++k, chance *= f) {
    const double p = k < retries ? chance * (1 - f) : chance;
    const double waits = base * ((1 << k) - 1);
    mean += p * ((2 * k + 2) * hop + waits);
    passed += p * std::exp(-waits / gap) / std::pow(1 + hop / gap, 2 * k + 2);
  }
  return gap / (mean + passed * gap);
}

// First tries and attempts of the hundred seconds after the first ten.
class after_a_start : public record_sink {
 public:
  void on_attempt(const attempt_record& a) override { attempts += counts(a.sent); }
  void on_call(const call_record& c) override { calls += counts(c.started); }
  void on_exchange(const exchange_record&) override {}
  double attempts = 0, calls = 0;

 private:
  static bool counts(instant t) {
    return t >= run_start + std::chrono::seconds(10) && t < run_start + std::chrono::seconds(110);
  }
};

std::pair<spread, spread> of_serial_clients(double f, int retries) {
  const std::vector<std::string> changes{
      "client.max_attempts = " + std::to_string(retries + 1),
      "fault = [{ kind = \"malformed_json\", ratio = " + std::to_string(f) + " }]"};
  std::vector<double> first, load;
  for (std::uint32_t r = 0; r < runs; ++r) {
    run_plan plan = build_plan(load_scenario("scenarios/validation/serial_clients.toml", changes));
    for (group_setup& g : plan.groups) g.client.replication = r;
    after_a_start seen;
    run_sim(plan, {.replication = r}, seen);
    first.push_back(100 * seen.calls / 100'000);
    load.push_back(100 * seen.attempts / 100'000);
  }
  return {of(first), of(load)};
}

// The reference gives 42.6 % and, to a whole per cent, 80 %.
TEST(ValidationStrategies, BackoffSlowsSerialClientsDown) {
  const auto [first, load] = of_serial_clients(.5, 3);
  std::printf("  first tries expected 42.6 measured %.2f +- %.2f; load 80 %.2f +- %.2f\n",
              first.mean, first.deviation, load.mean, load.deviation);
  expect_near(first, 42.6, 0, "first tries");
  expect_near(load, 80, 0, "load");
  EXPECT_NEAR(load.mean, 80, 0.5);  // to its whole per cent
}

TEST(ValidationStrategies, SerialClientsAreTheirClosedForm) {
  for (const auto& [f, retries] : {std::pair{.5, 0}, {.5, 1}, {.2, 3}, {.75, 3}}) {
    const double share = 100 * share_made(f, retries);
    const double attempts = (1 - std::pow(f, retries + 1)) / (1 - f);
    const auto [first, load] = of_serial_clients(f, retries);
    std::printf("  f %.2f, %d retries: first tries %.2f, %.2f +- %.2f; load %.2f, %.2f +- %.2f\n",
                f, retries, share, first.mean, first.deviation, share * attempts, load.mean,
                load.deviation);
    EXPECT_NEAR(first.mean, share, 4 * first.deviation / std::sqrt(runs)) << f << " " << retries;
    EXPECT_NEAR(load.mean, share * attempts, 4 * load.deviation / std::sqrt(runs))
        << f << " " << retries;
  }
}

}  // namespace
}  // namespace stampede
