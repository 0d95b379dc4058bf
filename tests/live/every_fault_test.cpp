// Many calls on real sockets while everything goes wrong at once, under policies that remember.
// Under the sanitizers (presets asan and tsan) a hundred thousand of them.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "harness/live/live_run.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int calls_each = 500;
#else
constexpr int calls_each = 25;
#endif

constexpr const char* frame = R"(
name = "everything goes wrong"
duration = "24h"
drain = "10m"
[server]
slots = 150
queue = 50
time_to_first_token = "100ms"
tokens_per_second = 200
[arrivals]
kind = "closed_loop"
think_time = "100ms"
spread = "2s"
[workload]
prompt_tokens = 20
output_tokens = { distribution = "uniform", min = 1, max = 40 }
[client]
preset = "recommended"
time_budget = "20s"
timeout = "5s"
thinking_timeout = "5s"
fallback = ["deepseek-v4-pro"]
)";

constexpr const char* groups[] = {
    "", "stream = true", "[fleet.client]\nlayers = [\"langchain\", \"openai-python\"]\n",
    "[fleet.client]\npreset = \"resilience4j\"\ndeadline = "
    "\"4s\"\n[fleet.client.concurrency]\nkind "
    "= \"aimd\"\n",
    "stream = true\n[fleet.client]\npreset = \"envoy\"\nretry_partial = true\n"
    "[fleet.client.throttle]\nkind = \"google_sre\"\nshared = true\n"};

// What a kind cannot do without; those of others are their defaults.
const std::map<std::string_view, std::string> needs{
    {"status", "status = 500\n"},
    {"latency", "add = \"500ms\"\n"},
    {"outage", "count = 200\n"},
    {"rate_limit", "retry_after = \"1s\"\nadmit = \"10/s\"\n"},
    {"queue_hang", "hold = \"8s\"\nkeep_alive_every = \"400ms\"\n"},
    {"truncate", "ending = \"reset\"\n"},
};

std::string scenario_text() {
  std::string text = frame;
  for (const char* group : groups) {
    text += "[[fleet]]\nname = \"g" + std::to_string(text.size()) + "\"\ninstances = 40\n" +
            "[fleet.arrivals]\ncalls = " + std::to_string(calls_each) + "\n[fleet.workload]\n" +
            group + "\n";
  }
  for (const std::string_view kind : fault_kinds()) {
    const auto found = needs.find(kind);
    const std::string options = found == needs.end() ? "" : found->second;
    const std::string fault =
        "[[fault]]\nkind = \"" + std::string(kind) + "\"\nratio = 0.04\n" + options;
    try {  // a kind of others that needs more than its name is theirs to test
      build_plan(parse_scenario(text + fault, "one"));
      text += fault;
    } catch (const config_error&) {
      EXPECT_EQ(found, needs.end()) << kind;
    }
  }
  return text;
}

TEST(EveryFault, NoCallIsLostAndNoneEndsTwice) {
  const run_plan plan = build_plan(parse_scenario(scenario_text(), "everything.toml"));
  const live_result result = run_live(plan, {.speed = 10});
  const std::size_t expected = std::size(groups) * 40u * calls_each;
  EXPECT_EQ(result.client.calls.size(), expected);
  std::set<std::pair<std::uint32_t, std::uint32_t>> calls;
  std::map<outcome, std::size_t> outcomes;
  std::size_t attempts = 0;
  for (const call_record& c : result.client.calls) {
    EXPECT_TRUE(calls.insert({c.instance.value, c.call}).second);
    EXPECT_NE(c.result, outcome::unfinished);
    attempts += c.attempts;
  }
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint16_t>> seen;
  for (const attempt_record& a : result.client.attempts) {
    EXPECT_TRUE(seen.insert({a.instance.value, a.call, a.attempt}).second);
    ++outcomes[a.result];
  }
  EXPECT_EQ(attempts, seen.size());
  EXPECT_GE(outcomes.size(), 8u);
  EXPECT_FALSE(result.interrupted);
  std::printf("  %zu calls, %zu attempts:", calls.size(), attempts);
  for (const auto& [kind, count] : outcomes)
    std::printf(" %s %zu", std::string(name_of(kind)).c_str(), count);
  std::printf("\n");
}

}  // namespace
}  // namespace stampede
