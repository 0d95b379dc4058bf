// Verdicts: values, margins, and the reason from the records.
#include <gtest/gtest.h>

#include "records.hpp"
#include "reports/expectations.hpp"

namespace stampede {
namespace {

using namespace test;

// 10 calls: 6 good, 3 rate limited after five tries, 1 truncated and delivered.
measures ten_calls() {
  fold_options options;
  options.groups = {{"app", "guide", "deepseek-v4-flash", 2, 5},
                    {"idle", "guide", "deepseek-v4-flash", 1, 5}};
  measure_fold fold(options);
  for (std::uint32_t i = 0; i < 6; ++i) {
    attempt_record a = success(i, 1, 0s, 2s);
    a.charge = {1'000'000};
    fold.on_attempt(a);
    fold.on_call(ended_call(0s, 2s));
  }
  for (std::uint32_t i = 6; i < 9; ++i) {
    for (std::uint16_t k = 1; k < 5; ++k)
      fold.on_attempt(retried(i, k, 1s * k, outcome::rate_limited, 1s, wait_reason::retry_after));
    fold.on_attempt(given_up(i, 5, 6s, outcome::rate_limited));
    fold.on_call(ended_call(0s, 80s, outcome::rate_limited, stop_reason::attempts_used, 5));
  }
  attempt_record cut = success(9, 1, 0s, 2s);
  cut.result = outcome::truncated_json;
  cut.charge = {1'000'000};
  fold.on_attempt(cut);
  fold.on_call(ended_call(0s, 2s, outcome::truncated_json));
  return fold.finish(100s);
}

verdict judged(const std::string& measure, comparison compare, double limit,
               const run_info& info = {}, const std::string& group = "") {
  return judge({{{}, {.group = group, .model = {}, .phase = {}}, measure, compare, limit, "limit"}},
               ten_calls(), info)
      .at(0);
}

TEST(Judge, AFailNamesItsReason) {
  const verdict v = judged("success_rate", comparison::at_least, 0.995);
  EXPECT_EQ(v.result, verdict_result::fail);
  EXPECT_EQ(v.value, "60%");
  EXPECT_EQ(v.margin, "39.5 points below");
  EXPECT_EQ(v.why,
            "4 of 10 calls failed: 3 rate_limited after up to 5 attempts (attempts_used), 1 "
            "truncated_json delivered as success");
}

TEST(Judge, TheReasonForRetriesOfPersistentErrorsNamesThoseAlone) {
  measure_fold fold({});
  fold.on_attempt(retried(0, 1, 0s, outcome::insufficient_balance, 1s));
  fold.on_attempt(retried(0, 2, 1s, outcome::rate_limited, 1s));
  fold.on_call(ended_call(0s, 2s));
  const expectation none{{}, {}, "persistent_retries", comparison::at_most, 0, "0"};
  EXPECT_EQ(judge({none}, fold.finish(60s), {}).at(0).why,
            "retried although the same payload fails again: after 1 insufficient_balance");
}

TEST(Judge, APassHasAMarginAndNoReason) {
  const verdict v = judged("success_rate", comparison::at_least, 0.5);
  EXPECT_EQ(v.result, verdict_result::pass);
  EXPECT_EQ(v.margin, "10 points inside");
  EXPECT_EQ(v.why, "");
  EXPECT_EQ(judged("success_rate", comparison::at_least, 0.6).margin, "on the limit");
  EXPECT_EQ(judged("success_rate", comparison::above, 0.6).result, verdict_result::fail);
}

TEST(Judge, EveryComparison) {
  EXPECT_EQ(judged("calls", comparison::equal, 10).result, verdict_result::pass);
  EXPECT_EQ(judged("calls", comparison::equal, 9).margin, "1 above");
  EXPECT_EQ(judged("calls", comparison::different, 10).result, verdict_result::fail);
  EXPECT_EQ(judged("calls", comparison::below, 11).result, verdict_result::pass);
  EXPECT_EQ(judged("calls", comparison::below, 10).result, verdict_result::fail);
  EXPECT_EQ(judged("calls", comparison::at_most, 10).result, verdict_result::pass);
}

TEST(Judge, ReasonsByMeasure) {
  EXPECT_EQ(judged("amplification", comparison::at_most, 1).why,
            "22 attempts for 10 calls, 12 retries after 12 rate_limited");
  EXPECT_EQ(judged("latency.p99", comparison::at_most, 60e9).why,
            "3 of 10 took longer than 60.0 s, the slowest 80.0 s; waits: 12 for retry_after "
            "(longest 1.00 s)");
  EXPECT_EQ(judged("cost.overhead", comparison::at_most, 0.03).why,
            "of $0.000007 billed $0.000006 was useful, $0.000001 unusable");
  EXPECT_EQ(judged("delivered_unusable", comparison::equal, 0).why,
            "handed to the caller as successes: 1 truncated_json");
  EXPECT_EQ(judged("amplification.worst_10s", comparison::at_most, 1).why,
            "calls wanted within the 10 s from 0 s took 2.2 attempts each");
  EXPECT_EQ(judged("failures.rate_limited", comparison::equal, 0).result, verdict_result::fail);
  EXPECT_EQ(judged("outcomes.rate_limited", comparison::equal, 15).result, verdict_result::pass);
  EXPECT_EQ(judged("stops.attempts_used", comparison::equal, 3).result, verdict_result::pass);
  EXPECT_FALSE(judged("herd.peak_to_mean", comparison::at_most, 1).why.empty());
  EXPECT_FALSE(judged("herd.largest_return", comparison::at_most, 0).why.empty());
  EXPECT_FALSE(judged("retries_per_minute.peak", comparison::at_most, 1).why.empty());
}

TEST(Judge, NothingIsProvedWithoutSamples) {
  const verdict v = judged("success_rate", comparison::at_least, 0.5, {}, "idle");
  EXPECT_EQ(v.result, verdict_result::inconclusive);
  EXPECT_EQ(v.value, "none");
  EXPECT_FALSE(v.has_value);
  EXPECT_EQ(judged("first_token.p50", comparison::at_most, 1e9).result,
            verdict_result::inconclusive);
  EXPECT_EQ(judged("early_retries", comparison::equal, 0, {}, "idle").result,
            verdict_result::inconclusive);
}

TEST(Judge, ALateClockSpoilsOnlyWhatIsFiner) {
  run_info info;
  const double value = judged("latency.max", comparison::at_most, 1e9).raw;
  info.lateness = 200ms;
  // Less than ten latenesses from the limit, on either side, proves nothing.
  EXPECT_EQ(judged("latency.max", comparison::at_most, value + 1.9e9, info).result,
            verdict_result::inconclusive);
  EXPECT_EQ(judged("latency.max", comparison::at_most, value - 1.9e9, info).result,
            verdict_result::inconclusive);
  EXPECT_EQ(judged("latency.max", comparison::at_most, value + 2.1e9, info).result,
            verdict_result::pass);
  EXPECT_EQ(judged("latency.max", comparison::at_most, value - 2.1e9, info).result,
            verdict_result::fail);
  // A minute is long against 200 ms, a one-second bin is not.
  EXPECT_NE(judged("retries_per_minute.peak", comparison::at_least, 0, info).result,
            verdict_result::inconclusive);
  EXPECT_EQ(judged("herd.peak_to_mean", comparison::at_least, 0, info).result,
            verdict_result::inconclusive);
  EXPECT_EQ(judged("success_rate", comparison::at_least, 0.5, info).result, verdict_result::pass);
}

TEST(Judge, AnInterruptedRunProvesNothing) {
  run_info info;
  info.interrupted = true;
  info.length = 600s;
  info.measured = 100s;
  const verdict v = judged("success_rate", comparison::at_least, 0.5, info);
  EXPECT_EQ(v.result, verdict_result::inconclusive);
  EXPECT_EQ(v.why, "the run was interrupted after 100 s of 10.0 min");
}

TEST(Judge, OverallIsTheWorst) {
  const auto with = [](std::initializer_list<verdict_result> results) {
    std::vector<verdict> verdicts;
    for (verdict_result r : results) {
      verdicts.emplace_back();
      verdicts.back().result = r;
    }
    return overall(verdicts);
  };
  using enum verdict_result;
  EXPECT_EQ(with({}), pass);
  EXPECT_EQ(with({pass, pass}), pass);
  EXPECT_EQ(with({pass, inconclusive}), inconclusive);
  EXPECT_EQ(with({inconclusive, fail, pass}), fail);
}

// Of n calls one took 80 s, the others 1 s; the p99 limit lies between.
verdict p99_of(int n) {
  measure_fold fold({});
  for (int i = 0; i < n; ++i) fold.on_call(ended_call(0s, i == 0 ? 80s : 1s));
  return judge({{{}, {}, "latency.p99", comparison::at_most, 60e9, "<= 60s"}}, fold.finish(100s),
               {})
      .at(0);
}

TEST(Judge, TooFewSamplesAreInconclusive) {
  EXPECT_EQ(p99_of(99).result, verdict_result::inconclusive);
  EXPECT_EQ(p99_of(99).why, "too few samples: 99 cannot tell, it takes 100");
  EXPECT_EQ(p99_of(100).result, verdict_result::pass);
  EXPECT_EQ(p99_of(1000).interval, "1.00 s to 1.00 s");
}

// 10 calls of which all, or none, succeeded: 99.5 % takes 200, but none is far enough away.
TEST(Judge, FewSamplesAreEnoughFarFromTheLimit) {
  const auto judged_with = [](int n, outcome o) {
    measure_fold fold({});
    for (int i = 0; i < n; ++i)
      fold.on_call(ended_call(
          0s, 1s, o, o == outcome::success ? stop_reason::success : stop_reason::attempts_used));
    return judge({{{}, {}, "success_rate", comparison::at_least, 0.995, ">= 99.5%"}},
                 fold.finish(10s), {})
        .at(0)
        .result;
  };
  EXPECT_EQ(judged_with(10, outcome::success), verdict_result::inconclusive);
  EXPECT_EQ(judged_with(199, outcome::success), verdict_result::inconclusive);
  EXPECT_EQ(judged_with(200, outcome::success), verdict_result::pass);
  EXPECT_EQ(judged_with(10, outcome::overloaded), verdict_result::fail);
}

// Never recovered in 90 s: that fails a limit of 30 s and cannot tell of one of 5 minutes.
TEST(Judge, ARecoveryThatNeverCame) {
  fold_options options;
  options.length = 120s;
  options.faults = {{"outage", "503", at(20s), at(30s)}};
  measure_fold fold(options);
  for (int s = 0; s < 120; ++s)
    fold.on_call(ended_call(1s * s, 1s * s, s < 20 ? outcome::success : outcome::overloaded));
  const measures m = fold.finish(120s);
  const auto judged_against = [&m](double limit) {
    return judge({{{}, {}, "recovered_within", comparison::at_most, limit, "limit"}}, m, {}).at(0);
  };
  EXPECT_EQ(judged_against(30e9).result, verdict_result::fail);
  EXPECT_EQ(judged_against(30e9).value, "never");
  EXPECT_EQ(judged_against(300e9).result, verdict_result::inconclusive);
  EXPECT_EQ(judged_against(300e9).why, "load was offered for only 90.0 s after the fault");
}

}  // namespace
}  // namespace stampede
