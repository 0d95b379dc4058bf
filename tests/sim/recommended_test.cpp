// The preset `recommended` against `guide`: the herd is smaller and recovery quicker, at no worse
// success, on equal arrivals, service times and faults.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/sim/replications.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

std::vector<measures> runs_of(const std::string& scenario, std::vector<std::string> changes,
                              const char* preset, std::uint32_t count) {
  changes.push_back(std::string("client.preset = \"") + preset + "\"");
  const auto runs = run_replications(build_plan(load_scenario(scenario, changes)), count, {});
  std::vector<measures> all;
  for (const replication& r : runs) all.push_back(r.numbers);
  return all;
}

double success(const measures& m) {
  return static_cast<double>(m.whole.calls.successes) / static_cast<double>(m.whole.calls.calls);
}

double largest_return(const measures& m) {
  const return_measures* r = m.herd.largest_return();
  return r ? *r->share() : 0;
}

template <class Measure>
double mean(const std::vector<measures>& runs, Measure of) {
  double sum = 0;
  for (const measures& m : runs) sum += of(m);
  return sum / static_cast<double>(runs.size());
}

TEST(Recommended, SucceedsNoLessInAnyScenarioOfTheLibrary) {
  for (const std::string& scenario : library_scenarios()) {
    const auto guide = runs_of(scenario, {}, "guide", 5);
    const auto ours = runs_of(scenario, {}, "recommended", 5);
    for (std::size_t i = 0; i < guide.size(); ++i)
      EXPECT_GE(success(ours[i]), success(guide[i])) << scenario << ", replication " << i;
    std::printf("  %-18s success %.4f / %.4f, largest return %.3f / %.3f\n", scenario.c_str(),
                mean(guide, success), mean(ours, success), mean(guide, largest_return),
                mean(ours, largest_return));
  }
}

TEST(Recommended, BringsASmallerHerdBack) {
  for (const char* scenario : {"rate_limit_storm", "outage_503", "guide", "vercel_ai", "polly"}) {
    const auto guide = runs_of(scenario, {}, "guide", 5);
    const auto ours = runs_of(scenario, {}, "recommended", 5);
    EXPECT_LT(mean(ours, largest_return), mean(guide, largest_return)) << scenario;
    EXPECT_GE(mean(ours, success), mean(guide, success)) << scenario;
  }
}

// A stall of ten seconds, timeouts of one: the guide's retries keep the server busy for ever with
// work nobody waits for. They come in waves, so that a few good seconds prove nothing.
TEST(Recommended, RecoversFromTheStormThatTheGuideKeepsUp) {
  for (const int load : {200, 250, 280}) {
    const std::vector<std::string> changes{"arrivals.rate = \"" + std::to_string(load) + "/s\""};
    const char* scenario = "scenarios/validation/metastable_policies.toml";
    const auto guide = runs_of(scenario, changes, "guide", 2);
    const auto ours = runs_of(scenario, changes, "recommended", 2);
    const auto recovery = [](const measures& m) {
      const auto slowest = m.recovery.slowest();
      return !slowest || *slowest == forever ? -1.0 : to_seconds(*slowest);
    };
    std::printf("  %d/s: success %.3f / %.3f, recovery %.1f / %.1f s\n", load, mean(guide, success),
                mean(ours, success), mean(guide, recovery), mean(ours, recovery));
    for (std::size_t i = 0; i < guide.size(); ++i) {
      EXPECT_EQ(guide[i].recovery.metastable.result, metastability::yes) << load;
      EXPECT_NE(ours[i].recovery.metastable.result, metastability::yes) << load;
      EXPECT_GT(recovery(ours[i]), 0) << load;
      EXPECT_GT(success(ours[i]), success(guide[i])) << load;
    }
  }
}

}  // namespace
}  // namespace stampede
