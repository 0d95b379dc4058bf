#include <gtest/gtest.h>

#include "tests/unit/client/transcript.hpp"

namespace stampede::testing {
namespace {

TEST(ClientInstance, ASuccessIsOneAttempt) {
  script s(guide());
  const call_id id = s.start(0s);
  EXPECT_EQ(s.said(), "send 1");
  s.answer(id, 2s, 1, 200, outcome::success);
  EXPECT_EQ(s.said(), "finish success by success");
  ASSERT_EQ(s.records.calls.size(), 1u);
  EXPECT_EQ(s.records.calls[0].attempts, 1);
  EXPECT_EQ(s.records.calls[0].ended - s.records.calls[0].intended, 2s);
  EXPECT_EQ(s.client.calls_under_way(), 0u);
}

TEST(ClientInstance, WaitsBetweenTheBoundsOfTheGuide) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    client_policy p = guide();
    p.breaker.failures = 0;
    script s(p, seed);
    const call_id id = s.start(0s);
    duration now = 0s;
    for (std::uint16_t attempt = 1; attempt < 5; ++attempt) {
      s.answer(id, now, attempt, 429, outcome::rate_limited);
      const duration due = s.wake_when_due(id);
      const duration v = 1s * (1 << (attempt - 1));
      EXPECT_GE(due - now, v);
      EXPECT_LT(due - now, v + 1s);
      now = due;
    }
    s.answer(id, now, 5, 429, outcome::rate_limited);
    EXPECT_EQ(s.said(),
              "send 1, send 2, send 3, send 4, send 5, finish rate_limited by attempts_used");
  }
}

TEST(ClientInstance, RetryAfterIsAFloor) {
  script s(guide());
  const call_id id = s.start(0s);
  s.answer(id, 0s, 1, 429, outcome::rate_limited, 20s);
  EXPECT_EQ(s.wake_when_due(id), 20s);
  EXPECT_EQ(s.said(), "send 1, send 2");
  EXPECT_EQ(s.records.attempts[0].waits_for, wait_reason::retry_after);
  s.answer(id, 20s, 2, 429, outcome::rate_limited, 0s);
  EXPECT_GE(s.wake_when_due(id), 22s);
  EXPECT_EQ(s.records.attempts[1].waits_for, wait_reason::backoff);
  EXPECT_FALSE(s.records.attempts[1].early);
}

TEST(ClientInstance, ANegativeSpreadNeverReturnsBeforeTheFloor) {
  client_policy p = guide();
  p.retry_after.spread = 10s;
  duration least = forever, most = 0s;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    script s(p, seed);
    const call_id id = s.start(0s);
    s.answer(id, 0s, 1, 429, outcome::rate_limited, 30s);
    const duration due = s.wake_when_due(id);
    least = std::min(least, due);
    most = std::max(most, due);
  }
  EXPECT_GE(least, 30s);
  EXPECT_LT(least, 31s);
  EXPECT_GT(most, 39s);
  EXPECT_LT(most, 40s);
}

TEST(ClientInstance, AWaitBeyondTheBudgetEndsTheCallAtOnce) {
  script s(guide());
  const call_id id = s.start(0s);
  s.answer(id, 1s, 1, 503, outcome::overloaded, 120s);
  EXPECT_EQ(s.said(), "send 1, finish overloaded by retry_after");
}

TEST(ClientInstance, TheBudgetDoesNotCutAnAttemptUnderWay) {
  script s(guide());
  const call_id id = s.start(0s);
  s.wake(id, 100s);
  s.answer(id, 170s, 1, 200, outcome::success);
  EXPECT_EQ(s.said(), "send 1, finish success by success");
}

TEST(ClientInstance, A500IsRetriedTwice) {
  script s(guide());
  const call_id id = s.start(0s);
  for (std::uint16_t attempt = 1; attempt <= 3; ++attempt) {
    s.answer(id, attempt * 10s, attempt, 500, outcome::server_error);
    if (attempt < 3) s.wake_when_due(id);
  }
  EXPECT_EQ(s.said(), "send 1, send 2, send 3, finish server_error by code_limit");
}

TEST(ClientInstance, PersistentErrorsAreNotRetried) {
  for (const auto& [status, result] : {std::pair{400, outcome::invalid_format},
                                       {401, outcome::unauthorized},
                                       {402, outcome::insufficient_balance},
                                       {403, outcome::forbidden},
                                       {404, outcome::not_found},
                                       {413, outcome::too_large},
                                       {422, outcome::invalid_parameters},
                                       {400, outcome::context_overflow}}) {
    script s(guide());
    const call_id id = s.start(0s);
    s.answer(id, 1s, 1, status, result);
    EXPECT_EQ(s.said(), fmt::format("send 1, finish {} by persistent", name_of(result)));
  }
}

TEST(ClientInstance, BreakerOpensAfterFiveConsecutiveFailuresAndProbesOnce) {
  script s(guide());
  std::vector<call_id> calls;
  for (int i = 0; i < 5; ++i) {
    calls.push_back(s.start(0s));
    s.answer(calls.back(), 0s, 1, 503, outcome::overloaded);
  }
  // The fifth failure opened it: that call has nothing to wait for, and new ones are refused.
  EXPECT_EQ(s.said(), "send 1, send 1, send 1, send 1, send 1, finish overloaded by breaker");
  s.start(10s);
  EXPECT_EQ(s.said(), "finish breaker_open by breaker");
  s.wake(calls[0], 5s);
  EXPECT_EQ(s.said(), "finish overloaded by breaker");
  const call_id probe = s.start(60s);
  s.start(60s);
  EXPECT_EQ(s.said(), "send 1, finish breaker_open by breaker");
  s.answer(probe, 61s, 1, 200, outcome::success);
  s.start(62s);
  EXPECT_EQ(s.said(), "finish success by success, send 1");
}

TEST(ClientInstance, AFailedProbeOpensTheBreakerAgain) {
  script s(guide());
  for (int i = 0; i < 5; ++i) s.answer(s.start(0s), 0s, 1, 429, outcome::rate_limited);
  s.said();
  const call_id probe = s.start(60s);
  s.answer(probe, 61s, 1, 429, outcome::rate_limited);
  s.start(120s);
  EXPECT_EQ(s.said(), "send 1, finish rate_limited by breaker, finish breaker_open by breaker");
  s.start(121s);
  EXPECT_EQ(s.said(), "send 1");
}

TEST(ClientInstance, PersistentAnswersNeitherCountNorResetTheBreaker) {
  script s(guide());
  for (int i = 0; i < 4; ++i) s.answer(s.start(0s), 0s, 1, 429, outcome::rate_limited);
  s.answer(s.start(0s), 0s, 1, 401, outcome::unauthorized);
  EXPECT_EQ(s.client.breaker_of(0).consecutive_failures(), 4u);
  s.answer(s.start(0s), 0s, 1, 200, outcome::success);
  EXPECT_EQ(s.client.breaker_of(0).consecutive_failures(), 0u);
}

TEST(ClientInstance, AnOpenBreakerAdvancesTheFallbackChain) {
  client_policy p = guide();
  p.fallback = {"deepseek-v4-pro"};
  script s(p);
  call_id last;
  for (int i = 0; i < 5; ++i) {
    last = s.start(0s);
    s.answer(last, 0s, 1, 503, outcome::overloaded);
  }
  EXPECT_EQ(s.said(), "send 1, send 1, send 1, send 1, send 1, send 2 on deepseek-v4-pro");
  s.answer(last, 1s, 2, 200, outcome::success);
  EXPECT_EQ(s.said(), "finish success by success");
  EXPECT_TRUE(s.records.calls[0].fallback);
  EXPECT_EQ(s.records.calls[0].model, static_cast<std::uint8_t>(deepseek::model_id::v4_pro));
}

TEST(ClientInstance, UsedUpAttemptsAdvanceTheChainWithinTheSameBudget) {
  client_policy p = guide();
  p.fallback = {"deepseek-v4-pro"};
  p.max_attempts = 2;
  p.breaker.failures = 0;
  script s(p);
  const call_id id = s.start(0s);
  s.answer(id, 1s, 1, 429, outcome::rate_limited);
  s.wake_when_due(id);
  s.answer(id, 89s, 2, 429, outcome::rate_limited);
  EXPECT_EQ(s.said(), "send 1, send 2, send 3 on deepseek-v4-pro");
  s.answer(id, 91s, 3, 429, outcome::rate_limited);
  EXPECT_EQ(s.said(), "finish rate_limited by time_budget");
}

TEST(ClientInstance, TheNextModelsFirstWaitKnowsNothingOfTheLastModels) {
  client_policy p = guide();
  p.fallback = {"deepseek-v4-pro"};
  p.max_attempts = 2;
  p.time_budget = 0s;
  p.breaker.failures = 0;
  p.backoff = {.kind = backoff_kind::decorrelated_jitter, .base = 1s, .cap = 1h};
  script s(p);
  const call_id id = s.start(0s);
  s.answer(id, 1s, 1, 429, outcome::rate_limited, 100s);
  EXPECT_EQ(s.wake_when_due(id), 101s);
  s.answer(id, 102s, 2, 429, outcome::rate_limited);
  s.answer(id, 103s, 3, 429, outcome::rate_limited);
  EXPECT_EQ(s.said(), "send 1, send 2, send 3 on deepseek-v4-pro");
  EXPECT_GE(s.records.attempts[2].wait, 1s);
  EXPECT_LE(s.records.attempts[2].wait, 3s);  // base to 3 * base
}

TEST(ClientInstance, KeepAliveBytesDoNotHoldOffTheProgressTimeout) {
  script s(guide());
  const call_id id = s.start(0s);
  s.head(id, 1s, 1, 200);
  for (duration t = 12s; t < 180s; t += 12s) s.piece(id, t, 1, false);
  EXPECT_EQ(s.client.next_wakeup(id), at(180s));
  s.wake(id, 180s);
  EXPECT_EQ(s.said(), "send 1, cancel 1, finish timed_out by time_budget");
}

TEST(ClientInstance, PayloadDoesHoldItOff) {
  script s(guide());
  const call_id id = s.start(0s);
  s.head(id, 1s, 1, 200);
  s.piece(id, 170s, 1, true, 1);
  EXPECT_EQ(s.client.next_wakeup(id), at(350s));
}

TEST(ClientInstance, KeepAliveBytesFoolASilenceTimeout) {
  script s(*find_preset("guide-snippet"));
  const call_id id = s.start(0s);
  s.head(id, 1s, 1, 200);
  for (duration t = 12s; t < 600s; t += 12s) s.piece(id, t, 1, false);
  EXPECT_GT(s.client.next_wakeup(id), at(600s));
}

TEST(ClientInstance, ThinkingCallsGetTheLongerTimeout) {
  script s(guide());
  const call_id id = s.start(0s, {.thinking = true});
  EXPECT_EQ(s.client.next_wakeup(id), at(300s));
}

TEST(ClientInstance, ATimeoutIsRetriedPacesTheInstanceAndDoesNotCountForTheBreaker) {
  client_policy p = guide();
  p.timeout = 10s;
  script s(p);
  const call_id id = s.start(0s);
  EXPECT_EQ(s.wake_when_due(id), 10s);
  EXPECT_EQ(s.said(), "send 1, cancel 1");
  EXPECT_EQ(s.client.breaker_of(0).consecutive_failures(), 0u);
  const call_id next = s.start(10s);
  EXPECT_EQ(s.said(), "");  // paced
  const duration due = s.wake_when_due(next);
  EXPECT_GE(due, 11s);
  EXPECT_LE(due, 12s);
  EXPECT_EQ(s.said(), "send 1");
  s.wake_when_due(id);
  EXPECT_EQ(s.said(), "send 2");
}

TEST(ClientInstance, EventsOfAnAttemptThatIsOverChangeNothing) {
  client_policy p = guide();
  p.timeout = 10s;
  script s(p);
  const call_id id = s.start(0s);
  s.wake_when_due(id);
  s.wake_when_due(id);
  EXPECT_EQ(s.said(), "send 1, cancel 1, send 2");
  s.answer(id, 13s, 1, 200, outcome::success);  // too late: it was cancelled
  s.broken(id, 13s, 1, outcome::connection_reset);
  EXPECT_EQ(s.said(), "");
  s.answer(id, 14s, 2, 200, outcome::success);
  EXPECT_EQ(s.said(), "finish success by success");
  s.answer(id, 15s, 2, 200, outcome::success);  // and after the call is over
  s.wake(id, 16s);
  EXPECT_EQ(s.said(), "");
  EXPECT_EQ(s.records.calls.size(), 1u);
}

TEST(ClientInstance, AnEarlyWakeUpDoesNothing) {
  script s(guide());
  const call_id id = s.start(0s);
  s.answer(id, 0s, 1, 429, outcome::rate_limited);
  s.said();
  const instant due = s.client.next_wakeup(id);
  s.wake(id, due - run_start - 1ns);
  EXPECT_EQ(s.said(), "");
  EXPECT_EQ(s.client.next_wakeup(id), due);
}

TEST(ClientInstance, ACallerWhoLeavesStopsEverything) {
  script s(guide());
  const call_id flying = s.start(0s);
  const call_id waiting = s.start(0s);
  s.answer(waiting, 0s, 1, 429, outcome::rate_limited);
  s.said();
  s.leave(flying, 1s);
  EXPECT_EQ(s.said(), "cancel 1, finish cancelled by cancelled");
  s.leave(waiting, 1s);
  EXPECT_EQ(s.said(), "finish cancelled by cancelled");
  EXPECT_EQ(s.client.next_wakeup(waiting), never);
}

TEST(ClientInstance, TheEndOfTheRunEndsEveryCallOnce) {
  script s(guide());
  s.start(0s);
  s.start(0s);
  s.said();
  s.stop(5s);
  EXPECT_EQ(s.said(),
            "cancel 1, finish unfinished by run_ended, cancel 1, finish unfinished by run_ended");
  s.stop(6s);
  EXPECT_EQ(s.said(), "");
}

TEST(ClientInstance, PartialOutputIsNotRetriedUnlessAsked) {
  script s(guide());
  const call_id id = s.start(0s);
  s.head(id, 0s, 1, 200);
  s.piece(id, 1s, 1, true, 5);
  s.broken(id, 2s, 1, outcome::connection_reset);
  EXPECT_EQ(s.said(), "send 1, deliver 5, finish connection_reset by persistent");
  client_policy p = guide();
  p.retry_partial = true;
  script asked(p);
  const call_id again = asked.start(0s);
  asked.head(again, 0s, 1, 200);
  asked.piece(again, 1s, 1, true, 5);
  asked.broken(again, 2s, 1, outcome::connection_reset);
  asked.wake_when_due(again);
  EXPECT_EQ(asked.said(), "send 1, deliver 5, send 2");
}

TEST(ClientInstance, TheSnippetTakesContentItCannotUse) {
  script s(*find_preset("guide-snippet"));
  call_id id = s.start(0s);
  s.answer(id, 1s, 1, 200, outcome::empty_content);
  EXPECT_EQ(s.said(), "send 1, finish empty_content by success");
  id = s.start(2s);
  s.answer(id, 3s, 1, 200, outcome::truncated_json);
  EXPECT_EQ(s.said(), "send 1, finish truncated_json by persistent");
}

TEST(ClientInstance, TheSnippetSleepsOnceMoreBeforeItGivesUp) {
  script s(*find_preset("guide-snippet"));
  const call_id id = s.start(0s);
  for (std::uint16_t attempt = 1; attempt <= 5; ++attempt) {
    s.answer(id, s.client.next_wakeup(id) == never ? 0s : 1h, attempt, 429, outcome::rate_limited,
             7s);
    EXPECT_EQ(s.said(), fmt::format("send {}", attempt));
    s.wake_when_due(id);
  }
  EXPECT_EQ(s.said(), "finish rate_limited by attempts_used");
}

TEST(ClientInstance, TheSnippetReturnsAtRetryAfterEvenWhenItsBackoffIsLonger) {
  script s(*find_preset("guide-snippet"));
  const call_id id = s.start(0s);
  s.answer(id, 0s, 1, 429, outcome::rate_limited, 0s);
  EXPECT_EQ(s.wake_when_due(id), 0s);
}

TEST(ClientInstance, TheSameSeedGivesTheSameWaits) {
  const auto waits = [](std::uint64_t seed) {
    script s(guide(), seed);
    const call_id id = s.start(0s);
    s.answer(id, 0s, 1, 429, outcome::rate_limited);
    return s.wake_when_due(id);
  };
  EXPECT_EQ(waits(7), waits(7));
  EXPECT_NE(waits(7), waits(8));
}

TEST(ClientInstance, ASlotIsReusedAndItsOldCallForgotten) {
  script s(guide());
  const call_id first = s.start(0s);
  s.answer(first, 1s, 1, 200, outcome::success);
  const call_id second = s.start(2s);
  EXPECT_EQ(second.slot, first.slot);
  EXPECT_NE(second.serial, first.serial);
  s.said();
  s.broken(first, 3s, 1, outcome::connection_reset);
  EXPECT_EQ(s.said(), "");
}

// The header of one answer says nothing about the next.
TEST(ClientInstance, ShouldRetryOfAnAnswerIsObeyedOnce) {
  script s(*find_preset("openai-node"));
  const call_id id = s.start(0s);
  s.head(id, 1s, 1, 400, no_duration, retry_hint::yes);
  s.reply(id, 1s, 1, outcome::invalid_format);
  s.wake_when_due(id);
  s.answer(id, 3s, 2, 400, outcome::invalid_format);
  EXPECT_EQ(s.said(), "send 1, send 2, finish invalid_format by persistent");
  const call_id next = s.start(4s);
  s.head(next, 5s, 1, 429, 1s, retry_hint::no);
  s.reply(next, 5s, 1, outcome::rate_limited);
  EXPECT_EQ(s.said(), "send 1, finish rate_limited by persistent");
}

}  // namespace
}  // namespace stampede::testing
