// Transcripts of what an instance remembers: retry budgets, throttles, the concurrency limit and
// its queue, deadlines, layers.
#include <gtest/gtest.h>

#include "tests/unit/client/transcript.hpp"

namespace stampede::testing {
namespace {

client_policy eager() {
  client_policy p;
  p.name = "eager";
  p.max_attempts = 0;
  p.backoff = {.kind = backoff_kind::fixed, .base = 1s};
  return p;
}

client_policy queueing(std::uint32_t limit, std::uint32_t queue) {
  client_policy p = eager();
  p.max_attempts = 2;
  p.concurrency = {.kind = concurrency_kind::fixed, .limit = limit, .queue = queue};
  return p;
}

// --- retry budgets ------------------------------------------------------------------------

// Retries allowed in a total outage: every call fails until its budget ends it.
int retries_of_an_outage(const client_policy& p, outcome result) {
  script s(p);
  int retries = 0;
  for (int call = 0; call < 40; ++call) {
    const call_id id = s.start(0s);
    for (std::uint16_t attempt = 1;; ++attempt) {
      if (result == outcome::timed_out)
        s.wake_when_due(id);
      else
        s.answer(id, 0s, attempt, 500, result);
      if (s.client.next_wakeup(id) == never) break;
      s.wake_when_due(id);
      ++retries;
    }
  }
  for (const call_record& c : s.records.calls) EXPECT_EQ(c.why, stop_reason::retry_budget);
  return retries;
}

TEST(Limits, ATotalOutageSpendsExactlyTheBudget) {
  client_policy p = eager();
  p.timeout = 10s;
  p.retry_budget = usual_budget(retry_budget_kind::aws);
  EXPECT_EQ(retries_of_an_outage(p, outcome::server_error), 100);
  EXPECT_EQ(retries_of_an_outage(p, outcome::timed_out), 50);
  p.retry_budget.cost = p.retry_budget.timeout_cost = 14;
  EXPECT_EQ(retries_of_an_outage(p, outcome::server_error), 35);
  p.retry_budget = usual_budget(retry_budget_kind::grpc);
  EXPECT_EQ(retries_of_an_outage(p, outcome::server_error), 4);
}

TEST(Limits, ASpentBudgetAdvancesTheChain) {
  client_policy p = eager();
  p.fallback = {"deepseek-v4-pro"};
  p.retry_budget = {.kind = retry_budget_kind::aws, .capacity = 5};
  script s(p);
  const call_id id = s.start(0s);
  s.answer(id, 0s, 1, 500, outcome::server_error);
  s.wake_when_due(id);
  s.answer(id, 2s, 2, 500, outcome::server_error);
  EXPECT_EQ(s.said(), "send 1, send 2, send 3 on deepseek-v4-pro");
  EXPECT_EQ(s.records.attempts[1].why, stop_reason::retry_budget);
}

TEST(Limits, AnEnvoyPermitComesBackHoweverTheRetryEnds) {
  client_policy p = eager();
  p.timeout = 10s;
  p.retry_budget = usual_budget(retry_budget_kind::envoy);
  p.retry_budget.min_concurrent = 1;
  script s(p);
  const auto retry_is_free = [&](duration t) {
    const call_id id = s.start(t);
    s.answer(id, t, 1, 500, outcome::server_error);
    const bool waits = s.client.next_wakeup(id) != never;
    s.leave(id, t);
    s.said();
    return waits;
  };
  const call_id holder = s.start(0s);
  s.answer(holder, 0s, 1, 500, outcome::server_error);
  EXPECT_FALSE(retry_is_free(0s));  // while it waits
  s.wake(holder, 1s);
  EXPECT_FALSE(retry_is_free(1s));  // and while it is under way
  s.answer(holder, 2s, 2, 200, outcome::success);
  EXPECT_TRUE(retry_is_free(2s));  // which then left, waiting, and gave it back, too
  EXPECT_TRUE(retry_is_free(2s));
  const call_id timed_out = s.start(3s);
  s.answer(timed_out, 3s, 1, 500, outcome::server_error);
  s.wake(timed_out, 4s);
  s.leave(timed_out, 5s);  // under way
  EXPECT_TRUE(retry_is_free(5s));
}

TEST(Limits, AnEnvoyPermitIsForARetryAndNotForTheNextModel) {
  client_policy p = eager();
  p.fallback = {"deepseek-v4-pro"};
  p.breaker = {.failures = 2};
  p.retry_budget = usual_budget(retry_budget_kind::envoy);
  p.retry_budget.min_concurrent = 1;
  script s(p);
  const call_id holder = s.start(0s);
  s.answer(holder, 0s, 1, 500, outcome::server_error);
  const call_id other = s.start(0s);
  s.answer(other, 0s, 1, 500, outcome::server_error);  // opens the breaker
  s.wake(holder, 1s);
  EXPECT_EQ(s.said(), "send 1, send 1, send 2 on deepseek-v4-pro, send 2 on deepseek-v4-pro");
  const call_id third = s.start(2s);
  s.answer(third, 2s, 1, 500, outcome::server_error);
  EXPECT_EQ(s.client.next_wakeup(third), at(3s)) << "the only permit is free again";
}

TEST(Limits, ACallEndsWhereItsAttemptsCannotBeNumberedAnyMore) {
  client_policy p = eager();
  p.time_budget = 0s;
  script s(p);
  const call_id id = s.start(0s);
  duration t = 0s;
  for (std::uint32_t attempt = 1; attempt <= 65'535; ++attempt) {
    s.answer(id, t, static_cast<std::uint16_t>(attempt), 500, outcome::server_error);
    s.wake(id, t += 1s);
  }
  ASSERT_EQ(s.records.calls.size(), 1u);
  EXPECT_EQ(s.records.calls[0].attempts, 65'535u);
  EXPECT_EQ(s.records.calls[0].why, stop_reason::attempts_used);
  EXPECT_EQ(s.records.calls[0].result, outcome::server_error);
}

TEST(Limits, ASharedBudgetIsTheGroups) {
  client_policy p = eager();
  p.retry_budget = {.kind = retry_budget_kind::aws, .capacity = 5, .shared = true};
  p.breaker = {.failures = 2, .open_for = 60s, .shared = true};
  const client_setup setup{.policy = p,
                           .models = model_chain(p, "deepseek-v4-flash", deepseek::default_date)};
  kept_records records;
  session_pool pool;
  client_instance a(setup, {0}, records, pool), b(setup, {1}, records, pool);
  effects<client_effect> out;
  const auto fails = [&](client_instance& c) {
    const call_id id = c.next_id();
    c.start(id, {}, at(0s), out);
    c.on(id, head_received{1, 500, no_duration}, at(0s), out);
    c.on(id, reply_received{1, outcome::server_error, {}}, at(0s), out);
    return c.next_wakeup(id) == never;
  };
  EXPECT_FALSE(fails(a));
  EXPECT_TRUE(fails(b));  // a has taken the only retry, and this was the second failure
  EXPECT_EQ(a.breaker_of(0).state(), breaker_state::open);
}

// --- the queue ----------------------------------------------------------------------------

TEST(Limits, WhoFreesASlotRunsTheFirstThatWaits) {
  script s(queueing(2, 10));
  const call_id a = s.start(0s), b = s.start(0s), c = s.start(0s), d = s.start(1s);
  EXPECT_EQ(s.said(), "send 1, send 1");
  EXPECT_EQ(s.client.next_wakeup(c), never);  // as patient as its call
  s.answer(a, 2s, 1, 200, outcome::success);
  EXPECT_EQ(s.said(), "finish success by success, send 1");
  s.answer(c, 3s, 1, 200, outcome::success);
  EXPECT_EQ(s.said(), "finish success by success, send 1");
  s.answer(b, 4s, 1, 200, outcome::success);
  s.answer(d, 5s, 1, 200, outcome::success);
  EXPECT_EQ(s.said(), "finish success by success, finish success by success");
  EXPECT_EQ(s.client.limits()->in_flight, 0u);
}

// It was not fed, and nothing else would tell the engine that it has another wake-up.
TEST(Limits, AQueuedCallThatTheBreakerHasWaitIsNamed) {
  client_policy p = queueing(1, 10);
  p.breaker = {.failures = 1, .open_for = 10s, .wait = true};
  script s(p);
  const call_id a = s.start(0s), b = s.start(0s);
  EXPECT_EQ(s.said(), "send 1");
  EXPECT_EQ(s.client.next_wakeup(b), never);
  s.answer(a, 1s, 1, 503, outcome::overloaded);
  EXPECT_EQ(s.said(), "rearm");
  EXPECT_GE(s.client.next_wakeup(b), at(11s));
  EXPECT_LT(s.client.next_wakeup(b), at(20s));
}

TEST(Limits, ARetryQueuesBehindThoseThatCameBefore) {
  script s(queueing(1, 10));
  const call_id a = s.start(0s);
  const call_id b = s.start(0s);
  s.answer(a, 1s, 1, 429, outcome::rate_limited);
  EXPECT_EQ(s.said(), "send 1, send 1");  // b has the slot while a waits
  s.wake_when_due(a);
  EXPECT_EQ(s.said(), "");
  s.answer(b, 5s, 1, 200, outcome::success);
  EXPECT_EQ(s.said(), "finish success by success, send 2");
}

TEST(Limits, AFullQueueRefusesAndAnImpatientCallGivesUp) {
  client_policy p = queueing(1, 1);
  p.concurrency.queue_timeout = 5s;
  script s(p);
  s.start(0s);
  const call_id waits = s.start(1s);
  s.start(2s);
  EXPECT_EQ(s.said(), "send 1, finish throttled by queue");
  EXPECT_EQ(s.client.next_wakeup(waits), at(6s));
  s.wake(waits, 5s);
  EXPECT_EQ(s.said(), "");
  s.wake(waits, 6s);
  EXPECT_EQ(s.said(), "finish throttled by queue");
  EXPECT_EQ(s.client.limits()->waiting, 0u);
}

TEST(Limits, ACallerWhoLeavesTheQueueIsPassedOver) {
  script s(queueing(1, 10));
  const call_id a = s.start(0s), b = s.start(0s), c = s.start(0s);
  s.said();
  s.leave(b, 1s);
  EXPECT_EQ(s.said(), "finish cancelled by cancelled");
  s.leave(a, 2s);  // its slot goes to c at once
  EXPECT_EQ(s.said(), "cancel 1, finish cancelled by cancelled, send 1");
  s.answer(c, 3s, 1, 200, outcome::success);
  EXPECT_EQ(s.said(), "finish success by success");
}

TEST(Limits, AWaiterWhoseBreakerOpenedMeanwhileLeavesTheQueueToTheNext) {
  client_policy p = queueing(1, 10);
  p.breaker = {.failures = 1, .open_for = 60s};
  script s(p);
  const call_id a = s.start(0s);
  s.start(0s);
  s.start(0s);
  s.said();
  s.answer(a, 1s, 1, 503, outcome::overloaded);
  EXPECT_EQ(s.said(),
            "finish overloaded by breaker, finish breaker_open by breaker, finish breaker_open by "
            "breaker");
  EXPECT_EQ(s.client.limits()->waiting, 0u);
}

TEST(Limits, TheTimeBudgetEndsAWaitForASlot) {
  client_policy p = queueing(1, 10);
  p.time_budget = 30s;
  script s(p);
  s.start(0s);
  const call_id waits = s.start(1s);
  s.said();
  EXPECT_EQ(s.wake_when_due(waits), 31s);
  EXPECT_EQ(s.said(), "finish throttled by queue");
}

TEST(Limits, AimdLetsMoreInAsAnswersComeAndFewerWhenRefused) {
  client_policy p = eager();
  p.max_attempts = 1;
  p.concurrency = {.kind = concurrency_kind::aimd,
                   .limit = 1,
                   .least = 1,
                   .most = 8,
                   .backoff_milli = 500,
                   .queue = 100};
  script s(p);
  std::vector<call_id> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(s.start(0s));
  EXPECT_EQ(s.said(), "send 1");
  s.answer(calls[0], 1s, 1, 200, outcome::success);
  EXPECT_EQ(s.said(), "finish success by success, send 1, send 1");  // the limit is 2
  s.answer(calls[1], 2s, 1, 429, outcome::rate_limited);
  EXPECT_EQ(s.said(), "finish rate_limited by attempts_used");  // 1, and one is under way
  s.answer(calls[2], 3s, 1, 200, outcome::success);
  EXPECT_EQ(s.said(), "finish success by success, send 1, send 1");
}

// --- throttles ----------------------------------------------------------------------------

TEST(Limits, BeyondTheLineCallsStartAtTheThrottlesRate) {
  client_policy p = eager();
  p.throttle = {.kind = throttle_kind::retry_line, .line = 2, .rate_micro = 1'000'000};
  script s(p);
  const call_id storm = s.start(0s);
  for (std::uint16_t attempt = 1; attempt <= 3; ++attempt) {
    s.answer(storm, (attempt - 1) * 1s, attempt, 429, outcome::rate_limited);
    s.wake(storm, attempt * 1s);
  }
  EXPECT_EQ(s.said(), "send 1, send 2, send 3, send 4");  // the third retry is beyond two
  s.start(3s);
  EXPECT_EQ(s.said(), "send 1");  // the first token
  const call_id second = s.start(3s);
  const call_id third = s.start(3s);
  s.leave(second, 3s);  // gives its turn back, for whoever comes next
  EXPECT_EQ(s.said(), "finish cancelled by cancelled");
  const call_id fourth = s.start(3s);
  EXPECT_NEAR(to_seconds(s.client.next_wakeup(third)), 5, 1e-6);
  EXPECT_NEAR(to_seconds(s.client.next_wakeup(fourth)), 5, 1e-6);
  s.wake_when_due(third);
  EXPECT_EQ(s.said(), "send 1");
}

TEST(Limits, AWaitForATokenBeyondTheBudgetIsRefusedAtOnce) {
  client_policy p = eager();
  p.time_budget = 5s;
  p.throttle = {.kind = throttle_kind::retry_line, .line = 0, .rate_micro = 100'000};
  script s(p);
  const call_id first = s.start(0s);
  s.answer(first, 0s, 1, 429, outcome::rate_limited);
  s.wake(first, 1s);
  s.start(1s);
  s.said();
  s.start(1s);  // its token comes after ten seconds
  EXPECT_EQ(s.said(), "finish throttled by throttle");
}

TEST(Limits, TheSreThrottleRefusesWithoutSendingAndTriesTheNextModel) {
  client_policy p = eager();
  p.max_attempts = 1;
  p.fallback = {"deepseek-v4-pro"};
  p.throttle = {.kind = throttle_kind::google_sre};
  script s(p);
  int refused = 0, sent = 0;
  for (int i = 0; i < 200; ++i) {
    const call_id id = s.start(0s);
    std::string said = s.said();
    if (said == "finish throttled by throttle") ++refused;
    for (std::uint16_t attempt = 1; s.client.limits()->in_flight > 0; ++attempt, ++sent)
      s.answer(id, 0s, attempt, 503, outcome::overloaded);
    s.said();
  }
  EXPECT_GT(refused, 150);
  EXPECT_LT(sent, 30);  // about twice the 200th harmonic number
  for (const call_record& c : s.records.calls)
    EXPECT_TRUE(c.attempts > 0 || c.why == stop_reason::throttle);
}

// --- deadline -----------------------------------------------------------------------------

TEST(Limits, ADeadlineCutsAnAttemptUnderWay) {
  client_policy p = eager();
  p.deadline = 15s;
  script s(p);
  const call_id id = s.start(0s);
  EXPECT_EQ(s.client.next_wakeup(id), at(15s));
  s.head(id, 1s, 1, 200);
  s.piece(id, 14s, 1, true, 3);
  EXPECT_EQ(s.wake_when_due(id), 15s);
  EXPECT_EQ(s.said(), "send 1, deliver 3, cancel 1, finish timed_out by deadline");
  const call_id late = s.start(20s, {.intended = at(10s)});  // counted from when it was wanted
  EXPECT_EQ(s.client.next_wakeup(late), at(25s));
  s.answer(late, 24500ms, 1, 503, outcome::overloaded);
  EXPECT_EQ(s.said(), "send 1, finish overloaded by time_budget");  // no wait fits any more
}

TEST(Limits, ACallersOwnDeadlineCountsToo) {
  script s(eager());
  const call_id id = s.start(0s, {.deadline = at(7s)});
  EXPECT_EQ(s.wake_when_due(id), 7s);
  EXPECT_EQ(s.said(), "send 1, cancel 1, finish timed_out by deadline");
}

// --- Retry-After --------------------------------------------------------------------------

TEST(Limits, ARetryAfterTooLongToHonourStopsAndSaysSoOrAdvancesTheChain) {
  client_policy p = *find_preset("openai-python");
  script s(p);
  const call_id id = s.start(0s);
  s.answer(id, 1s, 1, 429, outcome::rate_limited, 121s);
  EXPECT_EQ(s.said(), "send 1, finish rate_limited by retry_after");
  p.fallback = {"deepseek-v4-pro"};
  script chain(p);
  const call_id next = chain.start(0s);
  chain.answer(next, 1s, 1, 429, outcome::rate_limited, 121s);
  EXPECT_EQ(chain.said(), "send 1, send 2 on deepseek-v4-pro");
}

TEST(Limits, PushbackBeginsTheBackoffAnew) {
  client_policy p = *find_preset("grpc");
  p.max_attempts = 5;
  p.retry_budget = {};
  p.backoff.ratio_down_milli = p.backoff.ratio_up_milli = 0;
  script s(p);
  const call_id id = s.start(0s);
  const duration waits[] = {100ms, 3s, 100ms, 200ms};
  duration now = 0s;
  for (std::uint16_t attempt = 1; attempt <= 4; ++attempt) {
    s.answer(id, now, attempt, 503, outcome::overloaded, attempt == 2 ? 3s : no_duration);
    const duration due = s.wake_when_due(id);
    EXPECT_EQ(due - now, waits[attempt - 1]) << attempt;
    now = due;
  }
  s.said();
  s.answer(id, now, 5, 503, outcome::overloaded);
  const call_id refused = s.start(now);
  s.answer(refused, now, 1, 503, outcome::overloaded, -1s);
  EXPECT_EQ(s.said(),
            "finish overloaded by attempts_used, send 1, finish overloaded by retry_after");
}

}  // namespace
}  // namespace stampede::testing
