// Every event in every state of a call, and a streamed call that breaks at every step: exactly one
// finish, nothing held, and the instance goes on.
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/client/transcript.hpp"

namespace stampede::testing {
namespace {

// One slot, one retry at once, a breaker that one failure opens: what leaks shows at the next call.
client_policy tight() {
  client_policy p;
  p.name = "tight";
  p.max_attempts = 2;
  p.backoff = {.kind = backoff_kind::fixed, .base = 1s};
  p.timeout = 30s;
  p.thinking_timeout = 30s;
  p.silence_timeout = 20s;
  p.time_budget = 300s;
  p.concurrency = {.kind = concurrency_kind::fixed, .limit = 1};
  p.retry_budget = usual_budget(retry_budget_kind::envoy);
  p.retry_budget.min_concurrent = 1;
  p.throttle = {.kind = throttle_kind::retry_line, .line = 0, .rate_micro = 1'000'000, .hold = 9s};
  return p;
}

// --- every event in every state ------------------------------------------------------------

enum class state { waiting, in_flight, streaming, throttled, queued, over };

struct event_row {
  const char* name;
  std::function<void(script&, call_id, duration)> feed;
};

const event_row events[] = {
    {"head", [](script& s, call_id id, duration t) { s.head(id, t, 1, 200); }},
    {"keep-alive", [](script& s, call_id id, duration t) { s.piece(id, t, 1, false); }},
    {"tokens", [](script& s, call_id id, duration t) { s.piece(id, t, 1, true, 2); }},
    {"success", [](script& s, call_id id, duration t) { s.reply(id, t, 1, outcome::success); }},
    {"refused",
     [](script& s, call_id id, duration t) { s.answer(id, t, 1, 429, outcome::rate_limited); }},
    {"broken",
     [](script& s, call_id id, duration t) { s.broken(id, t, 1, outcome::connection_reset); }},
    {"early wake-up", [](script& s, call_id id, duration t) { s.wake(id, t); }},
    {"wake-up", [](script& s, call_id id, duration) { s.wake_when_due(id); }},
    {"caller left", [](script& s, call_id id, duration t) { s.leave(id, t); }},
    {"stop", [](script& s, call_id, duration t) { s.stop(t); }},
};

// The call in that state at 10 s; others may be about.
call_id bring_to(script& s, state wanted) {
  switch (wanted) {
    case state::waiting: {
      const call_id id = s.start(10s);
      s.answer(id, 10s, 1, 429, outcome::rate_limited);
      return id;
    }
    case state::in_flight: return s.start(10s);
    case state::streaming: {
      const call_id id = s.start(10s);
      s.head(id, 10s, 1, 200);
      s.piece(id, 10s, 1, true, 1);
      return id;
    }
    case state::throttled: {
      const call_id storm = s.start(9s);
      s.answer(storm, 9s, 1, 429, outcome::rate_limited);
      s.wake_when_due(storm);  // a retry: the throttle is on
      s.answer(storm, 10s, 2, 200, outcome::success);
      const call_id token = s.start(10s);
      s.answer(token, 10s, 1, 200, outcome::success);
      return s.start(10s);
    }
    case state::queued: s.start(9s); return s.start(10s);
    case state::over: {
      const call_id id = s.start(9s);
      s.answer(id, 10s, 1, 200, outcome::success);
      return id;
    }
  }
  return {};
}

std::string told(state from, const event_row& e) {
  script s(tight());
  const call_id id = bring_to(s, from);
  s.said();
  if (s.client.next_wakeup(id) == never && std::string(e.name) == "wake-up") return "never";
  e.feed(s, id, 10s);
  return s.said();
}

TEST(States, EveryEventInEveryState) {
  // In the order of `events`.
  const std::pair<state, std::vector<std::string>> table[] = {
      {state::waiting,
       {"", "", "", "", "", "", "", "send 2", "finish cancelled by cancelled",
        "finish unfinished by run_ended"}},
      {state::in_flight,
       {"", "", "deliver 2", "finish success by success", "", "", "", "cancel 1",
        "cancel 1, finish cancelled by cancelled", "cancel 1, finish unfinished by run_ended"}},
      {state::streaming,
       {"", "", "deliver 2", "finish success by success", "finish rate_limited by persistent",
        "finish connection_reset by persistent", "", "cancel 1, finish timed_out by persistent",
        "cancel 1, finish cancelled by cancelled", "cancel 1, finish unfinished by run_ended"}},
      {state::throttled,
       {"", "", "", "", "", "", "", "send 1", "finish cancelled by cancelled",
        "finish unfinished by run_ended"}},
      {state::queued,
       {"", "", "", "", "", "", "", "finish throttled by queue", "finish cancelled by cancelled",
        "cancel 1, finish unfinished by run_ended, finish unfinished by run_ended"}},
      {state::over, {"", "", "", "", "", "", "", "never", "", ""}},
  };
  for (const auto& [from, expected] : table)
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(told(from, events[i]), expected[i])
          << "state " << static_cast<int>(from) << ", " << events[i].name;
}

// --- a streamed call that breaks at every step -----------------------------------------------

using step = std::function<void(script&, call_id, std::uint16_t)>;

const std::vector<step> streamed_call{
    [](script& s, call_id id, std::uint16_t n) { s.head(id, 1s, n, 200); },
    [](script& s, call_id id, std::uint16_t n) { s.piece(id, 2s, n, false); },
    [](script& s, call_id id, std::uint16_t n) { s.piece(id, 3s, n, true, 0); },
    [](script& s, call_id id, std::uint16_t n) { s.piece(id, 4s, n, true, 3); },
    [](script& s, call_id id, std::uint16_t n) { s.piece(id, 5s, n, false); },
    [](script& s, call_id id, std::uint16_t n) { s.piece(id, 6s, n, true, 1); },
    [](script& s, call_id id, std::uint16_t n) { s.reply(id, 7s, n, outcome::success); },
};

const std::vector<std::pair<const char*, step>> breaks{
    {"connect_failed",
     [](script& s, call_id id, std::uint16_t n) { s.broken(id, 8s, n, outcome::connect_failed); }},
    {"reset", [](script& s, call_id id,
                 std::uint16_t n) { s.broken(id, 8s, n, outcome::connection_reset); }},
    {"closed", [](script& s, call_id id,
                  std::uint16_t n) { s.broken(id, 8s, n, outcome::connection_closed); }},
    {"tls",
     [](script& s, call_id id, std::uint16_t n) { s.broken(id, 8s, n, outcome::tls_failed); }},
    {"timeout", [](script& s, call_id id, std::uint16_t) { s.wake_when_due(id); }},
    {"cut",
     [](script& s, call_id id, std::uint16_t n) { s.reply(id, 8s, n, outcome::missing_finish); }},
    {"caller left", [](script& s, call_id id, std::uint16_t) { s.leave(id, 8s); }},
};

// Breaks its first `broken` attempts after so many steps, then lets the call be.
void run_broken(script& s, std::size_t steps, const step& how, int broken) {
  const call_id id = s.start(0s);
  std::uint16_t attempt = 1;
  for (int i = 0; i < broken && s.client.limits()->in_flight > 0; ++i) {
    for (std::size_t k = 0; k < steps; ++k) streamed_call[k](s, id, attempt);
    how(s, id, attempt);
    if (s.client.next_wakeup(id) == never) return;
    s.wake_when_due(id);
    ++attempt;
  }
  if (s.client.limits()->in_flight == 0) return;
  for (const step& next : streamed_call) next(s, id, attempt);
}

TEST(States, AStreamedCallMayBreakAtEveryStep) {
  for (const bool partial : {false, true})
    for (std::size_t steps = 0; steps < streamed_call.size(); ++steps)
      for (const auto& [name, how] : breaks)
        for (const int broken : {1, 2}) {
          SCOPED_TRACE(::testing::Message() << name << " after " << steps << " steps, " << broken
                                            << " times, retry_partial " << partial);
          client_policy p = tight();
          p.throttle = {};
          p.retry_partial = partial;
          script s(p);
          run_broken(s, steps, how, broken);
          ASSERT_EQ(s.records.calls.size(), 1u);
          const std::string said = s.said();
          EXPECT_EQ(said.find(" by "), said.rfind(" by "));  // of one finish
          EXPECT_EQ(s.client.calls_under_way(), 0u);
          EXPECT_EQ(s.client.limits()->in_flight, 0u);
          EXPECT_EQ(s.client.limits()->waiting, 0u);
          // Its slot and its permit are free: another call runs, and has a retry.
          const call_id next = s.start(100s);
          s.answer(next, 100s, 1, 503, outcome::overloaded);
          ASSERT_NE(s.client.next_wakeup(next), never);
          s.wake_when_due(next);
          s.answer(next, 102s, 2, 200, outcome::success);
          EXPECT_EQ(s.said(), "send 1, send 2, finish success by success");
        }
}

}  // namespace
}  // namespace stampede::testing
