// Every shape of a Retry-After under every rule.
#include "client/retry_after_rule.hpp"

#include <gtest/gtest.h>

namespace stampede {
namespace {

using namespace std::chrono_literals;
using enum retry_after_use;
using enum retry_after_beyond;

struct row {
  retry_after_rule rule;
  duration own, asked;
  duration wait;
  wait_reason reason = wait_reason::backoff;
  bool stop = false;
};

constexpr auto heeded = wait_reason::retry_after;

TEST(RetryAfterRule, EveryShape) {
  const retry_after_rule to_120{.use = exact, .limit = 120s, .beyond = stop, .zero = false};
  const retry_after_rule to_60{.use = exact, .limit = 60s};
  const retry_after_rule capped{.use = exact, .limit = 8s, .beyond = cap};
  const retry_after_rule plain_floor{};
  const retry_after_rule aws{.use = clamp, .limit = 5s};
  const retry_after_rule grpc{.use = pushback};
  const row rows[] = {
      {{.use = ignore}, 2s, 30s, 2s},
      {plain_floor, 2s, no_duration, 2s},
      {plain_floor, 2s, 0s, 2s},
      {plain_floor, 2s, -5s, 2s},  // negative, a date in the past
      {plain_floor, 2s, 1500ms, 2s},
      {plain_floor, 2s, 2500ms, 2500ms, heeded},  // a decimal
      {plain_floor, 2s, 24h * 36500, 24h * 36500, heeded},
      {to_120, 500ms, 0s, 500ms},  // 0 is not used
      {to_120, 500ms, -1s, 500ms},
      {to_120, 500ms, 1ms, 1ms, heeded},  // shorter than its own wait
      {to_120, 500ms, 120s, 120s, heeded},
      {to_120, 500ms, 121s, 500ms, wait_reason::backoff, true},
      {to_60, 500ms, 0s, 0s, heeded},
      {to_60, 500ms, 60s, 60s, heeded},
      {to_60, 500ms, 61s, 500ms},  // far earlier than asked
      {capped, 500ms, 8s, 8s, heeded},
      {capped, 500ms, 90s, 8s, heeded},
      {aws, 2s, 1s, 2s},  // never below its own
      {aws, 2s, 6s, 6s, heeded},
      {aws, 2s, 60s, 7s, heeded},  // nor more than 5 s above it
      {grpc, 100ms, 3s, 3s, heeded},
      {grpc, 100ms, 0s, 0s, heeded},
      {grpc, 100ms, no_duration, 100ms},
      {grpc, 100ms, -1s, 100ms, wait_reason::backoff, true},
  };
  for (const row& r : rows) {
    const chosen_wait c = heed(r.rule, r.own, r.asked, 0);
    SCOPED_TRACE(testing::Message()
                 << static_cast<int>(r.rule.use) << " asked " << r.asked.count() << " ns");
    EXPECT_EQ(c.wait, r.wait);
    EXPECT_EQ(c.reason, r.reason);
    EXPECT_EQ(c.stop, r.stop);
    EXPECT_EQ(c.begin_anew, r.rule.use == pushback && r.reason == heeded);
  }
}

TEST(RetryAfterRule, TheSpreadLiesAboveTheFloor) {
  const retry_after_rule rule{.use = floor, .spread = 10s};
  const std::uint64_t half = std::uint64_t{1} << 63;
  EXPECT_EQ(heed(rule, 1s, 30s, 0).wait, 30s);
  EXPECT_EQ(heed(rule, 1s, 30s, half).wait, 35s);
  EXPECT_LT(heed(rule, 1s, 30s, ~0ULL).wait, 40s);
  EXPECT_EQ(heed(rule, 36s, 30s, half).wait, 36s);
  const retry_after_rule litellm{.use = exact, .spread = 750ms, .limit = 60s, .zero = false};
  EXPECT_EQ(heed(litellm, 500ms, 20s, half).wait, 20375ms);
}

}  // namespace
}  // namespace stampede
