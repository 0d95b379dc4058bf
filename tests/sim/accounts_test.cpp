// Money in a whole run: it runs out by itself, and the books agree with the records to the
// pico-dollar. Also that a run with accounts is as deterministic as one without.
#include <gtest/gtest.h>

#include "harness/recorder.hpp"
#include "harness/sim/sim_run.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t usd = 1'000'000'000'000;

const std::string two_teams = R"(
name = "two teams"
duration = "5m"
drain = "1m"

[server]
slots = 20
queue = 20

[[server.account]]
name = "poor"
keys = ["sk-poor"]
granted = "0.01"
topped_up = "0.02"
alert_below = "0.005"

[[server.account]]
name = "rich"
keys = ["sk-rich"]
topped_up = "50.00"
alert_below = "1.00"

[arrivals]
kind = "poisson"
rate = "2/s"

[workload]
cached_tokens = 2000
prompt_tokens = { distribution = "uniform", min = 100, max = 300 }
output_tokens = { distribution = "lognormal", median = 300, sigma = 0.5 }

[[fleet]]
name = "poor"
instances = 4
api_key = "sk-poor"

[[fleet]]
name = "rich"
instances = 4
api_key = "sk-rich"
)";

sim_result run(const std::string& toml, record_log& log, bool verify = false) {
  const run_plan plan = build_plan(parse_scenario(toml, "teams.toml"));
  return run_sim(plan, {.verify_bytes = verify}, log);
}

TEST(SimAccounts, MoneyRunsOutByItselfAndTheLedgerIsTheDifference) {
  record_log log;
  const sim_result result = run(two_teams, log);
  std::int64_t charged[2] = {0, 0};
  std::int64_t largest = 0;
  instant last_paid{};
  instant first_refused = never;
  for (const exchange_record& e : log.exchanges) {
    const bool poor = e.instance < 4;
    charged[poor ? 0 : 1] += e.charge.value;
    largest = std::max(largest, e.charge.value);
    if (e.status == 402) {
      EXPECT_TRUE(poor);
      EXPECT_EQ(e.charge.value, 0);
      first_refused = std::min(first_refused, e.arrived);
    }
    if (poor && e.charge.value > 0) last_paid = std::max(last_paid, e.arrived);
  }
  ASSERT_EQ(result.accounts.size(), 2U);
  const account_statement& poor = result.accounts[0];
  const account_statement& rich = result.accounts[1];
  EXPECT_EQ(poor.left.value().total().value, usd / 100 + 2 * usd / 100 - charged[0]);
  EXPECT_EQ(rich.left.value().total().value, 50 * usd - charged[1]);
  EXPECT_EQ(poor.spent.value, charged[0]);
  EXPECT_EQ(poor.left->granted.value, 0);
  EXPECT_LE(poor.left->total().value, 0);
  EXPECT_GT(poor.left->total().value, -40 * largest) << "what was under way, and no more";
  EXPECT_GT(charged[1], 0);
  EXPECT_LT(first_refused, run_start + 5min);
  EXPECT_GT(first_refused, last_paid) << "once empty, nothing is let in";
  EXPECT_FALSE(poor.alert.empty());
  EXPECT_TRUE(rich.alert.empty());
  std::int64_t refused = 0;
  for (const attempt_record& a : log.attempts) {
    if (a.result != outcome::insufficient_balance) continue;
    ++refused;
    EXPECT_EQ(a.attempt, 1) << "no retry brings money";
    EXPECT_EQ(a.kind, classification::persistent);
  }
  EXPECT_GT(refused, 100);
}

TEST(SimAccounts, TheSameSeedAndTheBytesGiveTheSameBooks) {
  record_log one, two, three;
  const sim_result first = run(two_teams, one);
  const sim_result again = run(two_teams, two);
  const sim_result verified = run(two_teams, three, true);
  EXPECT_EQ(first.fingerprint, again.fingerprint);
  EXPECT_EQ(first.fingerprint, verified.fingerprint);
  EXPECT_EQ(first.accounts[0].spent, again.accounts[0].spent);
  EXPECT_EQ(first.accounts[0].alert, verified.accounts[0].alert);
}

TEST(SimAccounts, ARotatedKeyFailsTheGroupThatKeepsTheOldOne) {
  record_log log;
  run(two_teams + R"(
[[server.account]]
name = "rotating"
keys = ["sk-old"]
rotations = [{ at = "60s", revoke = "sk-old", add = "sk-new" }]

[[fleet]]
name = "stale"
api_key = "sk-old"
)",
      log);
  int answered = 0;
  for (const exchange_record& e : log.exchanges) {
    if (e.instance != 8) continue;
    ++answered;
    EXPECT_EQ(e.status == 401, e.arrived >= run_start + 60s);
  }
  EXPECT_GT(answered, 100);
}

TEST(SimAccounts, TheClientsEstimateFollowsThePriceList) {
  record_log log;
  run(R"(
name = "hit cut"
duration = "60s"
[server]
date = "2026-04-26T12:14:30Z"
[[fleet]]
name = "a"
[arrivals]
kind = "constant"
rate = "2/s"
[workload]
model = "deepseek-v4-pro"
cached_tokens = 2000
service_time = "250ms"
)",
      log);
  // 2000 hit, 200 miss, 300 output: by list, and at a quarter with the hit price cut as well.
  constexpr std::int64_t before = 2000 * 145'000 + 200 * 1'740'000 + 300 * 3'480'000;
  constexpr std::int64_t later = 2000 * 3'625 + 200 * 435'000 + 300 * 870'000;
  for (const attempt_record& a : log.attempts) {
    EXPECT_EQ(a.charge.value, a.ended < run_start + 30s ? before : later);
    EXPECT_EQ(a.estimate, a.charge);
  }
  EXPECT_EQ(log.attempts.size(), 120U);
}

}  // namespace
}  // namespace stampede
