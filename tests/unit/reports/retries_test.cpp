#include "reports/retries.hpp"

#include <gtest/gtest.h>

#include "records.hpp"
#include "reports/reasons.hpp"

namespace stampede {
namespace {

using namespace test;

TEST(Retries, OneCallOfThreeAttempts) {
  retry_fold fold(50);
  fold.add(retried(0, 1, 0s, outcome::rate_limited, 20s, wait_reason::retry_after));
  fold.add(retried(0, 2, 20s, outcome::overloaded, 2s));
  fold.add(success(0, 3, 22s, 25s));
  const retry_measures m = fold.finish();
  EXPECT_EQ(m.attempts, 3);
  EXPECT_EQ(m.retries, 2);
  EXPECT_EQ(m.decided, 2);
  EXPECT_EQ(m.with(outcome::rate_limited), 1);
  EXPECT_EQ(m.retried_after[static_cast<std::size_t>(outcome::overloaded)], 1);
  EXPECT_EQ(m.waited(wait_reason::retry_after).total, 20s);
  EXPECT_EQ(m.waited(wait_reason::backoff).longest, 2s);
  EXPECT_EQ(m.waited(wait_reason::pacing).count, 0);
  EXPECT_EQ(m.peak_minute.count, 2);
}

// A breaker that opens during the wait keeps the retry from being sent.
TEST(Retries, ADecisionIsNotYetARetry) {
  retry_fold fold(50);
  fold.add(retried(0, 1, 0s, outcome::rate_limited, 20s));
  const retry_measures m = fold.finish();
  EXPECT_EQ(m.decided, 1);
  EXPECT_EQ(m.retries, 0);
  EXPECT_EQ(retry_causes_text(m), "of 1 decided, after 1 rate_limited");
}

TEST(Retries, EarlyPersistentAndFallback) {
  retry_fold fold(50);
  attempt_record a = retried(0, 1, 0s, outcome::unauthorized, 1s);
  fold.add(a);
  a = retried(0, 2, 1s, outcome::rate_limited, 1s);
  a.early = true;
  fold.add(a);
  a = success(0, 3, 2s, 3s);
  a.fallback = true;
  fold.add(a);
  // Giving up on a persistent error, or turning to another model, is not retrying it.
  fold.add(given_up(1, 1, 0s, outcome::invalid_format));
  a = retried(2, 1, 0s, outcome::insufficient_balance, 0s);
  a.decided = decision::fall_back;
  fold.add(a);
  const retry_measures m = fold.finish();
  EXPECT_EQ(m.early, 1);
  EXPECT_EQ(m.of_persistent, 1);
  EXPECT_EQ(m.fallbacks, 1);
}

// 60 retries between 30 s and 90 s make a peak of 60 though no whole minute has more than 30.
TEST(Retries, PeakSlidesAndMinutesAreWhole) {
  retry_fold fold(29);
  for (int i = 0; i < 60; ++i) fold.add(success(0, 2, 30s + std::chrono::seconds{i}, 95s));
  const retry_measures m = fold.finish();
  EXPECT_EQ(m.peak_minute.count, 60);
  EXPECT_EQ(m.peak_minute.from, at(30s));
  EXPECT_EQ(m.minutes_above, 2);
  retry_fold same(30);
  for (int i = 0; i < 60; ++i) same.add(success(0, 2, 30s + std::chrono::seconds{i}, 95s));
  EXPECT_EQ(same.finish().minutes_above, 0);  // on the line is not above it
}

TEST(Retries, EveryOutcomeIsAtMostOneKindOfFailure) {
  int persistent = 0;
  int content = 0;
  for (int i = 0; i < outcome_count; ++i) {
    const auto o = static_cast<outcome>(i);
    EXPECT_FALSE(is_persistent(o) && is_content_failure(o));
    persistent += is_persistent(o) ? 1 : 0;
    content += is_content_failure(o) ? 1 : 0;
  }
  EXPECT_EQ(persistent, 8);
  EXPECT_EQ(content, 9);
  EXPECT_FALSE(is_persistent(outcome::success));
  EXPECT_FALSE(is_content_failure(outcome::success));
}

}  // namespace
}  // namespace stampede
