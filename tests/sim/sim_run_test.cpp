// The sim engine: deterministic, the same machines as on sockets, and what it must agree with.
#include "harness/sim/sim_run.hpp"
#include "harness/sim/replications.hpp"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "harness/recorder.hpp"
#include "reports/measures.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> library{"rate_limit_storm", "outage_503", "queue_hang",
                                       "truncated_json"};

run_plan plan_of(const std::string& toml, const std::vector<std::string>& changes = {}) {
  return build_plan(parse_scenario("name = \"test\"\n" + toml, "test.toml", changes));
}

sim_result run(const run_plan& plan, record_sink& sink, bool verify = false,
               std::uint32_t replication = 0) {
  return run_sim(plan, {.replication = replication, .verify_bytes = verify, .stop = nullptr}, sink);
}

std::uint64_t fingerprint_of(const run_plan& plan, bool verify = false) {
  record_log log;
  return run(plan, log, verify).fingerprint;
}

TEST(SimRun, TheSameSeedGivesTheSameRunAndAnotherSeedAnother) {
  for (const std::string& name : library) {
    const std::uint64_t first = fingerprint_of(build_plan(load_scenario(name)));
    EXPECT_EQ(first, fingerprint_of(build_plan(load_scenario(name)))) << name;
    EXPECT_NE(first, fingerprint_of(build_plan(load_scenario(name), 12345))) << name;
  }
}

// The keep-alives of a call that has given up arrive when another call has its slot, and hears
// nothing: its own timeout must still come.
TEST(SimRun, WhatComesLateDisturbsNoCallInTheSameSlot) {
  record_log log;
  run(plan_of(R"(
    duration = "20s"
    network = { delay = "20ms" }
    [[fleet]]
    name = "w"
    instances = 2
    arrivals = { kind = "constant", rate = "100/s" }
    [fleet.workload]
    model = "deepseek-v4-flash"
    [client]
    timeout = "1s"
    max_attempts = 1
    breaker = { failures = 0 }
    pace_after_timeout = false
    [[fault]]
    kind = "queue_hang"
    ratio = 0.5
    hold = "60s"
    keep_alive_every = "5ms"
    [[fault]]
    kind = "queue_hang"
    hold = "60s"
    silent = true
  )"),
      log);
  ASSERT_GT(log.calls.size(), 1'000U);
  for (const call_record& r : log.calls) {
    ASSERT_EQ(r.result, outcome::timed_out) << r.instance.value << " " << r.call;
    ASSERT_EQ(r.ended - r.started, 1s);
  }
}

// The first call's failure frees the slot the second waits for, and opens the breaker it then waits
// for instead.
TEST(SimRun, AQueuedCallWakesWhenTheBreakerLetsItGo) {
  record_log log;
  run(plan_of(R"(
    duration = "1s"
    drain = "10m"
    [[fleet]]
    name = "w"
    arrivals = { kind = "constant", rate = "2/s" }
    [fleet.workload]
    model = "deepseek-v4-flash"
    [client]
    time_budget = "5m"
    max_attempts = 3
    breaker = { failures = 1, open_for = "10s", wait = true }
    concurrency = { kind = "fixed", limit = 1, queue = 10 }
    [[fault]]
    kind = "queue_hang"
    for = "400ms"
    hold = "1s"
    then = "close"
  )"),
      log);
  ASSERT_EQ(log.calls.size(), 2U);
  for (const call_record& r : log.calls) {
    EXPECT_EQ(r.result, outcome::success);
    EXPECT_LT(r.ended, run_start + 60s);
  }
}

// A service that refuses everybody at once, and has no breaker to spare it.
run_plan refused(const std::string& duration, const std::string& rate, const std::string& client) {
  return plan_of("duration = \"" + duration + R"("
    [[fleet]]
    name = "w"
    arrivals = { kind = "constant", rate = ")" +
                 rate + R"(" }
    [fleet.workload]
    model = "deepseek-v4-flash"
    [client]
    breaker = { failures = 0 }
    )" + client + R"(
    [[fault]]
    kind = "rate_limit"
    retry_after = "none"
  )");
}

// Whoever is refused at once waits for his retry, not for the timeout of what is over.
TEST(SimRun, ARefusedCallHasOneWakeUpPending) {
  record_log log;
  const sim_result r = run(refused("20s", "50/s", R"(
    timeout = "1h"
    max_attempts = 4
    backoff = { kind = "full_jitter", base = "5s" })"),
                           log);
  EXPECT_GT(r.most_calls_pending, 300U);
  // And the next arrival, and the end of the drain.
  EXPECT_LE(r.most_events_pending, r.most_calls_pending + 2);
}

// The third attempt leaves at the deadline: time is up before it arrives, whether or not another
// call begins at that instant.
TEST(SimRun, AWakeUpOfTheVeryInstantComesBeforeTheRequest) {
  for (const std::string rate : {"1/s", "0.3/s"}) {
    record_log log;
    run(refused("11s", rate, R"(
    deadline = "10s"
    max_attempts = 9
    backoff = { kind = "fixed", base = "5s" })"),
        log);
    ASSERT_FALSE(log.calls.empty());
    for (const call_record& r : log.calls) {
      EXPECT_EQ(r.attempts, 3);
      EXPECT_EQ(r.why, stop_reason::deadline);
      EXPECT_EQ(r.ended - r.started, 10s);
    }
  }
}

// A watched client is told the parts of an answer one by one, another one all at once.
TEST(SimRun, WatchingClientsChangesNothing) {
  struct : client_observer {
    void on_start(const client_instance&, call_id, const call_request&, instant,
                  std::span<const client_effect>) override {}
    void on_event(const client_instance&, call_id, const client_event&, instant,
                  std::span<const client_effect>) override {
      ++events;
    }
    void on_stop(const client_instance&, instant, std::span<const client_effect>) override {}
    std::uint64_t events = 0;
  } watcher;
  for (const std::string& name : library) {
    for (const std::string_view preset : preset_names()) {
      if (preset == "tenacity") continue;  // no wait at all
      const run_plan plan =
          build_plan(load_scenario(name, {"client.preset = \"" + std::string(preset) + "\"",
                                          "network = { delay = \"20ms\" }"}));
      record_log log, watched_log;
      const sim_result alone = run_sim(plan, {}, log);
      const sim_result watched = run_sim(plan, {.watch_clients = &watcher}, watched_log);
      EXPECT_EQ(alone.fingerprint, watched.fingerprint) << name << " " << preset;
      EXPECT_EQ(alone.events, watched.events) << name << " " << preset;
    }
  }
  EXPECT_GT(watcher.events, 100'000U);
}

TEST(SimRun, AnAnswerStillOnItsWayWhenTheRunEndsIsBilledToItsAttempt) {
  const run_plan plan = plan_of(R"(
duration = "1s"
drain = "1ms"
network = { delay = "100ms" }
arrivals = { kind = "all_at_once" }
workload = { service_time = "850ms" }
[[fleet]]
)");
  record_log log;
  run(plan, log);
  ASSERT_EQ(log.attempts.size(), 1u);
  ASSERT_EQ(log.exchanges.size(), 1u);
  EXPECT_EQ(log.attempts[0].result, outcome::unfinished);
  EXPECT_TRUE(log.exchanges[0].whole);
  EXPECT_GT(log.exchanges[0].charge.value, 0);
  EXPECT_EQ(log.attempts[0].charge, log.exchanges[0].charge);
}

TEST(SimRun, EveryAttemptGivenUpBeforeItArrivesIsGoneWhenItDoes) {
  const run_plan plan = plan_of(R"(
duration = "1s"
network = { delay = "250ms" }
arrivals = { kind = "all_at_once" }
workload = { service_time = "10s" }
[client]
max_attempts = 3
timeout = "80ms"
pace_after_timeout = false
backoff = { kind = "fixed", base = "40ms", cap = "40ms" }
[[fleet]]
[[fleet]]
client = { timeout = "2s", max_attempts = 1 } # keeps the run going
)");
  record_log log;
  run(plan, log);
  ASSERT_EQ(log.exchanges.size(), 4u);
  for (const exchange_record& x : log.exchanges) {
    if (x.instance != 0) continue;
    EXPECT_TRUE(x.peer_left) << x.attempt;
    EXPECT_EQ(x.ended, x.arrived) << x.attempt;
  }
}

TEST(SimRun, AnAttemptIsChargedItsOwnExchangeAlsoWhenTheServerHasForgottenItsCall) {
  const run_plan plan = plan_of(R"(
duration = "1s"
drain = "2h"
arrivals = { kind = "all_at_once" }
workload = { service_time = "10s" }
[client]
max_attempts = 3
timeout = "1s"
time_budget = "0s"
pace_after_timeout = false
backoff = { kind = "fixed", base = "30m", cap = "30m" }
[[fleet]]
)");
  record_log log;
  run(plan, log);
  ASSERT_EQ(log.exchanges.size(), 3u);
  EXPECT_EQ(log.exchanges[2].attempt, 1);  // as the server counts
  ASSERT_EQ(log.attempts.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_GT(log.exchanges[i].charge.value, 0);
    EXPECT_EQ(log.attempts[i].charge, log.exchanges[i].charge) << i;
  }
}

TEST(SimRun, RenderingAndDecodingEveryAnswerChangesNothing) {
  for (const std::string& name : library)
    for (const char* more : {"workload.stream = false", "workload.stream = true"}) {
      const run_plan plan = build_plan(load_scenario(name, {more}));
      EXPECT_EQ(fingerprint_of(plan), fingerprint_of(plan, true)) << name << " " << more;
    }
}

TEST(SimRun, EveryCallEndsOnceAndEveryAttemptMeetsItsExchange) {
  for (const std::string& name : library) {
    for (const char* preset : {"guide", "guide-snippet"}) {
      const run_plan plan =
          build_plan(load_scenario(name, {std::string("client.preset = \"") + preset + "\""}));
      record_log log;
      run(plan, log);
      EXPECT_EQ(log.attempts.size(), log.exchanges.size()) << name << " " << preset;
      std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint16_t>> attempts;
      std::set<std::pair<std::uint32_t, std::uint32_t>> calls;
      std::int64_t charged = 0, billed = 0;
      for (const attempt_record& a : log.attempts) {
        EXPECT_TRUE(attempts.insert({a.instance.value, a.call, a.attempt}).second);
        charged += a.charge.value;
      }
      for (const exchange_record& e : log.exchanges) {
        EXPECT_TRUE(attempts.count({e.instance, e.call, e.attempt}));
        billed += e.charge.value;
      }
      for (const call_record& c : log.calls)
        EXPECT_TRUE(calls.insert({c.instance.value, c.call}).second);
      EXPECT_EQ(charged, billed) << name << " " << preset;
    }
  }
}

TEST(SimRun, AChangedPolicyChangesNobodysArrivalsOrServiceTimes) {
  const auto facts = [](const char* preset) {
    record_log log;
    run(build_plan(
            load_scenario("truncated_json", {std::string("client.preset = \"") + preset + "\""})),
        log);
    std::set<std::tuple<std::uint32_t, std::uint32_t, std::int64_t>> arrivals;
    std::map<std::tuple<std::uint32_t, std::uint32_t>, std::pair<std::int64_t, int>> first_tries;
    for (const call_record& c : log.calls)
      arrivals.insert({c.instance.value, c.call, c.intended.time_since_epoch().count()});
    for (const exchange_record& e : log.exchanges)
      if (e.attempt == 1) first_tries[{e.instance, e.call}] = {e.busy.count(), e.fault};
    return std::pair{arrivals, first_tries};
  };
  EXPECT_EQ(facts("guide"), facts("guide-snippet"));
}

TEST(SimRun, AnotherInstanceShiftsNobodysDraws) {
  const std::string toml =
      "duration = \"60s\"\n[[fleet]]\nname = \"a\"\ninstances = 5\n[fleet.arrivals]\nkind = "
      "\"closed_loop\"\n"
      "think_time = { distribution = \"exponential\", mean = \"2s\" }\n[server]\nslots = 0\n";
  const auto starts = [&](const std::string& more) {
    record_log log;
    run(plan_of(toml + more), log);
    std::set<std::tuple<std::uint32_t, std::uint32_t, std::int64_t>> all;
    for (const call_record& c : log.calls)
      if (c.instance.value < 5)
        all.insert({c.instance.value, c.call, c.ended.time_since_epoch().count()});
    return all;
  };
  EXPECT_EQ(starts(""), starts("[[fleet]]\nname = \"b\"\ninstances = 3\n"));
}

TEST(SimRun, ReplicationsDoNotDependOnTheNumberOfThreads) {
  const run_plan plan = build_plan(load_scenario("outage_503"));
  const auto one = run_replications(plan, 6, {.threads = 1, .stop = nullptr});
  const auto two = run_replications(plan, 6, {.threads = 2, .stop = nullptr});
  ASSERT_EQ(one.size(), 6u);
  ASSERT_EQ(two.size(), 6u);
  std::set<std::uint64_t> different;
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(one[i].result.fingerprint, two[i].result.fingerprint);
    EXPECT_EQ(one[i].numbers.whole.calls.successes, two[i].numbers.whole.calls.successes);
    different.insert(one[i].result.fingerprint);
  }
  EXPECT_EQ(different.size(), 6u);
}

TEST(SimRun, ANetworkDelayIsPaidBothWays) {
  const std::string toml =
      "duration = \"5s\"\n[network]\ndelay = \"40ms\"\n[server]\ntime_to_first_token = \"100ms\"\n"
      "tokens_per_second = 1000\n[[fleet]]\nname = \"a\"\n[fleet.arrivals]\nkind = "
      "\"all_at_once\"\n"
      "[fleet.workload]\noutput_tokens = 100\n";
  record_log log;
  run(plan_of(toml), log);
  ASSERT_EQ(log.calls.size(), 1u);
  EXPECT_EQ(log.calls[0].ended - log.calls[0].intended, 40ms + 100ms + 100ms + 40ms);
}

TEST(SimRun, ARetryWithoutDelayIsAClearErrorNotAnEndlessLoop) {
  const run_plan plan = plan_of(
      "duration = \"5s\"\n[server]\n[[fault]]\nkind = \"outage\"\n[[fleet]]\nname = "
      "\"a\"\n[fleet.arrivals]\n"
      "kind = \"all_at_once\"\n[client]\nmax_attempts = 0\nserver_error_retries = -1\nbreaker = { "
      "failures = 0 }\n"
      "backoff = { kind = \"fixed\", base = \"0s\" }\n");
  record_log log;
  EXPECT_THROW(run(plan, log), endless_instant);
}

TEST(SimRun, LittlesLawHoldsInTheServer) {
  const run_plan plan = plan_of(
      "duration = \"2000s\"\n[server]\nslots = 5\nqueue = 100000\n[[fleet]]\nname = "
      "\"a\"\n[fleet.arrivals]\n"
      "kind = \"poisson\"\nrate = \"4/s\"\n[fleet.workload]\nservice_time = { distribution = "
      "\"exponential\", "
      "mean = \"1s\" }\n");
  record_log log;
  run(plan, log);
  // L, integrated event by event, is lambda W, from the records: the same sum in two orders.
  std::vector<std::pair<instant, int>> steps;
  std::int64_t time_in_system = 0;
  for (const exchange_record& e : log.exchanges) {
    steps.push_back({e.arrived, 1});
    steps.push_back({e.ended, -1});
    time_in_system += (e.ended - e.arrived).count();
  }
  std::sort(steps.begin(), steps.end());
  std::int64_t area = 0;
  int here = 0;
  instant last{};
  for (const auto& [at, change] : steps) {
    area += here * (at - last).count();
    here += change;
    last = at;
  }
  EXPECT_EQ(area, time_in_system);
}

}  // namespace
}  // namespace stampede
