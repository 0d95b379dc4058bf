// scenarios/presets/NAME.toml shows what a preset does wrong: what it expects of a client fails
// under the preset it is named after, and holds under `recommended`.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "client/policy.hpp"
#include "harness/recorder.hpp"
#include "harness/sim/replications.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

std::vector<verdict> verdicts_of(const std::string& name, const std::vector<std::string>& changes) {
  const run_plan plan = build_plan(load_scenario(name, changes));
  const auto runs = run_replications(plan, 1, {});
  return judge(plan.expectations, runs.front().numbers, info_of(plan, "sim", 1));
}

std::string text_of(const std::vector<verdict>& verdicts) {
  std::string text;
  for (const verdict& v : verdicts)
    text +=
        v.measure + " " + v.limit + ": " + v.value + " (" + std::string(name_of(v.result)) + ")\n";
  return text;
}

class Preset : public ::testing::TestWithParam<std::string> {};

TEST_P(Preset, ShowsItsFlaw) {
  const auto verdicts = verdicts_of(GetParam(), {});
  std::printf("%s", text_of(verdicts).c_str());
  EXPECT_EQ(overall(verdicts), verdict_result::fail);
}

TEST_P(Preset, HasAFlawThatRecommendedHasNot) {
  const bool stacked = load_scenario(GetParam()).fleet.front().client.find("layers");
  const auto verdicts = verdicts_of(GetParam(), {stacked ? "client.layers = [\"recommended\"]"
                                                         : "client.preset = \"recommended\""});
  EXPECT_EQ(overall(verdicts), verdict_result::pass) << text_of(verdicts);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Preset, ::testing::ValuesIn(preset_scenarios()),
                         [](const auto& p) { return p.param; });

TEST(Presets, EachHasItsScenarioButTheOneToUse) {
  const auto scenarios = preset_scenarios();
  for (const std::string_view preset : preset_names()) {
    std::string name(preset);
    std::replace(name.begin(), name.end(), '-', '_');
    const bool found = std::find(scenarios.begin(), scenarios.end(), name) != scenarios.end();
    EXPECT_EQ(found, preset != "recommended") << name;
  }
}

}  // namespace
}  // namespace stampede
