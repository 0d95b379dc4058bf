// Every run of the library replays exactly: in both engines, under every preset.
#include "harness/replay.hpp"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/conformance/runs.hpp"

namespace stampede {
namespace {

struct library_case {
  std::string scenario;
  std::string preset;
};

std::vector<library_case> library_cases() {
  std::vector<library_case> cases;
  for (const std::string& scenario : library_scenarios())
    for (const std::string_view preset : preset_names())
      cases.push_back({scenario, std::string(preset)});
  return cases;
}

run_plan plan_of(const library_case& c, std::vector<std::string> changes = {}) {
  changes.push_back("client.preset = \"" + c.preset + "\"");
  return build_plan(load_scenario(c.scenario, changes));
}

// In the sim a refusal is there at once, and tenacity waits for nothing: it would ask for ever
// within one instant. A slow network, as real ones are, puts its attempts half a second apart.
run_plan plan_in_sim(const library_case& c) {
  if (c.preset != "tenacity") return plan_of(c);
  return plan_of(c, {"network.delay = \"250ms\""});
}

void expect_exact(const std::filesystem::path& file, const library_case& c) {
  const replay_result r = replay(file);
  EXPECT_GT(r.decisions, 1000u) << c.scenario << " " << c.preset;
  if (!r.difference) return;
  const replay_difference& d = *r.difference;
  ADD_FAILURE() << c.scenario << " " << c.preset << ", line " << d.line << ": " << d.event
                << "\n expected " << d.expected << "\n got " << d.got;
}

TEST(Replay, EverySimulatedRunOfTheLibraryIsExact) {
  const test::scratch files;
  for (const library_case& c : library_cases()) {
    test::run_in_sim(plan_in_sim(c), files / "run");
    expect_exact(files / "run", c);
  }
}

// As fast as the clock allows, all at once: lateness is no excuse here. Not even tenacity needs a
// wait of its own: what it may send is limited by what the sockets and this machine bear.
TEST(Replay, EveryLiveRunOfTheLibraryIsExact) {
  const test::scratch files;
  const std::vector<library_case> cases = library_cases();
  test::all_at_once(cases.size(), [&](std::size_t i) {
    const run_plan plan = plan_of(cases[i]);
    const std::filesystem::path file = files / std::to_string(i);
    test::run_on_sockets(plan, file, std::min(150.0, speed_limit_of(plan).most));
    expect_exact(file, cases[i]);
  });
}

// A run of streams, thinking, a queue, capacity windows, fallback and both kinds of timeout.
constexpr const char* everything = R"(
name = "everything"
duration = "60s"
drain = "2s"
[network]
delay = "20ms"
[server]
slots = 6
queue = 5
retry_after = "3s"
account_concurrency = 20
profile = "observed"
api_keys = ["sk-the-only-key-of-the-fleet"]
[[server.capacity]]
at = "20s"
for = "10s"
speed = 0.1
[client]
timeout = "8s"
silence_timeout = "6s"
fallback = ["deepseek-v4-pro"]
[[fleet]]
name = "streams"
instances = 10
[fleet.arrivals]
kind = "poisson"
rate = "4/s"
[fleet.workload]
prompt_tokens = 20
output_tokens = { distribution = "lognormal", median = 40, sigma = 0.5 }
stream = true
thinking = true
[[fleet]]
name = "loops"
instances = 4
[fleet.arrivals]
kind = "closed_loop"
think_time = "500ms"
[fleet.workload]
prompt_tokens = 20
output_tokens = 40
turns = 3
[[fault]]
kind = "truncate"
ratio = "10%"
ending = "reset"
[[fault]]
kind = "queue_hang"
ratio = "5%"
hold = "20s"
then = "error"
)";

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(Replay, NeedsNothingButTheFileAndTheFileHoldsNoKey) {
  const test::scratch files;
  const run_plan plan = build_plan(parse_scenario(
      everything, "nowhere.toml", {"server.api_keys = [\"sk-a-change-laid-over-it\"]"}));
  test::all_at_once(2, [&](std::size_t i) {
    const std::filesystem::path file = files / (i == 0 ? "sim" : "live");
    if (i == 0)
      test::run_in_sim(plan, file);
    else
      test::run_on_sockets(plan, file, 9);
    expect_exact(file, {"everything", i == 0 ? "sim" : "live"});
    const std::string text = text_of(file);
    EXPECT_EQ(text.find("only-key"), text.npos);
    EXPECT_EQ(text.find("laid-over"), text.npos);
    // Both ends of a stopped run are in it: clients that end calls, a server that is left.
    EXPECT_NE(text.find("run_ended"), text.npos);
    EXPECT_NE(text.find(" left "), text.npos);
  });
}

TEST(Replay, OfAReplicationIsExact) {
  const test::scratch files;
  run_plan plan = build_plan(parse_scenario(everything, "nowhere.toml", {}), 5);
  for (group_setup& g : plan.groups) g.client.replication = 3;
  journal to(files / "run", plan, {.engine = "sim", .speed = 1, .replication = 3});
  record_log log;
  run_sim(plan, {.replication = 3, .journal = &to}, log);
  to.keep();
  expect_exact(files / "run", {"everything", "replication 3"});
}

// One line changed: the replay stops there and says what it expected.
TEST(Replay, NamesTheFirstLineThatDiffers) {
  const test::scratch files;
  test::run_in_sim(build_plan(parse_scenario(everything, "nowhere.toml", {})), files / "run");
  const std::string text = text_of(files / "run");
  const auto tampered = [&](const std::string& what, const std::string& with) {
    const std::size_t at = text.find(what, text.size() / 2);
    EXPECT_NE(at, text.npos) << what;
    std::ofstream(files / "tampered", std::ios::binary)
        << text.substr(0, at) + with + text.substr(at + what.size());
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(at), '\n');
    const replay_result r = replay(files / "tampered");
    EXPECT_TRUE(r.difference && static_cast<long>(r.difference->line) == line)
        << what << " in line " << line;
    return r.difference.value_or(replay_difference{});
  };
  const replay_difference d = tampered("wait backoff 1", "wait backoff 2");
  EXPECT_NE(d.expected.find("wait backoff 2"), d.expected.npos);
  EXPECT_NE(d.got.find("wait backoff 1"), d.got.npos);
  tampered("; end ", "; cancel ");   // a server's decision
  tampered("; next 4", "; next 3");  // a wake-up
}

}  // namespace
}  // namespace stampede
