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

}  // namespace
}  // namespace stampede
