#include "harness/plan.hpp"

#include <gtest/gtest.h>

#include "scenarios/loader.hpp"

namespace stampede {
namespace {

TEST(Plan, KeysOfAScenarioAreMaskedInWhatAReportKeeps) {
  EXPECT_EQ(with_keys_masked("api_keys = [\"sk-0123456789abcdef\", \"sk-short\"] # sk-", {}),
            "api_keys = [\"sk-****cdef\", \"sk-****\"] # sk-****");
  EXPECT_EQ(with_keys_masked("a task-force of risk-averse people", {}),
            "a task-force of risk-averse people");
  EXPECT_EQ(with_keys_masked("a: sk-dotted.secret.part-1, b: no key at all",
                             {"sk-dotted.secret.part-1", "no key at all"}),
            "a: sk-****rt-1, b: **** all");
  const run_plan plan = build_plan(parse_scenario(
      "name = \"x\"\nduration = \"1s\"\n[server]\napi_keys = [\"sk-very-secret-key-1234\"]\n",
      "x.toml"));
  EXPECT_EQ(info_of(plan, "sim", 1).source.find("very-secret"), std::string::npos);
  EXPECT_EQ(fleet_key(plan), "sk-very-secret-key-1234");
}

TEST(Plan, EveryKeyItNamesIsKnownTheLongestFirst) {
  const run_plan plan = build_plan(parse_scenario(
      "name = \"x\"\nduration = \"1s\"\n[[server.account]]\nkeys = [\"sk-a.SECRET\", \"sk-a\"]\n"
      "revoked = [\"sk-gone\"]\nrotations = [{ at = \"1s\", revoke = \"sk-a\", add = "
      "\"sk-later.one\" }]\n"
      "[[fleet]]\nname = \"one\"\napi_key = \"sk-a.SECRET\"\n[arrivals]\nkind = \"all_at_once\"\n",
      "x.toml"));
  EXPECT_EQ(api_keys_of(plan),
            (std::vector<std::string>{"sk-later.one", "sk-a.SECRET", "sk-gone", "sk-a"}));
  EXPECT_EQ(info_of(plan, "sim", 1).source.find("SECRET"), std::string::npos);
}

TEST(Plan, AReportKeepsWhatWasChangedWithKeysMasked) {
  const run_plan plan = build_plan(
      parse_scenario("name = \"x\"\nduration = \"1s\"\n", "x.toml",
                     {"server.slots = 7", "server.api_keys = [\"sk-very-secret-key-1234\"]"}));
  EXPECT_EQ(info_of(plan, "sim", 1).changes,
            (std::vector<std::string>{"server.slots = 7", "server.api_keys = [\"sk-****1234\"]"}));
}

TEST(Plan, AGroupPresentsItsKeyOrTheFirstOneKnown) {
  const run_plan plan = build_plan(parse_scenario(
      "name = \"x\"\nduration = \"1s\"\n[[server.account]]\nkeys = [\"sk-a\", \"sk-b\"]\n"
      "[[fleet]]\nname = \"one\"\n[[fleet]]\nname = \"two\"\napi_key = \"sk-b\"\n"
      "[arrivals]\nkind = \"all_at_once\"\n",
      "x.toml"));
  EXPECT_EQ(plan.groups.at(0).plan.api_key, "sk-a");
  EXPECT_EQ(plan.groups.at(1).plan.api_key, "sk-b");
}

TEST(Plan, TheSpeedLimitComesFromTheShortestDelay) {
  const run_plan plan =
      build_plan(parse_scenario("name = \"x\"\nduration = \"1s\"\n[server]\ntime_to_first_token = "
                                "\"100ms\"\n[[fleet]]\nname = \"a\"\n"
                                "[fleet.arrivals]\nkind = \"all_at_once\"\n",
                                "x.toml"));
  EXPECT_EQ(speed_limit_of(plan).shortest, std::chrono::milliseconds(100));
  EXPECT_EQ(speed_limit_of(plan).most, 50);
}

}  // namespace
}  // namespace stampede
