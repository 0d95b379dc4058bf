// Throttles and the concurrency limit by the exact numbers of their makers.
#include "client/throttle.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "client/concurrency_limit.hpp"
#include "core/draw.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

instant at(double seconds) {
  return run_start + duration{static_cast<std::int64_t>(seconds * 1e9)};
}

TEST(Throttle, CubicOfBotocore) {
  cubic_rate cubic;
  EXPECT_DOUBLE_EQ(cubic.on_throttled(10, at(0)), 7);
  const std::pair<double, double> ten[] = {{0, 7}, {1, 9.6489}, {3, 10.4533}, {4, 13.4087}};
  for (const auto& [t, rate] : ten) EXPECT_NEAR(cubic.at(at(t)), rate, 5e-5) << t;
  EXPECT_NEAR(cubic.at(at(1.957434)), 10, 1e-9);  // K: back where it was
  EXPECT_DOUBLE_EQ(cubic.on_throttled(100, at(50)), 70);
  const std::pair<double, double> hundred[] = {
      {0, 70}, {1, 86.681}, {2, 95.640}, {6, 102.267}, {8, 121.653}};
  for (const auto& [t, rate] : hundred) EXPECT_NEAR(cubic.at(at(50 + t)), rate, 5e-4) << t;
  EXPECT_NEAR(cubic.at(at(54.217163)), 100, 1e-9);
}

TEST(Throttle, BotocoreMeasuresByTheHalfSecond) {
  measured_rate m;
  double rate = 0;
  for (int i = 0; i < 20; ++i) rate = m.on_answer(at(0.025 * i));  // 20 within half a second
  EXPECT_EQ(rate, 0);
  // The one that begins the next bucket is counted to the last.
  EXPECT_NEAR(m.on_answer(at(0.5)), 0.8 * 42, 1e-9);
  EXPECT_NEAR(m.on_answer(at(1.5)), 0.8 * 1 + 0.2 * 0.8 * 42, 1e-9);
}

TEST(Throttle, AwsAdaptiveIsOffUntilTheFirstThrottling) {
  const throttle_policy p{.kind = throttle_kind::aws_adaptive};
  throttle t;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(t.ask(p, true, at(i * 0.1), 0).from, at(i * 0.1));
    t.on_answer(p, outcome::success, at(i * 0.1 + 0.05));
  }
  t.on_answer(p, outcome::rate_limited, at(100));
  EXPECT_TRUE(t.on());
  EXPECT_NEAR(t.rate(), 0.7 * 10, 0.4);
  // From now on nobody leaves faster than that rate.
  instant last = at(100);
  for (int i = 0; i < 50; ++i) {
    const instant from = t.ask(p, true, at(100), 0).from;
    EXPECT_GE(from, last);
    last = from;
  }
  EXPECT_NEAR(to_seconds(last - at(100)), 50 / t.rate(), 1.01);
}

TEST(Throttle, ACallerWhoLeavesGivesItsTokenBack) {
  const throttle_policy p{.kind = throttle_kind::retry_line, .line = 0, .rate_micro = 1'000'000};
  throttle t;
  t.on_retry(p, at(10));
  EXPECT_EQ(t.ask(p, true, at(10), 0).from, at(10));
  const instant second = t.ask(p, true, at(10), 0).from;
  EXPECT_NEAR(to_seconds(second), 11, 1e-6);
  t.give_back(p);
  EXPECT_EQ(t.ask(p, true, at(10), 0).from, second);
}

TEST(Throttle, TheFiftyRetryLineSwitchesItOnAndOff) {
  const throttle_policy p{.kind = throttle_kind::retry_line, .rate_micro = 500'000};
  throttle t;
  for (int i = 0; i < 50; ++i) t.on_retry(p, at(i));
  EXPECT_FALSE(t.on());  // 50 within a minute is not more than 50
  t.on_retry(p, at(50));
  EXPECT_TRUE(t.on());
  EXPECT_EQ(t.ask(p, false, at(51), 0).from, at(51));  // retries have a backoff of their own
  EXPECT_EQ(t.ask(p, true, at(51), 0).from, at(51));
  EXPECT_NEAR(to_seconds(t.ask(p, true, at(51), 0).from), 53, 1e-6);
  EXPECT_NEAR(to_seconds(t.ask(p, true, at(51), 0).from), 55, 1e-6);
  EXPECT_EQ(t.ask(p, true, at(110), 0).from, at(110));  // one minute below the line
  EXPECT_FALSE(t.on());
}

// With nothing accepted, the (n + 1)-th call leaves with probability 1 / (n + 1), so that of N
// calls the N-th harmonic number leave.
TEST(Throttle, OfAnOutageTheSreThrottleForwardsTheHarmonicNumber) {
  const throttle_policy p{.kind = throttle_kind::google_sre};
  constexpr int runs = 4000;
  for (const auto& [calls, harmonic] : {std::pair{100, 5.187}, {1000, 7.485}}) {
    double forwarded = 0, squares = 0;
    for (std::uint64_t run = 0; run < runs; ++run) {
      throttle t;
      int n = 0;
      for (int call = 0; call < calls; ++call)
        n += !t.ask(p, true, at(0), draw({run, 0, 1, purpose::throttle, std::uint64_t(call)}))
                  .refused;
      forwarded += n;
      squares += n * n;
    }
    const double mean = forwarded / runs;
    const double error = std::sqrt((squares / runs - mean * mean) / runs);
    EXPECT_NEAR(mean, harmonic, 4 * error + 0.0005);
  }
}

TEST(Throttle, TheSreThrottleRefusesExactlyWhatExceedsKTimesTheAccepts) {
  const throttle_policy p{.kind = throttle_kind::google_sre};
  throttle t;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(t.ask(p, true, at(0), 0).refused);
    t.on_answer(p, outcome::success, at(0));
  }
  for (int i = 0; i < 11; ++i) EXPECT_FALSE(t.ask(p, true, at(0), 0).refused) << i;  // up to 2 * 10
  // 21 requests, 10 accepts: (21 - 20) / 22.
  throttle copy = t;
  const auto just_below = static_cast<std::uint64_t>(1.0 / 22 * 0x1p64) - 4096;
  EXPECT_TRUE(t.ask(p, true, at(0), just_below).refused);
  EXPECT_FALSE(copy.ask(p, true, at(0), just_below + 8192).refused);
  EXPECT_FALSE(t.ask(p, true, at(121), 0).refused);  // two minutes later all is forgotten
}

// Twice the capacity is offered and more: what leaves tends to K times what is accepted.
TEST(Throttle, UnderOverloadTheSreThrottleForwardsKTimesTheCapacity) {
  const throttle_policy p{.kind = throttle_kind::google_sre};
  throttle t;
  int forwarded = 0;
  std::uint64_t n = 0;
  for (int second = 0; second < 1200; ++second)
    for (int capacity = 10, call = 0; call < 100; ++call) {
      const instant now = at(second + call * 0.01);
      if (t.ask(p, true, now, draw({1, 0, 2, purpose::throttle, n++})).refused) continue;
      if (second >= 600) ++forwarded;
      t.on_answer(p, capacity-- > 0 ? outcome::success : outcome::rate_limited, now);
    }
  EXPECT_NEAR(forwarded / 600.0, 20, 1);
}

TEST(ConcurrencyLimit, AimdOfNetflix) {
  const concurrency_policy p{
      .kind = concurrency_kind::aimd, .limit = 20, .least = 20, .most = 200, .slow_after = 5s};
  concurrency_limit limit(p);
  limit.on_end(p, outcome::success, 1s, 9);
  EXPECT_EQ(limit.limit(), 20u);  // less than half of it is in use
  limit.on_end(p, outcome::success, 1s, 10);
  EXPECT_EQ(limit.limit(), 21u);
  for (int i = 0; i < 500; ++i) limit.on_end(p, outcome::success, 1s, 200);
  EXPECT_EQ(limit.limit(), 200u);
  for (const unsigned expected : {180u, 162u, 145u, 130u}) {
    limit.on_end(p, outcome::rate_limited, 1s, 200);
    EXPECT_EQ(limit.limit(), expected);
  }
  limit.on_end(p, outcome::success, 5s, 130);
  EXPECT_EQ(limit.limit(), 131u);
  limit.on_end(p, outcome::success, 5s + 1ns, 130);
  EXPECT_EQ(limit.limit(), 117u);
  limit.on_end(p, outcome::unauthorized, 1s, 117);  // says nothing of the load
  for (int i = 0; i < 100; ++i) limit.on_end(p, outcome::timed_out, 1s, 1);
  EXPECT_EQ(limit.limit(), 20u);
}

TEST(ConcurrencyLimit, AFixedOneStays) {
  const concurrency_policy p{.kind = concurrency_kind::fixed, .limit = 3};
  concurrency_limit limit(p);
  limit.on_end(p, outcome::rate_limited, 1s, 3);
  limit.on_end(p, outcome::success, 1s, 3);
  EXPECT_TRUE(limit.has_room(2));
  EXPECT_FALSE(limit.has_room(3));
}

}  // namespace
}  // namespace stampede
