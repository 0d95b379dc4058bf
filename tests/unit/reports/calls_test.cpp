#include "reports/calls.hpp"

#include <gtest/gtest.h>

#include "records.hpp"

namespace stampede {
namespace {

using namespace test;

TEST(Calls, CountsOutcomesAndReasons) {
  call_fold fold;
  for (int i = 0; i < 6; ++i) fold.add(ended_call(0s, 1s));
  fold.add(ended_call(0s, 9s, outcome::rate_limited, stop_reason::attempts_used, 5));
  fold.add(ended_call(0s, 9s, outcome::rate_limited, stop_reason::attempts_used, 3));
  fold.add(ended_call(0s, 9s, outcome::breaker_open, stop_reason::breaker, 0));
  fold.add(ended_call(0s, 9s, outcome::truncated_json));  // delivered
  const call_measures m = fold.finish();
  EXPECT_EQ(m.calls, 10);
  EXPECT_EQ(m.failures(), 4);
  EXPECT_DOUBLE_EQ(*m.success_rate(), 0.6);
  EXPECT_EQ(m.with(outcome::rate_limited), 2);
  EXPECT_EQ(m.stopped(stop_reason::success), 7);
  EXPECT_EQ(m.refused_locally, 1);
  EXPECT_EQ(m.delivered_unusable, 1);
  const call_ends& ends = m.ends[static_cast<std::size_t>(outcome::rate_limited)]
                                [static_cast<std::size_t>(stop_reason::attempts_used)];
  EXPECT_EQ(ends.count, 2);
  EXPECT_EQ(ends.most_attempts, 5);
}

TEST(Calls, TimeRunsFromTheIntendedStart) {
  call_fold fold;
  call_record late = ended_call(10s, 15s);
  late.started = at(14s);  // the client was busy for four seconds
  late.first_token = at(14500ms);
  fold.add(late);
  fold.add(ended_call(10s, 40s, outcome::timed_out, stop_reason::time_budget));
  const call_measures m = fold.finish();
  EXPECT_EQ(m.success_latency.at(500), 5s);
  EXPECT_EQ(m.latency.at(500), 5s);
  EXPECT_EQ(m.latency.most(), 30s);
  EXPECT_EQ(m.first_token.at(500), 4500ms);
  EXPECT_EQ(m.first_token.count(), 1);
}

TEST(Calls, WorstTenSecondsIsOfTheCallsWantedWithinThem) {
  call_fold fold;
  // 10 calls in the first ten seconds, one attempt each; 12 in the next, three each.
  for (int i = 0; i < 10; ++i)
    fold.add(ended_call(std::chrono::seconds{i}, 30s, outcome::success, stop_reason::success, 1));
  for (int i = 0; i < 12; ++i)
    fold.add(ended_call(10s + 500ms * i, 30s, outcome::success, stop_reason::success, 3));
  // Too few to make a cohort, however bad.
  for (int i = 0; i < 9; ++i)
    fold.add(ended_call(100s, 130s, outcome::rate_limited, stop_reason::attempts_used, 5));
  const call_measures m = fold.finish();
  EXPECT_DOUBLE_EQ(*m.worst_ten_seconds, 3.0);
  EXPECT_EQ(m.worst_from, at(10s));
}

TEST(Calls, NoCohortNoWorst) {
  call_fold fold;
  fold.add(ended_call(0s, 1s));
  EXPECT_FALSE(fold.finish().worst_ten_seconds);
  EXPECT_FALSE(call_fold{}.finish().success_rate());
}

// A policy of three tries whose calls take up to nine: something retries on top of it.
TEST(Calls, MoreAttemptsThanThePolicyAllowsAreLayered) {
  call_fold fold(3);
  for (const int attempts : {1, 3, 4, 9})
    fold.add(ended_call(0s, 1s, outcome::success, stop_reason::success,
                        static_cast<std::uint16_t>(attempts)));
  EXPECT_EQ(fold.finish().layered, 2);
  EXPECT_EQ(fold.finish().most_attempts, 9);
  call_fold unlimited(0);
  unlimited.add(ended_call(0s, 1s, outcome::success, stop_reason::success, 9));
  EXPECT_EQ(unlimited.finish().layered, 0);
}

}  // namespace
}  // namespace stampede
