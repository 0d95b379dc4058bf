// The presets against the rows of their makers: what is retried, after which waits.
#include <gtest/gtest.h>

#include <set>

#include "client/classify.hpp"
#include "tests/unit/client/transcript.hpp"

namespace stampede::testing {
namespace {

TEST(Presets, EachIsFoundByItsNameAndSpeaksPlainly) {
  std::set<std::string_view> names;
  for (const std::string_view name : preset_names()) {
    const auto p = find_preset(name);
    ASSERT_TRUE(p);
    EXPECT_EQ(p->name, name);
    EXPECT_TRUE(names.insert(name).second) << name;
    for (const std::string& line : describe(*p)) EXPECT_FALSE(line.empty()) << name;
  }
  EXPECT_FALSE(find_preset("guide "));
}

struct row {
  const char* preset;
  int attempts;                 // of a call that is refused with 503 every time; 0: no end
  std::vector<duration> least;  // of its waits
  std::vector<duration> most;
};

TEST(Presets, WaitsAreThoseOfTheirMakers) {
  const std::vector<duration> sdk_least{375ms, 750ms}, sdk_most{500ms, 1s};
  const row rows[] = {
      {"guide", 5, {1s, 2s, 4s, 8s}, {2s, 3s, 5s, 9s}},
      {"openai-python", 3, sdk_least, sdk_most},
      {"openai-node", 3, sdk_least, sdk_most},
      {"openai-go", 3, sdk_least, sdk_most},
      {"anthropic-python", 3, sdk_least, sdk_most},
      {"anthropic-ts", 3, sdk_least, sdk_most},
      {"vercel-ai", 3, {2s, 4s}, {2s, 4s}},
      {"litellm", 3, {500ms, 1s}, {1250ms, 1750ms}},
      {"langchain", 3, {1s, 2s}, {2s, 3s}},
      {"langchain-v1", 3, {750ms, 1500ms}, {1250ms, 2500ms}},
      {"llama-index", 3, {4s, 4s}, {4s, 4s}},
      {"deepseek-harness",
       6,
       {450ms, 900ms, 1800ms, 3600ms, 7200ms},
       {550ms, 1100ms, 2200ms, 4400ms, 8800ms}},
      {"tenacity", 0, {0s, 0s, 0s}, {0s, 0s, 0s}},
      {"tenacity-exponential", 0, {1s, 2s, 4s, 8s}, {1s, 2s, 4s, 8s}},
      {"tenacity-random", 0, {0s, 0s, 0s, 0s}, {1s, 2s, 4s, 8s}},
      {"urllib3", 1, {}, {}},
      {"urllib3-forced",
       11,
       {0s, 2s, 4s, 8s, 16s, 32s, 64s, 120s, 120s, 120s},
       {0s, 2s, 4s, 8s, 16s, 32s, 64s, 120s, 120s, 120s}},
      {"botocore-standard", 3, {0s, 0s}, {1s, 2s}},
      {"botocore-2026", 3, {0s, 0s}, {50ms, 100ms}},
      {"grpc", 4, {80ms, 160ms, 320ms}, {120ms, 240ms, 480ms}},
      {"google-api-core", 0, {0s, 0s, 0s}, {1s, 2s, 4s}},
      {"polly", 4, {2s, 2s, 2s}, {2s, 2s, 2s}},
      {"resilience4j", 3, {500ms, 500ms}, {500ms, 500ms}},
      {"envoy", 2, {0s}, {25ms}},
  };
  for (const row& r : rows)
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE(r.preset);
      client_policy p = *find_preset(r.preset);
      p.breaker = {};
      script s(p, seed);
      const call_id id = s.start(0s);
      duration now = 0s;
      for (std::uint16_t attempt = 1;; ++attempt) {
        s.answer(id, now, attempt, 503, outcome::overloaded);
        if (s.client.next_wakeup(id) == never) {
          EXPECT_EQ(attempt, r.attempts);
          break;
        }
        if (attempt > r.least.size()) {
          EXPECT_EQ(r.attempts, 0);
          break;
        }
        const duration due = s.wake_when_due(id);
        EXPECT_GE(due - now, r.least[attempt - 1u]) << attempt;
        EXPECT_LE(due - now, r.most[attempt - 1u]) << attempt;
        now = due;
      }
    }
}

// The wait after the first refusal, with a Retry-After of so long; nothing where it gives up.
std::optional<duration> after_asked(const char* preset, duration asked) {
  client_policy p = *find_preset(preset);
  p.breaker = {};
  script s(p);
  const call_id id = s.start(0s);
  s.answer(id, 0s, 1, 429, outcome::rate_limited, asked);
  if (s.client.next_wakeup(id) == never) return std::nullopt;
  return s.wake_when_due(id);
}

TEST(Presets, RetryAfterIsTreatedAsTheirMakersDo) {
  struct asked_row {
    const char* preset;
    duration asked;
    duration least, most;  // equal and negative: it gives up
  };
  constexpr duration gives_up = -1s;
  const asked_row rows[] = {
      {"openai-python", 0s, 375ms, 500ms},
      {"openai-python", 120s, 120s, 120s},
      {"openai-python", 121s, gives_up, gives_up},
      {"openai-node", 0s, 0s, 0s},
      {"openai-node", 60s, 60s, 60s},
      {"openai-node", 61s, 375ms, 500ms},
      {"openai-node", -5s, 375ms, 500ms},
      {"openai-go", 8s, 8s, 8s},
      {"openai-go", 1h, 8s, 8s},
      {"anthropic-python", 0s, 375ms, 500ms},
      {"anthropic-python", 60s, 60s, 60s},
      {"anthropic-python", 61s, 375ms, 500ms},
      {"anthropic-ts", 0s, 0s, 0s},
      {"anthropic-ts", 1h, 1h, 1h},
      {"vercel-ai", 1s, 1s, 1s},
      {"vercel-ai", 59s, 59s, 59s},
      {"vercel-ai", 60s, 60s, 60s},
      {"vercel-ai", 61s, 2s, 2s},
      {"litellm", 0s, 500ms, 1250ms},
      {"litellm", 60s, 60s, 60750ms},
      {"litellm", 61s, 500ms, 1250ms},
      {"langchain", 30s, 1s, 2s},
      {"langchain-v1", 30s, 750ms, 1250ms},
      {"llama-index", 30s, 4s, 4s},
      {"deepseek-harness", 10s, 10s, 10s},
      {"deepseek-harness", 11s, 450ms, 550ms},
      {"urllib3-forced", 30s, 30s, 30s},
      {"urllib3-forced", 10h, 6h, 6h},
      {"botocore-standard", 30s, 0s, 1s},
      {"botocore-2026", 30s, 5s, 6s},
      {"grpc", 30s, 30s, 30s},
      {"grpc", -1s, gives_up, gives_up},
      {"google-api-core", 30s, 0s, 1s},
      {"polly", 30s, 2s, 2s},
      {"guide", 30s, 30s, 30s},
      {"guide", -30s, 1s, 2s},
  };
  for (const asked_row& r : rows) {
    SCOPED_TRACE(::testing::Message() << r.preset << ", " << to_seconds(r.asked) << " s");
    const auto wait = after_asked(r.preset, r.asked);
    EXPECT_EQ(wait.has_value(), r.least >= 0s);
    if (!wait) continue;
    EXPECT_GE(*wait, r.least);
    EXPECT_LE(*wait, r.most);
  }
}

TEST(Presets, WhatIsRetried) {
  const auto kind = [](const char* preset, int status) {
    return classify(outcome_of_status(status), status, *find_preset(preset));
  };
  constexpr auto transient = classification::transient, persistent = classification::persistent;
  for (const char* sdk : {"openai-python", "openai-node", "anthropic-ts", "vercel-ai", "litellm"}) {
    for (int status : {408, 409, 429, 500, 502, 503, 529}) EXPECT_EQ(kind(sdk, status), transient);
    for (int status : {400, 401, 402, 403, 404, 413, 422}) EXPECT_EQ(kind(sdk, status), persistent);
  }
  for (const char* every : {"langchain", "langchain-v1", "tenacity", "tenacity-random"})
    for (int status : {400, 401, 402, 422, 429, 500}) EXPECT_EQ(kind(every, status), transient);
  for (int status : {429, 500, 503}) EXPECT_EQ(kind("urllib3", status), persistent);
  for (int status : {413, 429, 503}) EXPECT_EQ(kind("urllib3-forced", status), transient);
  for (int status : {400, 500, 502}) EXPECT_EQ(kind("urllib3-forced", status), persistent);
  for (int status : {429, 502, 503, 504}) EXPECT_EQ(kind("grpc", status), transient);
  EXPECT_EQ(kind("grpc", 500), persistent);
  EXPECT_EQ(kind("botocore-standard", 408), persistent);
  EXPECT_EQ(classify(outcome::connect_failed, 0, *find_preset("urllib3")), transient);
  EXPECT_EQ(classify(outcome::connection_reset, 0, *find_preset("urllib3")), persistent);
}

// A 200 with truncated JSON is retried by none of the SDKs.
TEST(Presets, NoSdkRetriesTruncatedJson) {
  for (const char* sdk : {"openai-python", "openai-node", "openai-go", "anthropic-python",
                          "anthropic-ts", "vercel-ai", "litellm", "llama-index", "guide-snippet"}) {
    const client_policy p = *find_preset(sdk);
    EXPECT_EQ(classify(outcome::truncated_json, 200, p), classification::persistent) << sdk;
    EXPECT_EQ(classify(outcome::empty_content, 200, p), classification::success) << sdk;
    EXPECT_EQ(classify(outcome::error_event, 200, p, true), classification::persistent) << sdk;
  }
  EXPECT_EQ(classify(outcome::truncated_json, 200, *find_preset("guide")),
            classification::transient);
  EXPECT_EQ(classify(outcome::empty_content, 200, *find_preset("deepseek-harness")),
            classification::transient);
}

TEST(Presets, AStackIsNamedAfterItsLayers) {
  const auto p = stack({"langchain", "openai-python"});
  ASSERT_TRUE(p);
  EXPECT_EQ(p->name, "langchain > openai-python");
  ASSERT_EQ(p->outer.size(), 1u);
  EXPECT_EQ(p->outer[0].name, "langchain");
  EXPECT_FALSE(stack({}));
  EXPECT_FALSE(stack({"langchain", "nobody"}));
  EXPECT_FALSE(stack({"polly", "polly", "polly", "polly", "polly"}));
}

}  // namespace
}  // namespace stampede::testing
