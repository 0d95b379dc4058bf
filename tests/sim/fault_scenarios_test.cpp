// scenarios/faults has a scenario for every kind of fault, and in each the fault does what its
// scenario says: it takes requests, and their clients notice.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "harness/recorder.hpp"
#include "harness/sim/sim_run.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

// What an attempt the fault took comes to, for the client's records.
const std::map<std::string_view, outcome> expected{
    {"status", outcome::server_error},
    {"rate_limit", outcome::rate_limited},
    {"outage", outcome::overloaded},
    {"queue_hang", outcome::success},
    {"latency", outcome::success},
    {"truncate", outcome::missing_finish},
    {"empty_content", outcome::empty_content},
    {"insufficient_resource", outcome::insufficient_resource},
    {"malformed_json", outcome::malformed_json},
    {"reset", outcome::connection_reset},
    {"close", outcome::connection_closed},
    {"stall", outcome::timed_out},
    {"slow_stream", outcome::success},
    {"error_event", outcome::error_event},
    {"missing_finish", outcome::missing_finish},
    {"wrong_type", outcome::server_error},
    {"sequence", outcome::truncated_json},
};

TEST(FaultScenarios, EveryKindHasOneAndItDoesWhatItSays) {
  for (const std::string_view kind : fault_kinds()) {
    const std::string path = "scenarios/faults/" + std::string(kind) + ".toml";
    ASSERT_TRUE(std::filesystem::exists(path)) << path;
    const run_plan plan = build_plan(load_scenario(path));
    ASSERT_EQ(plan.make_faults().size(), 1U) << kind;
    EXPECT_EQ(plan.make_faults()[0].kind(), kind);
    record_log log;
    const sim_result result = run_sim(plan, {}, log);
    ASSERT_EQ(result.faults.size(), 1U);
    EXPECT_GE(result.faults[0].taken, 20U) << kind;
    EXPECT_EQ(result.faults[0].unmet, "") << kind;
    const auto taken = static_cast<std::uint64_t>(
        std::count_if(log.exchanges.begin(), log.exchanges.end(),
                      [](const exchange_record& x) { return x.fault == 0; }));
    EXPECT_EQ(taken, result.faults[0].taken) << kind;
    ASSERT_EQ(expected.count(kind), 1U) << kind;
    const auto so =
        std::count_if(log.attempts.begin(), log.attempts.end(),
                      [&](const attempt_record& a) { return a.result == expected.at(kind); });
    EXPECT_GE(so, 15) << kind;
  }
}

TEST(FaultScenarios, AFaultNobodyMetIsSaidAtTheEnd) {
  const run_plan plan = build_plan(
      load_scenario("scenarios/faults/status.toml",
                    {"fault = [{ kind = \"status\", status = 500, match = { stream = true } }, "
                     "{ kind = \"status\", status = 503, count = 3 }]"}));
  record_log log;
  const sim_result result = run_sim(plan, {}, log);
  run_info info = info_of(plan, "sim", 1);
  note_faults(info, {result.faults});
  EXPECT_EQ(info.warnings, (std::vector<std::string>{"fault 1 (status) never took a request"}));
  EXPECT_EQ(info.faults[0].unmet, "never took a request");
  EXPECT_EQ(info.faults[1].taken, 3U);
  // One of several runs in which it was met is enough.
  run_info twice = info_of(plan, "sim", 1);
  note_faults(twice, {result.faults, {{5, ""}, {3, ""}}});
  EXPECT_TRUE(twice.warnings.empty());
}

}  // namespace
}  // namespace stampede
