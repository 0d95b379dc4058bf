// The library in both engines over five seeds: the headline measures agree within the stated
// bounds, and no instance decides differently on equal events.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <mutex>

#include "harness/conformance.hpp"
#include "reports/catalogue.hpp"
#include "tests/conformance/runs.hpp"

namespace stampede {
namespace {

constexpr std::size_t seeds = 5;
constexpr duration latest = std::chrono::milliseconds(250);  // a wake-up, 99th percentile

// Scenarios of the library, shortened to a minute and a half around their fault.
struct short_variant {
  std::string scenario;
  std::vector<std::string> changes;
};

std::vector<short_variant> variants() {
  return {
      {"rate_limit_storm",
       {"fault = [{ kind = \"rate_limit\", at = \"15s\", for = \"40s\", retry_after = \"28s\", "
        "admit = \"2/s\" }]"}},
      {"outage_503",
       {"fault = [{ kind = \"outage\", at = \"15s\", for = \"30s\" }, { kind = \"status\", "
        "status = 500, at = \"45s\", for = \"30s\", ratio = \"33%\" }]"}},
      {"queue_hang",
       {"client.timeout = \"60s\"",
        "fault = [{ kind = \"queue_hang\", at = \"15s\", for = \"40s\", ratio = \"10%\", "
        "hold = { distribution = \"uniform\", min = \"10s\", max = \"40s\" } }, { kind = "
        "\"queue_hang\", at = \"15s\", for = \"40s\", ratio = \"11%\", hold = \"50s\", then = "
        "\"close\" }]"}},
      {"truncated_json", {}},
  };
}

// Of the mean over the seeds, relative to the simulated one. Only the admission of two a second
// in rate_limit_storm depends on who comes first, and a storm amplifies that: measured, its means
// differ by 1.7 % (retries: 2.7 %) in standard deviation. Elsewhere faults are drawn for the
// call and the attempt. Times contain the machine's own lateness, multiplied by the speed.
struct bound {
  const char* measure;
  double storm;
  double elsewhere;
};
constexpr bound bounds[] = {
    {"calls", 0, 0},
    {"success_rate", 0.06, 0.02},
    {"attempts", 0.06, 0.02},
    {"amplification", 0.06, 0.02},
    {"retry_rate", 0.10, 0.02},
    {"retries_per_minute.peak", 0.10, 0.02},
    {"latency.success.p50", 0.05, 0.05},
    {"latency.p99", 0.05, 0.05},
    {"cost.total", 0.06, 0.02},
    {"cost.overhead", 0.06, 0.02},
};

double mean_of(const char* name, const std::vector<measures>& runs) {
  const named_measure* m = find_measure(name);
  double sum = 0;
  for (const measures& run : runs) sum += m->value({run, run.whole}).value();
  return sum / static_cast<double>(runs.size());
}

struct both_engines {
  std::vector<measures> sim;
  std::vector<measures> live;
  std::vector<conformance> compared;
  duration lateness{0};
};

both_engines run_both(const short_variant& v, double speed) {
  const test::scratch files;
  both_engines runs{std::vector<measures>(seeds), std::vector<measures>(seeds),
                    std::vector<conformance>(seeds)};
  std::mutex mutex;
  test::all_at_once(seeds, [&](std::size_t i) {
    std::vector<std::string> changes = v.changes;
    changes.push_back("duration = \"90s\"");
    const run_plan plan = build_plan(load_scenario(v.scenario, changes), 100 + i);
    const std::string file = std::to_string(i);
    runs.sim[i] = test::run_in_sim(plan, files / (file + ".sim"));
    const test::socket_run live = test::run_on_sockets(plan, files / (file + ".live"), speed);
    runs.live[i] = live.numbers;
    runs.compared[i] = compare_journals(files / (file + ".sim"), files / (file + ".live"));
    const std::lock_guard lock(mutex);
    runs.lateness = std::max(runs.lateness, live.lateness);
  });
  return runs;
}

// As a run itself says when its wake-ups were late: again, with a lower speed. A decision that
// differs on equal events is no matter of lateness, so that is asked of every try.
both_engines run_both_in_time(const short_variant& v) {
  both_engines runs;
  for (const double speed : {30.0, 15.0, 8.0}) {
    runs = run_both(v, speed);
    std::cout << fmt::format("  speed {}: wake-ups up to {:.0f} ms late\n", speed,
                             to_milliseconds(runs.lateness));
    for (const conformance& c : runs.compared) EXPECT_TRUE(c.holds());
    if (runs.lateness <= latest) break;
  }
  return runs;
}

void expect_same_decisions(const both_engines& runs) {
  std::size_t diverged = 0;
  std::uint64_t instances = 0;
  std::uint64_t equal = 0;
  std::uint64_t all = 0;
  for (const conformance& c : runs.compared) {
    diverged += c.diverged.size();
    instances += c.instances;
    equal += c.equal_events;
    all += c.events[0];
    for (const parting& p : c.violations)
      ADD_FAILURE() << "instance " << p.instance << ", event " << p.event << "\n sim  "
                    << p.events[0] << p.decisions[0] << "\n live " << p.events[1] << p.decisions[1];
  }
  std::cout << fmt::format("  {} of {} instances diverged, {} of {} events before that\n", diverged,
                           instances, equal, all);
  // A difference in every instance's first calls would leave nothing to be compared.
  EXPECT_GT(equal, all / 4);
}

class Library : public testing::TestWithParam<short_variant> {};

TEST_P(Library, AgreesOverFiveSeeds) {
  const short_variant& v = GetParam();
  const both_engines runs = run_both_in_time(v);
  for (const bound& b : bounds) {
    const double expected = mean_of(b.measure, runs.sim);
    const double got = mean_of(b.measure, runs.live);
    const double most = v.scenario == "rate_limit_storm" ? b.storm : b.elsewhere;
    EXPECT_LE(std::abs(got - expected), most * expected)
        << b.measure << ": sim " << expected << ", live " << got;
    if (expected > 0)
      std::cout << fmt::format("  {} {:+.2f} %\n", b.measure, (got - expected) / expected * 100);
  }
  expect_same_decisions(runs);
}

INSTANTIATE_TEST_SUITE_P(Short, Library, testing::ValuesIn(variants()),
                         [](const auto& of) { return of.param.scenario; });

}  // namespace
}  // namespace stampede
