#include "reports/findings.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "records.hpp"
#include "storm.hpp"

namespace stampede {
namespace {

using namespace test;

std::string evidence(const std::vector<finding>& found, const std::string& name) {
  const auto at = std::ranges::find(found, name, &finding::name);
  return at == found.end() ? "" : at->evidence;
}

TEST(Findings, AQuietRunHasNone) {
  measure_fold fold({});
  fold.on_attempt(success(0, 1, 0s, 1s));
  fold.on_call(ended_call(0s, 1s));
  EXPECT_TRUE(findings_of(fold.finish(1s), {}).empty());
}

TEST(Findings, RetryPressureBeginsAboveTheLine) {
  for (const int retries : {50, 51}) {
    measure_fold fold({});
    for (int i = 0; i < retries; ++i) fold.on_attempt(success(0, 2, 1s, 2s));
    const auto found = findings_of(fold.finish(60s), {});
    EXPECT_EQ(evidence(found, "retry_pressure"),
              retries == 50 ? ""
                            : "Peak of 51 retries in the minute from 1 s, above the line of 50; 1 "
                              "whole minute was above it.");
  }
}

TEST(Findings, TellAStormByItsMarks) {
  const auto found = storm_report().findings;
  EXPECT_NE(evidence(found, "retry_pressure"), "");
  EXPECT_NE(evidence(found, "early_retries"), "");
  EXPECT_NE(evidence(found, "unusable_answers"), "");
  EXPECT_NE(evidence(found, "wasted_bill"), "");
  EXPECT_NE(evidence(found, "ledger_gap"), "");
  EXPECT_EQ(evidence(found, "persistent_retries"), "");
}

TEST(Findings, SynchronisedReturnNeedsAHerd) {
  for (const int victims : {9, 10}) {
    measure_fold fold({});
    for (int i = 0; i < victims; ++i)
      fold.on_attempt(retried(0, 1, 1s, outcome::rate_limited, 20s, wait_reason::retry_after));
    EXPECT_EQ(evidence(findings_of(fold.finish(60s), {}), "synchronised_return"),
              victims == 9 ? ""
                           : "10 of the 10 attempts that failed (100%) came "
                             "back within the second from 21 s.");
  }
}

TEST(Findings, PersistentErrorsAreNamed) {
  measure_fold fold({});
  fold.on_attempt(retried(0, 1, 0s, outcome::insufficient_balance, 1s));
  fold.on_attempt(retried(0, 1, 0s, outcome::rate_limited, 1s));
  EXPECT_EQ(evidence(findings_of(fold.finish(60s), {}), "persistent_retries"),
            "1 retry of errors no retry can mend: after 1 insufficient_balance.");
}

TEST(Findings, UnfinishedCalls) {
  measure_fold fold({});
  fold.on_call(ended_call(0s, 60s, outcome::unfinished, stop_reason::run_ended));
  EXPECT_EQ(evidence(findings_of(fold.finish(60s), {}), "unfinished_calls"),
            "1 call had no final outcome when the run ended.");
}

fold_options one_group() {
  fold_options options;
  options.groups = {{"app", "guide", "deepseek-v4-flash", 1, 3}};
  return options;
}

TEST(Findings, LayeredRetriesNameTheGroupAndThePolicy) {
  measure_fold fold(one_group());
  fold.on_call(ended_call(0s, 1s, outcome::success, stop_reason::success, 9));
  EXPECT_EQ(evidence(findings_of(fold.finish(10s), {}), "layered_retries"),
            "1 call of app took more attempts than the policy's 3, up to 9.");
}

TEST(Findings, AConstantWaitIsNamedConstant) {
  for (const bool spread : {false, true}) {
    measure_fold fold(one_group());
    for (std::uint32_t i = 0; i < 10; ++i) {
      fold.on_attempt(
          retried(i, 1, 0s, outcome::overloaded, 2s + (spread ? i : 0) * duration{200ms}));
      attempt_record a = retried(i, 2, 3s, outcome::rate_limited, 20s + (spread ? 5s * i : 0s),
                                 wait_reason::retry_after);
      a.retry_after = 20s;
      fold.on_attempt(a);
    }
    const auto found = findings_of(fold.finish(60s), {});
    EXPECT_EQ(evidence(found, "constant_jitter"),
              spread ? ""
                     : "The backoff of app is constant: before the same retry its waits differ by "
                       "0% of their length.");
    EXPECT_EQ(evidence(found, "bare_retry_after"),
              spread ? "" : "10 waits of app ended at Retry-After, give or take 0% of it.");
  }
}

// $3 of $10 for answers nobody waited for.
TEST(Findings, AbandonedAnswersAreAShareOfTheBill) {
  measure_fold fold(one_group());
  const auto billed = [](attempt_record a, std::int64_t usd) {
    a.charge = {usd * 1'000'000'000'000};
    return a;
  };
  fold.on_attempt(billed(success(0, 1, 0s, 1s), 7));
  fold.on_attempt(billed(given_up(1, 1, 0s, outcome::timed_out), 3));
  EXPECT_EQ(evidence(findings_of(fold.finish(10s), {}), "abandoned_answers"),
            "30% of the bill ($3.00) was answers nobody waited for; 1 attempt timed out.");
}

TEST(Findings, WastedWorkIsAShareOfTheServersTime) {
  measure_fold fold(one_group());
  fold.on_exchange(answered(0s, 0s, 3s));
  exchange_record left = answered(0s, 0s, 1s);
  left.peer_left = true;
  fold.on_exchange(left);
  EXPECT_EQ(evidence(findings_of(fold.finish(10s), {}), "wasted_work"),
            "25% of the server's work was for 1 request that left before their answer.");
}

TEST(Findings, SlowRecoveryAndMetastabilityExcludeEachOther) {
  for (const int retries : {0, 1}) {
    fold_options options = one_group();
    options.length = 200s;
    options.faults = {{"outage", "503", at(20s), at(30s)}};
    measure_fold fold(options);
    for (int s = 0; s < 200; ++s) {
      const bool good = s < 20 || (retries == 0 && s >= 100);
      if (retries > 0) fold.on_attempt(retried(0, 1, 1s * s, outcome::timed_out, 0s));
      const auto last = static_cast<std::uint16_t>(1 + retries);
      fold.on_attempt(good ? success(0, last, 1s * s, 1s * s)
                           : given_up(0, last, 1s * s, outcome::timed_out));
      fold.on_call(ended_call(1s * s, 1s * s, good ? outcome::success : outcome::timed_out));
    }
    const auto found = findings_of(fold.finish(200s), {});
    EXPECT_EQ(evidence(found, "slow_recovery"),
              retries == 0 ? "Goodput was back 70.0 s after outage had ended at 30 s." : "");
    EXPECT_EQ(evidence(found, "metastable").empty(), retries == 0);
  }
}

// Every finding that quotes the guide quotes it: none is empty words.
TEST(Findings, QuoteTheGuideWhereItHasASentence) {
  for (const finding& f : storm_report().findings)
    EXPECT_EQ(f.guide.empty(), f.name == "ledger_gap") << f.name;
}

}  // namespace
}  // namespace stampede
