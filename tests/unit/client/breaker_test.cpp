// Breakers by the rules of the guide, of resilience4j and of Polly, and against a naive one.
#include "client/breaker.hpp"

#include <gtest/gtest.h>

#include "core/draw.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;
using permit = breaker::permit;

instant at(duration d) { return run_start + d; }

const breaker_policy resilience4j{.open_for = 60s,
                                  .failure_rate_milli = 500,
                                  .slow_rate_milli = 1000,
                                  .slow_after = 60s,
                                  .probes = 10};
const breaker_policy polly{.open_for = 5s, .failure_rate_milli = 100, .window = 30s};

void feed(breaker& b, const breaker_policy& p, int failures, int successes, duration t,
          duration took = 1s) {
  for (int i = 0; i < successes; ++i) b.on_success(p, false, took, at(t));
  for (int i = 0; i < failures; ++i) b.on_failure(p, false, took, at(t));
}

TEST(Breaker, ConsecutiveFailuresOfTheGuide) {
  const breaker_policy p{.failures = 5, .open_for = 60s};
  breaker b;
  feed(b, p, 4, 0, 0s);
  feed(b, p, 0, 1, 0s);
  feed(b, p, 4, 0, 0s);
  EXPECT_EQ(b.ask(p, at(0s)), permit::normal);
  feed(b, p, 1, 0, 1s);
  EXPECT_EQ(b.state(), breaker_state::open);
  EXPECT_EQ(b.ask(p, at(61s - 1ns)), permit::refused);
  EXPECT_EQ(b.ask(p, at(61s)), permit::probe);
  EXPECT_EQ(b.ask(p, at(61s)), permit::refused);
  b.on_failure(p, true, 1s, at(62s));
  EXPECT_TRUE(b.refuses(p, at(122s - 1ns)));
  EXPECT_EQ(b.ask(p, at(122s)), permit::probe);
  b.on_success(p, true, 1s, at(123s));
  EXPECT_EQ(b.state(), breaker_state::closed);
}

TEST(Breaker, HalfOfTheLastHundredOpensResilience4j) {
  breaker b;
  feed(b, resilience4j, 49, 50, 0s);
  EXPECT_EQ(b.state(), breaker_state::closed);  // 99 are too few to judge
  feed(b, resilience4j, 1, 0, 0s);
  EXPECT_EQ(b.state(), breaker_state::open);  // 50 of 100

  breaker slides;
  feed(slides, resilience4j, 0, 60, 0s);
  feed(slides, resilience4j, 49, 0, 0s);
  EXPECT_EQ(slides.state(), breaker_state::closed);  // 49 of the last 100
  feed(slides, resilience4j, 1, 0, 0s);
  EXPECT_EQ(slides.state(), breaker_state::open);
}

TEST(Breaker, SlowCallsOpenResilience4jOnlyWhenAllAre) {
  breaker b;
  feed(b, resilience4j, 0, 1, 0s, 60s);  // not longer than 60 s
  feed(b, resilience4j, 0, 99, 0s, 61s);
  EXPECT_EQ(b.state(), breaker_state::closed);
  feed(b, resilience4j, 0, 1, 0s, 61s);
  EXPECT_EQ(b.state(), breaker_state::open);
}

TEST(Breaker, TenProbesDecideTogether) {
  for (const int failures : {4, 5}) {
    breaker b;
    feed(b, resilience4j, 100, 0, 0s);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(b.ask(resilience4j, at(60s)), permit::probe);
    EXPECT_EQ(b.ask(resilience4j, at(60s)), permit::refused);
    for (int i = 0; i < 9; ++i) {
      if (i < failures)
        b.on_failure(resilience4j, true, 1s, at(61s));
      else
        b.on_success(resilience4j, true, 1s, at(61s));
      EXPECT_EQ(b.ask(resilience4j, at(61s)), permit::refused);
    }
    b.on_success(resilience4j, true, 1s, at(62s));
    EXPECT_EQ(b.state(), failures < 5 ? breaker_state::closed : breaker_state::open);
  }
}

TEST(Breaker, AProbeThatToldNothingGivesItsPlaceBack) {
  breaker b;
  feed(b, resilience4j, 100, 0, 0s);
  for (int i = 0; i < 10; ++i) b.ask(resilience4j, at(60s));
  b.on_neutral(true);
  EXPECT_EQ(b.ask(resilience4j, at(60s)), permit::probe);
  EXPECT_EQ(b.ask(resilience4j, at(60s)), permit::refused);
}

TEST(Breaker, PollyWatchesThirtySecondsOfAtLeastAHundred) {
  breaker few;
  feed(few, polly, 99, 0, 0s);
  EXPECT_EQ(few.state(), breaker_state::closed);  // below its minimum throughput
  breaker b;
  feed(b, polly, 99, 900, 1s);
  EXPECT_EQ(b.state(), breaker_state::closed);  // 99 of 999 are not a tenth
  feed(b, polly, 1, 0, 2s);
  EXPECT_EQ(b.state(), breaker_state::open);  // 100 of 1000 are
}

TEST(Breaker, PollyOpensAtATenthForFiveSecondsAndForgetsOldAttempts) {
  breaker b;
  feed(b, polly, 9, 90, 0s);
  feed(b, polly, 1, 0, 1s);
  EXPECT_EQ(b.state(), breaker_state::open);  // 10 of 100
  EXPECT_EQ(b.ask(polly, at(6s - 1ns)), permit::refused);
  EXPECT_EQ(b.ask(polly, at(6s)), permit::probe);
  b.on_success(polly, true, 1s, at(7s));
  EXPECT_EQ(b.state(), breaker_state::closed);

  breaker forgets;
  feed(forgets, polly, 99, 0, 0s);
  feed(forgets, polly, 1, 0, 30s);
  EXPECT_EQ(forgets.state(), breaker_state::closed);
  EXPECT_EQ(forgets.consecutive_failures(), 100u);
}

// Every attempt kept in a list, and counted anew each time.
TEST(Breaker, WindowsAgreeWithANaiveList) {
  for (const breaker_policy& p :
       {breaker_policy{
            .open_for = 3s, .failure_rate_milli = 300, .window_calls = 17, .min_calls = 9},
        breaker_policy{.open_for = 3s, .failure_rate_milli = 300, .window = 7s, .min_calls = 9}}) {
    struct seen {
      instant at;
      bool failed;
    };
    std::vector<seen> list;
    breaker b;
    instant now = run_start;
    int opened = 0;
    for (std::uint64_t i = 0; i < 50'000; ++i) {
      const std::uint64_t bits = draw({9, 0, i, purpose::jitter});
      now += uniform_duration(bits, 1500ms);
      const permit got = b.ask(p, now);
      if (got == permit::refused) continue;
      const bool failed = (bits & 7) == 0;
      failed ? b.on_failure(p, got == permit::probe, 1s, now)
             : b.on_success(p, got == permit::probe, 1s, now);
      if (got == permit::probe) {
        EXPECT_EQ(b.state(), failed ? breaker_state::open : breaker_state::closed);
        continue;
      }
      list.push_back({now, failed});
      int count = 0, bad = 0;
      for (std::size_t j = 0; j < list.size(); ++j) {
        const bool in =
            p.window > 0s
                ? now.time_since_epoch() / 700ms - list[j].at.time_since_epoch() / 700ms < 10
                : list.size() - j <= 17;
        count += in;
        bad += in && list[j].failed;
      }
      const bool opens = count >= 9 && bad * 1000 >= count * 300;
      ASSERT_EQ(b.state() == breaker_state::open, opens) << i;
      if (opens) list.clear(), ++opened;
    }
    EXPECT_GT(opened, 100);
  }
}

}  // namespace
}  // namespace stampede
