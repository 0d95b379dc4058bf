// Calls put together from what the server alone saw.
#include <gtest/gtest.h>

#include <vector>

#include "harness/observed_calls.hpp"
#include "harness/recorder.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

struct seen {
  std::uint32_t key = 1;
  std::uint32_t content = 1;
  duration at{0};
  duration took{100ms};
  outcome told = outcome::success;
  duration retry_after = no_duration;
  bool by_header = false;
};

exchange_record exchange(const seen& s) {
  exchange_record r;
  r.by_header = s.by_header;
  r.instance = s.key;
  r.call = s.content;
  r.arrived = run_start + s.at;
  r.ended = r.arrived + s.took;
  r.told = s.told;
  r.status = s.told == outcome::success ? 200 : s.told == outcome::rate_limited ? 429 : 503;
  r.peer_left = s.told == outcome::cancelled;
  r.retry_after = s.retry_after;
  r.usage = {0, 10, s.told == outcome::success ? 20 : 0};
  return r;
}

struct result {
  observed what;
  record_log log;
};

result observe(const std::vector<seen>& all) {
  std::vector<exchange_record> exchanges;
  for (const seen& s : all) exchanges.push_back(exchange(s));
  result r;
  r.what = observe_calls(std::move(exchanges), r.log);
  return r;
}

TEST(ObservedCalls, AFailureAndWhatFollowsAreOneCall) {
  const result r = observe({{.at = 0s, .told = outcome::rate_limited, .retry_after = 2s},
                            {.at = 1s, .told = outcome::overloaded},
                            {.at = 5s}});
  ASSERT_EQ(r.log.calls.size(), 1U);
  EXPECT_EQ(r.log.calls[0].attempts, 3);
  EXPECT_EQ(r.log.calls[0].result, outcome::success);
  EXPECT_EQ(r.log.calls[0].ended - r.log.calls[0].intended, 5100ms);
  ASSERT_EQ(r.log.attempts.size(), 3U);
  EXPECT_EQ(r.log.attempts[0].decided, decision::retry);
  EXPECT_EQ(r.log.attempts[0].waits_for, wait_reason::backoff) << "it did not wait as told";
  EXPECT_EQ(r.log.attempts[0].wait, 900ms);
  EXPECT_TRUE(r.log.attempts[1].early) << "Retry-After was over at 2.1 s";
  EXPECT_FALSE(r.log.attempts[2].early);
  EXPECT_EQ(r.log.attempts[2].decided, decision::deliver);
  EXPECT_EQ(r.what.calls_by_content, 1U);
  EXPECT_EQ(r.what.calls_by_header, 0U);
  EXPECT_EQ(r.log.exchanges.size(), 3U);
}

TEST(ObservedCalls, AWaitAsLongAsRetryAfterObeysIt) {
  const result r =
      observe({{.at = 0s, .told = outcome::rate_limited, .retry_after = 2s}, {.at = 2100ms}});
  EXPECT_EQ(r.log.attempts[0].waits_for, wait_reason::retry_after);
  EXPECT_FALSE(r.log.attempts[1].early);
}

TEST(ObservedCalls, ASuccessEndsACall) {
  EXPECT_EQ(observe({{.at = 0s}, {.at = 1s}, {.at = 2s}}).log.calls.size(), 3U);
}

TEST(ObservedCalls, TwoAtATimeAreTwoCalls) {
  const result r = observe({{.at = 0ms, .told = outcome::overloaded},
                            {.at = 50ms, .told = outcome::overloaded},
                            {.at = 200ms},
                            {.at = 210ms}});
  ASSERT_EQ(r.log.calls.size(), 2U);
  EXPECT_EQ(r.log.calls[0].attempts, 2);
  EXPECT_EQ(r.log.calls[1].attempts, 2);
}

TEST(ObservedCalls, KeysAndContentsAreToldApart) {
  const result r = observe({{.key = 7, .content = 1, .told = outcome::overloaded},
                            {.key = 7, .content = 2, .at = 1s},
                            {.key = 8, .content = 1, .at = 1s}});
  EXPECT_EQ(r.log.calls.size(), 3U);
  EXPECT_EQ(r.what.instances, 2U);
  EXPECT_EQ(r.log.calls[0].result, outcome::overloaded);
  EXPECT_EQ(r.log.calls[0].why, stop_reason::attempts_used);
  EXPECT_EQ(r.log.attempts[0].decided, decision::give_up);
}

TEST(ObservedCalls, AHeaderIsBelievedWhateverTheOrder) {
  const result r = observe({{.key = 3, .content = 9, .at = 0s, .took = 10s, .by_header = true},
                            {.key = 3, .content = 9, .at = 1s, .by_header = true}});
  EXPECT_EQ(r.log.calls.size(), 1U);
  EXPECT_EQ(r.what.calls_by_header, 1U);
}

TEST(ObservedCalls, WhoLeavesAndComesAgainTimedOut) {
  const result r = observe({{.at = 0s, .took = 3s, .told = outcome::cancelled},
                            {.at = 2990ms, .took = 1s, .told = outcome::cancelled}});
  ASSERT_EQ(r.log.calls.size(), 1U) << "its next request may overtake the end of the one before";
  EXPECT_EQ(r.log.attempts[0].result, outcome::timed_out);
  EXPECT_EQ(r.log.attempts[0].wait, 0s);
  EXPECT_EQ(r.log.calls[0].result, outcome::cancelled);
  EXPECT_EQ(r.log.calls[0].why, stop_reason::cancelled);
}

TEST(ObservedCalls, TenMinutesLaterItIsAnotherCall) {
  EXPECT_EQ(observe({{.at = 0s, .told = outcome::overloaded}, {.at = 11min}}).log.calls.size(), 2U);
}

TEST(ObservedCalls, PagesAreNoCalls) {
  exchange_record models = exchange({});
  models.route = 4;  // GET /models
  record_log log;
  EXPECT_EQ(observe_calls({models}, log).calls_by_content, 0U);
  EXPECT_TRUE(log.attempts.empty());
  EXPECT_EQ(log.exchanges.size(), 1U);
}

}  // namespace
}  // namespace stampede
