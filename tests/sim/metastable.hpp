// Validation case V3, scenarios/validation/metastable.toml: a server that stalls at 60 s, and
// whether the retries of its clients let it recover. For the test of every day
// (tests/sim) and the whole of the reference (tests/long).
// Deterministic: a run is a function of its case and its replication number.
//
// Use: `const storm_end e = run_storm({.load = 280, .stall = 10}, 0);`
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "harness/sim/sim_run.hpp"
#include "scenarios/loader.hpp"

namespace stampede {

struct storm_case {
  int load = 200;                 // first tries a second
  int retries = 1;                // a call
  double stall = 10;              // seconds
  int length = 700;               // of the run, in seconds
  std::vector<std::string> more;  // further changes of the scenario
  std::string scenario = "metastable";
};

struct storm_end {
  bool metastable = false;         // goodput of the last 100 s below half of what was offered
  std::optional<double> recovery;  // seconds from the stall's end until what is sent succeeds
  std::optional<double> goodput;   // ... until 95 % of the load is answered over 5 s
  double last_timeout = 0;         // ... until the last attempt is sent that times out
};

inline run_plan storm_plan(const storm_case& c) {
  std::vector<std::string> changes{
      "arrivals.rate = \"" + std::to_string(c.load) + "/s\"",
      "client.max_attempts = " + std::to_string(c.retries + 1),
      "server.capacity = [{ at = \"60s\", for = \"" + std::to_string(c.stall) + "s\", speed = 0 }]",
      "duration = \"" + std::to_string(c.length) + "s\""};
  changes.insert(changes.end(), c.more.begin(), c.more.end());
  return build_plan(load_scenario("scenarios/validation/" + c.scenario + ".toml", changes));
}

// Attempts by the tenth of a second in which they were sent: the fluid model's time is that of
// the first attempt that will succeed.
class storm_fold : public record_sink {
 public:
  explicit storm_fold(int seconds)
      : good_(10 * seconds + 1), bad_(good_.size()), answered_(good_.size()) {}

  void on_attempt(const attempt_record& a) override {
    const bool good = a.result == outcome::success;
    if (const auto t = tenth(a.sent); t < good_.size()) ++(good ? good_ : bad_)[t];
    if (const auto t = tenth(a.ended); good && t < answered_.size()) ++answered_[t];
  }
  void on_call(const call_record&) override {}
  void on_exchange(const exchange_record&) override {}

  storm_end end_of(const storm_case& c) const {
    storm_end e;
    const auto last = good_.size() - 1;
    e.metastable = sum(good_, last - 1000, last) < 0.5 * 100 * c.load;
    const auto begin = static_cast<std::size_t>(10 * (60 + c.stall) + 0.5);
    constexpr std::size_t five_seconds = 50;
    for (std::size_t t = begin; t + five_seconds <= last && !e.recovery; ++t) {
      const double good = sum(good_, t, t + five_seconds), bad = sum(bad_, t, t + five_seconds);
      const bool back = good_[t] > 0 && good >= 0.95 * (good + bad);
      if (back) e.recovery = static_cast<double>(t - begin) / 10;
    }
    for (std::size_t t = begin; t + five_seconds <= last && !e.goodput; ++t) {
      const bool back = sum(answered_, t, t + five_seconds) >= 0.95 * 5 * c.load;
      if (back) e.goodput = static_cast<double>(t - begin) / 10;
    }
    // What is sent in the last second may still be answered after the run.
    for (std::size_t t = begin; t + 10 < last; ++t)
      if (bad_[t] > 0) e.last_timeout = static_cast<double>(t - begin) / 10;
    return e;
  }

 private:
  static double sum(const std::vector<std::uint32_t>& bins, std::size_t from, std::size_t to) {
    double all = 0;
    for (std::size_t i = from; i < to; ++i) all += bins[i];
    return all;
  }

  static std::size_t tenth(instant t) {
    return static_cast<std::size_t>(t.time_since_epoch().count() / 100'000'000);
  }

  std::vector<std::uint32_t> good_, bad_;  // by when they were sent
  std::vector<std::uint32_t> answered_;    // by when they were answered
};

inline storm_end run_storm(const storm_case& c, std::uint32_t replication) {
  storm_fold fold(c.length);
  run_sim(storm_plan(c), {.replication = replication}, fold);
  return fold.end_of(c);
}

// Fluid model: seconds until the backlog of the stall, retries included, is a wait below the
// timeout of 1 s; nothing where the load with all its retries exceeds the 300 a second served.
inline std::optional<double> fluid_recovery(const storm_case& c) {
  constexpr double mu = 300, timeout = 1;
  double backlog = -mu * timeout;
  for (int k = 0; k <= c.retries; ++k) backlog += c.load * std::max(0.0, c.stall - k * timeout);
  const double drain = mu - c.load * (1 + c.retries);
  if (drain <= 0) return std::nullopt;
  return std::max(0.0, backlog / drain);
}

// One cell of the reference's table: of 10 seeds, how many stayed metastable.
struct boundary_cell {
  int load;
  double stall;
  int metastable;
};

// With one retry: is the outcome beyond doubt, at odds of ten thousand to one? The stall leaves
// a backlog of x requests beyond what a timeout is worth, give or take sigma. Above zero it
// grows by all retries, below it shrinks while first tries are all there is; a random walk with
// drift d and variance v a second crosses x against its drift with probability exp(-2 d x / v).
inline std::optional<bool> certain_end(int load, double stall) {
  constexpr double mu = 300, timeout = 1, doubt = 1e-4, sigmas = 4;
  if (2 * load < mu) return false;  // whatever the stall, in the end
  const double made = load * (stall + std::max(0.0, stall - timeout));
  const double x = made - mu * timeout;
  if (std::abs(x) < sigmas * std::sqrt(made + mu * timeout)) return std::nullopt;
  const double drift = x > 0 ? 2 * load - mu : mu - load;
  const double variance = x > 0 ? 2 * load + mu : mu + load;
  if (std::exp(-2 * drift * std::abs(x) / variance) > doubt) return std::nullopt;
  return x > 0;
}

// Probability that two samples of one population differ at least as much as a of n and b of m
// do (Fisher's exact test, two-sided).
inline double fisher(int a, int n, int b, int m) {
  const auto log_choose = [](int from, int take) {
    return std::lgamma(from + 1) - std::lgamma(take + 1) - std::lgamma(from - take + 1);
  };
  const auto probability = [&](int i) {
    return std::exp(log_choose(n, i) + log_choose(m, a + b - i) - log_choose(n + m, a + b));
  };
  double all = 0;
  for (int i = std::max(0, a + b - m); i <= std::min(n, a + b); ++i)
    if (probability(i) <= probability(a) * (1 + 1e-9)) all += probability(i);
  return all;
}

inline void expect_boundary(const boundary_cell& cell, int seeds) {
  // Near the critical load of 150/s recovery takes minutes; above it a storm is settled soon.
  const storm_case c{
      .load = cell.load, .stall = cell.stall, .length = cell.load <= 150 ? 700 : 300, .more = {}};
  int metastable = 0;
  for (int r = 0; r < seeds; ++r)
    metastable += run_storm(c, static_cast<std::uint32_t>(r)).metastable;
  std::printf("  %d/s, stall %4.1f s: expected %2d of 10, measured %2d of %d\n", cell.load,
              cell.stall, cell.metastable, metastable, seeds);
  if (const auto certain = certain_end(cell.load, cell.stall))
    EXPECT_EQ(metastable, *certain ? seeds : 0);
  else
    EXPECT_GT(fisher(metastable, seeds, cell.metastable, 10), 0.001);
}

struct recovery_row {
  storm_case what;
  double expected;  // seconds, the reference's simulation
};

// A mean over 10 seeds may differ from the fluid model by four of its standard errors, and from
// the reference by four of both.
inline void expect_recovery(const recovery_row& row) {
  constexpr std::uint32_t seeds = 10;
  std::vector<double> times;
  for (std::uint32_t r = 0; r < seeds; ++r) {
    const storm_end e = run_storm(row.what, r);
    EXPECT_FALSE(e.metastable);
    ASSERT_TRUE(e.recovery.has_value()) << "seed " << r;
    times.push_back(*e.recovery);
  }
  double sum = 0, squares = 0;
  for (const double t : times) sum += t;
  const double mean = sum / seeds;
  for (const double t : times) squares += (t - mean) * (t - mean);
  const double error = std::sqrt(squares / (seeds - 1) / seeds);
  std::printf(
      "  %d/s, %d retries, stall %g s: fluid %.1f, expected %.1f, measured %.2f +- %.2f s\n",
      row.what.load, row.what.retries, row.what.stall, fluid_recovery(row.what).value_or(-1),
      row.expected, mean, error);
  EXPECT_NEAR(mean, fluid_recovery(row.what).value_or(-1), 4 * error);
  EXPECT_NEAR(mean, row.expected, 4 * std::sqrt(2.0) * error);
}

inline void expect_all(const storm_case& c, int seeds, bool metastable) {
  for (int r = 0; r < seeds; ++r) {
    const storm_end e = run_storm(c, static_cast<std::uint32_t>(r));
    EXPECT_EQ(e.metastable, metastable) << c.load << "/s, seed " << r;
    EXPECT_EQ(e.recovery.has_value(), !metastable) << c.load << "/s, seed " << r;
  }
}

// Full jitter before the one retry, stalled for long enough that the backlog outlives the base.
inline storm_case backed_off(const char* base) {
  return {.load = 200,
          .length = 500,
          .more = {std::string("client.backoff = { kind = \"full_jitter\", base = \"") + base +
                   "\", cap = \"60s\" }"}};
}

}  // namespace stampede
