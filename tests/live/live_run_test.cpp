// The whole path in one process: plans on real sockets, from arrivals to records.
#include "harness/live/live_run.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <tuple>

#include "reports/measures.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

run_plan plan_of(const std::string& toml) {
  return build_plan(parse_scenario("name = \"test\"\n" + toml, "test.toml"));
}

constexpr const char* small_fleet = R"(
duration = "20s"
[server]
slots = 64
time_to_first_token = "300ms"
[[fleet]]
name = "all"
instances = 4
[fleet.arrivals]
kind = "poisson"
rate = "5/s"
[fleet.workload]
cached_tokens = 2000
prompt_tokens = 200
output_tokens = 60
)";

measures fold(live_result result, const run_plan& plan) {
  measure_fold f(fold_options::of(info_of(plan, "live", 1)));
  fold_records(std::move(result.client), std::move(result.server), f);
  return f.finish(result.measured);
}

TEST(LiveRun, EveryCallOfAHealthyServiceSucceedsAtItsPrice) {
  const run_plan plan = plan_of(small_fleet);
  live_result result = run_live(plan, {.speed = 20});
  ASSERT_GT(result.client.calls.size(), 60u);
  EXPECT_EQ(result.client.attempts.size(), result.server.exchanges.size());
  for (const call_record& c : result.client.calls) EXPECT_EQ(c.result, outcome::success);
  for (const exchange_record& e : result.server.exchanges) {
    EXPECT_TRUE(e.by_header);
    EXPECT_EQ(e.usage, (token_usage{2000, 200, 60}));
    EXPECT_EQ(e.charge.value, 2000 * 28'000 + 200 * 140'000 + 60 * 280'000);
  }
  // The client's own estimate came over the wire, in the usage of each answer.
  for (const attempt_record& a : result.client.attempts) EXPECT_EQ(a.estimate.value, 100'800'000);
}

TEST(LiveRun, AStreamIsWholeAndItsFirstTokenComesFirst) {
  const run_plan plan = plan_of(std::string(small_fleet) + "stream = true\n");
  const live_result result = run_live(plan, {.speed = 10});
  ASSERT_GT(result.client.calls.size(), 60u);
  for (const call_record& c : result.client.calls) {
    EXPECT_EQ(c.result, outcome::success);
    EXPECT_LT(c.first_token, c.ended);
  }
}

TEST(LiveRun, CallsAndAttemptsAreCountedOnceAndRefusedCallsComeBack) {
  const run_plan plan = plan_of(std::string(small_fleet) + R"(
[[fault]]
kind = "rate_limit"
at = "2s"
for = "6s"
retry_after = "3s"
)");
  live_result result = run_live(plan, {.speed = 20});
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint16_t>> seen;
  for (const attempt_record& a : result.client.attempts)
    EXPECT_TRUE(seen.insert({a.instance.value, a.call, a.attempt}).second);
  const measures m = fold(std::move(result), plan);
  EXPECT_GT(m.whole.retries.retries, 5);
  EXPECT_EQ(m.whole.retries.early, 0);
  EXPECT_EQ(m.whole.retries.attempts, static_cast<std::int64_t>(seen.size()));
}

TEST(LiveRun, TheSameArrivalsUnderAnyPolicy) {
  const auto intended = [](const char* preset) {
    const run_plan plan = build_plan(
        parse_scenario("name = \"test\"\n" + std::string(small_fleet) +
                           "[[fault]]\nkind = \"status\"\nstatus = 503\nratio = 0.4\n",
                       "test.toml", {std::string("client.preset = \"") + preset + "\""}));
    const live_result result = run_live(plan, {.speed = 40});
    std::set<std::tuple<std::uint32_t, std::uint32_t, std::int64_t>> all;
    for (const call_record& c : result.client.calls)
      all.insert({c.instance.value, c.call, c.intended.time_since_epoch().count()});
    return all;
  };
  EXPECT_EQ(intended("guide"), intended("guide-snippet"));
}

TEST(LiveRun, StoppingItEarlyKeepsWhatWasMeasured) {
  const run_plan plan = plan_of(small_fleet);
  const std::atomic<bool> stop{true};
  const live_result result = run_live(plan, {.speed = 1, .stop = &stop});
  EXPECT_TRUE(result.interrupted);
  EXPECT_LT(result.measured, 5s);
}

TEST(LiveRun, ASpeedThatTheWallClockCannotFollowIsRefused) {
  const run_plan plan = plan_of(small_fleet);
  EXPECT_THROW(run_live(plan, {.speed = 900}), config_error);
}

TEST(LiveRun, MoreSocketsThanAProcessMayOpenIsSaidBeforeTheStart) {
  std::string toml = small_fleet;
  toml.replace(toml.find("instances = 4"), 13, "instances = 900000");
  toml.replace(toml.find("kind = \"poisson\"\nrate = \"5/s\""), 29, "kind = \"all_at_once\"");
  try {
    run_live(plan_of(toml), {.speed = 1});
    FAIL();
  } catch (const cannot_run& e) {
    EXPECT_NE(std::string(e.what()).find("sockets at once"), std::string::npos);
  }
}

}  // namespace
}  // namespace stampede
