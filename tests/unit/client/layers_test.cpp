// Transcripts of stacks: layers around a policy, each with retries of its own.
#include <gtest/gtest.h>

#include "tests/unit/client/transcript.hpp"

namespace stampede::testing {
namespace {

int attempts_of(const std::vector<std::string>& layers, int status, outcome result) {
  script s(*stack(layers));
  const call_id id = s.start(0s);
  duration now = 0s;
  for (std::uint16_t attempt = 1;; ++attempt) {
    s.answer(id, now, attempt, status, result);
    if (s.client.next_wakeup(id) == never) return attempt;
    now = s.wake_when_due(id);
  }
}

TEST(Layers, LayersMultiply) {
  const auto storm = [](const std::vector<std::string>& layers) {
    return attempts_of(layers, 429, outcome::rate_limited);
  };
  EXPECT_EQ(storm({"openai-python"}), 3);
  EXPECT_EQ(storm({"langchain", "openai-python"}), 9);
  EXPECT_EQ(storm({"langchain-v1", "openai-python"}), 9);
  EXPECT_EQ(storm({"langchain", "langchain-v1", "openai-python"}), 27);
  EXPECT_EQ(storm({"langchain", "vercel-ai", "llama-index", "openai-python"}), 81);
}

TEST(Layers, ALayerThatRetriesEveryExceptionRetriesA401) {
  EXPECT_EQ(attempts_of({"openai-python"}, 401, outcome::unauthorized), 1);
  EXPECT_EQ(attempts_of({"langchain", "openai-python"}, 401, outcome::unauthorized), 3);
  EXPECT_EQ(attempts_of({"llama-index", "openai-python"}, 401, outcome::unauthorized), 1);
}

TEST(Layers, TheLayerBelowBeginsAnewAfterTheLayersOwnWait) {
  client_policy p = *stack({"vercel-ai", "openai-python"});
  p.backoff.ratio_down_milli = 0;
  script s(p);
  const call_id id = s.start(0s);
  const duration waits[] = {500ms, 1s, 2s, 500ms, 1s, 4s, 500ms, 1s};
  duration now = 0s;
  for (std::uint16_t attempt = 1; attempt <= 8; ++attempt) {
    s.answer(id, now, attempt, 503, outcome::overloaded);
    const duration due = s.wake_when_due(id);
    EXPECT_EQ(due - now, waits[attempt - 1]) << attempt;
    const bool layer = attempt % 3 == 0;
    EXPECT_EQ(s.records.attempts.back().waits_for,
              layer ? wait_reason::layer : wait_reason::backoff);
    now = due;
  }
  s.said();
  s.answer(id, now, 9, 503, outcome::overloaded);
  EXPECT_EQ(s.said(), "finish overloaded by attempts_used");
}

// The budget of the layer below is that of one of its own calls.
TEST(Layers, EachRoundHasTheTimeBudgetOfThePolicyBelow) {
  client_policy p = *stack({"langchain", "guide"});
  p.breaker = {};
  p.max_attempts = 1;
  script s(p);
  const call_id id = s.start(0s);
  s.answer(id, 80s, 1, 429, outcome::rate_limited);
  const duration second = s.wake_when_due(id);
  s.answer(id, second + 80s, 2, 429, outcome::rate_limited);
  s.wake_when_due(id);
  EXPECT_EQ(s.said(), "send 1, send 2, send 3");
}

}  // namespace
}  // namespace stampede::testing
