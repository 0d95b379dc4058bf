// Where nothing races, live equals sim from end to end: one instance, one call at a time, every
// kind of fault, streaming and not. Faults are drawn for the call and the attempt, and what
// could come first or second lies at least 50 ms of wall time apart, which is checked.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "harness/conformance.hpp"
#include "mockserver/faults/registry.hpp"
#include "tests/conformance/runs.hpp"

namespace stampede {
namespace {

constexpr double speed = 20;
constexpr duration margin{static_cast<std::int64_t>(0.050 * speed * 1e9)};

// All times are whole seconds but the jitter of a backoff, with which nothing competes.
constexpr const char* base = R"(
name = "race free"
duration = "1h"
[server]
time_to_first_token = "1s"
tokens_per_second = 10
stream_interval = "1s"
[client]
max_attempts = 3
time_budget = "0s"
timeout = "10s"
pace_after_timeout = false
retry_partial = true
heed_should_retry = true
backoff = { kind = "additive_jitter", base = "1s", cap = "2s", jitter = "1s" }
breaker = { failures = 0 }
[[fleet]]
name = "one"
[fleet.arrivals]
kind = "closed_loop"
think_time = "1s"
calls = 5
[fleet.workload]
prompt_tokens = 20
output_tokens = 30
stream = )";

struct variant {
  std::string kind;
  std::string options;
};

// One row or more a kind; a kind without a row runs with its defaults.
std::vector<variant> variants() {
  std::vector<variant> all{
      {"status", "status = 500"},
      {"status", "status = 401"},
      {"status", "status = 400\nshould_retry = true"},
      {"status", "status = 503\nshould_retry = false"},
      {"rate_limit", "retry_after = \"4s\""},
      {"rate_limit", "retry_after = \"none\"\nscope = \"instance\""},
      {"outage", "status = 503\nretry_after = \"3s\""},
      {"queue_hang", "hold = \"5s\"\nkeep_alive_every = \"2s\""},
      {"queue_hang", "hold = \"5s\"\nkeep_alive_every = \"2s\"\nthen = \"close\""},
      {"queue_hang", "hold = \"5s\"\nkeep_alive_every = \"2s\"\nthen = \"empty\""},
      {"queue_hang", "hold = \"5s\"\nkeep_alive_every = \"2s\"\nthen = \"error\""},
      {"queue_hang", "hold = \"4s\"\nsilent = true\nthen = \"503\""},
      {"queue_hang", "hold = \"1m\"\nkeep_alive_every = \"3s\""},  // until the timeout
      {"latency", "add = \"3s\""},
      {"latency", "add = \"30s\""},  // the same
      {"truncate", "cut_at = \"50%\""},
      {"truncate", "cut_at = \"80%\"\nending = \"close\""},
      {"truncate", "cut_at = \"30%\"\nending = \"reset\""},
      {"truncate", "cut_at = 0"},
      {"truncate", "inside = \"utf8\"\nending = \"reset\""},
      {"truncate", "inside = \"escape\""},
      {"truncate", "inside = \"frame\"\nending = \"close\""},
      {"truncate", "inside = \"between\""},
      {"reset", ""},
      {"reset", "wait = \"3s\""},
      {"reset", "cut_at = \"40%\""},
      {"close", ""},
      {"close", "cut_at = 300"},
      {"stall", ""},  // until the timeout
      {"stall", "cut_at = \"70%\"\nhold = \"4s\""},
      {"stall", "hold = \"4s\"\nthen = \"close\""},
      {"stall", "cut_at = 0\nhold = \"4s\"\nthen = \"reset\""},
      {"queue_hang", "hold = \"5s\"\nkeep_alive_every = \"2s\"\nthen = \"reset\""},
      {"slow_stream", "tokens_per_second = 5"},
      {"error_event", "cut_at = 20"},
      {"error_event", "cut_at = 0\nstatus = 429"},
      {"missing_finish", "leave_out = \"finish_reason\""},
      {"missing_finish", "leave_out = \"done\""},
      {"missing_finish", "leave_out = \"both\""},
      {"malformed_json", "cut_at = \"20%\""},
      {"malformed_json", "cut_at = \"90%\"\nhow = \"control\""},
      {"wrong_type", ""},
      {"wrong_type", "status = 200"},
      {"status", "status = 429\nretry_after = \"4s\"\nretry_after_as = \"date\""},
      {"status", "status = 429\nretry_after = \"2500ms\"\nretry_after_as = \"ms\""},
      {"status", "status = 503\nretry_after = \"2500ms\"\nretry_after_as = \"decimal\""},
      {"status", "status = 503\nretry_after = \"-5s\""},
      {"status", "status = 503\nretry_after_text = \"soon\""},
      {"sequence", "sequence = [\"429 retry_after=2\", \"truncate at=40%\", \"ok\"]"},
      {"sequence", "sequence = [\"503\", \"ok\", \"stall at=10%\"]\nper = \"all\"\nrepeat = true"},
      {"empty_content", ""},
      {"insufficient_resource", "cut_at = 10"},
      {"empty_content", "content = \"  \""},
  };
  for (const std::string_view kind : fault_kinds())
    if (std::none_of(all.begin(), all.end(), [&](const variant& v) { return v.kind == kind; }))
      all.push_back({std::string(kind), ""});
  return all;
}

run_plan plan_of(const variant& v, bool stream) {
  return build_plan(parse_scenario(base + std::string(stream ? "true" : "false") +
                                       "\n[[fault]]\nkind = \"" + v.kind + "\"\nratio = \"60%\"\n" +
                                       v.options + "\n",
                                   v.kind + ".toml"));
}

// Any event of the run against every wake-up that is still to come: together, or far apart.
void expect_no_race(const std::filesystem::path& file, const std::string& name) {
  journal_reader in(file);
  std::map<std::string, instant> pending;  // wake-ups, by machine and slot
  std::string_view line;
  while (in.next(line)) {
    const journal_line read = parse_journal_line(line);
    instant now;
    bool wakes = false;
    std::string who = "server";
    if (const auto* c = std::get_if<client_line>(&read.input)) {
      now = c->now;
      who = std::to_string(c->call.slot);
      const auto* event = std::get_if<client_event>(&c->what);
      wakes = event && std::holds_alternative<wakeup>(*event);
    } else {
      const server_line& s = std::get<server_line>(read.input);
      now = s.now;
      wakes = std::holds_alternative<server_wakeup>(s.what);
    }
    if (wakes && now < pending[who]) continue;  // an early one is nothing that happened
    for (const auto& [machine, due] : pending)
      EXPECT_TRUE(due <= now || due >= after(now, margin))
          << name << ", line " << in.line_number() << ": " << machine << " would wake "
          << (due - now).count() << " ns later";
    const std::size_t next = line.rfind("; next ");
    const std::string word(line.substr(next + 7));
    pending[who] = word == "never" ? never : instant{duration{std::stoll(word)}};
  }
}

// Whether the machine itself kept one side from its margin: what came next came that late.
bool margin_was_lost(const conformance& c) {
  if (!c.holds() || c.diverged.empty()) return false;
  const auto& at = c.diverged.front().at;
  return at[0] != never && at[1] != never &&
         (at[1] - at[0] > margin / 2 || at[0] - at[1] > margin / 2);
}

void expect_equal(const variant& v, bool stream, const test::scratch& files,
                  const std::string& file) {
  const std::string name = v.kind + (stream ? ", streamed, " : ", ") + v.options;
  const std::filesystem::path a = files / (file + ".sim");
  const std::filesystem::path b = files / (file + ".live");
  const run_plan plan = plan_of(v, stream);
  const measures sim = test::run_in_sim(plan, a);
  expect_no_race(a, name);
  EXPECT_EQ(sim.whole.calls.calls, 5) << name;
  measures live;
  conformance c;
  // A run that the machine held up by half a margin shows nothing; three in a row fail.
  for (int tries = 0; tries < 3; ++tries) {
    live = test::run_on_sockets(plan, b, speed).numbers;
    c = compare_journals(a, b);
    if (!margin_was_lost(c)) break;
    std::cout << "  held up, once more: " << name << "\n";
  }
  EXPECT_EQ(live.whole.cost.billed, sim.whole.cost.billed) << name;
  EXPECT_GE(c.equal_decisions, 20u) << name;
  EXPECT_EQ(c.equal_events, c.events[0]) << name;
  EXPECT_EQ(c.equal_events, c.events[1]) << name;
  for (const std::vector<parting>* list : {&c.diverged, &c.violations})
    for (const parting& p : *list)
      ADD_FAILURE() << name << ", event " << p.event << ", " << name_of(p.how) << "\n sim  "
                    << p.events[0] << p.decisions[0] << "\n live " << p.events[1] << p.decisions[1];
}

TEST(RaceFree, EveryKindOfFaultIsEqualFromEndToEnd) {
  const test::scratch files;
  const std::vector<variant> all = variants();
  const auto one = [&](std::size_t i) {
    expect_equal(all[i / 2], i % 2 == 1, files, std::to_string(i));
  };
  test::all_at_once(2 * all.size(), one, 16);
}

// The faults do happen: most variants need more than one attempt a call.
TEST(RaceFree, EveryFaultTakesSomeOfTheAttempts) {
  for (const variant& v : variants())
    for (const bool stream : {false, true}) {
      record_log log;
      run_sim(plan_of(v, stream), {}, log);
      EXPECT_TRUE(std::any_of(log.exchanges.begin(), log.exchanges.end(),
                              [](const exchange_record& e) { return e.fault == 0; }))
          << v.kind << " " << v.options;
    }
}

}  // namespace
}  // namespace stampede
