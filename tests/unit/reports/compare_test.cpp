// Comparisons: intervals by hand, what counts as better or worse, every renderer.
#include "reports/compare.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/config_table.hpp"
#include "golden.hpp"
#include "reports/baseline.hpp"
#include "reports/render_compare.hpp"
#include "storm.hpp"

namespace stampede {
namespace {

using values = std::vector<std::optional<double>>;
const double never_came = std::numeric_limits<double>::infinity();

compared_run run_with(const std::string& label, const std::string& measure, values v) {
  compared_run run;
  run.label = label;
  run.scenario = "s";
  run.engine = "sim";
  run.replicated = v.size() > 1;
  run.seeds.assign(v.size(), 1);
  run.values.push_back({measure, std::move(v), std::nullopt});
  return run;
}

compared_cell compared_cell_of(const std::string& measure, values base, values next,
                               bool same_seeds = true) {
  compared_run a = run_with("base", measure, std::move(base));
  compared_run b = run_with("new", measure, std::move(next));
  if (!same_seeds) b.seeds.assign(b.seeds.size(), 2);
  const comparison_table t = compare({a, b});
  for (const compared_row& row : t.rows)
    if (row.name == measure) return row.cells.at(1);
  ADD_FAILURE() << "no row " << measure;
  return {};
}

// Differences 1, 2, 3, 4, 5: mean 3, t(0.975, 4) = 2.7764, standard error sqrt(2.5 / 5).
TEST(Compare, PairedIntervalIsStudentsOverTheDifferences) {
  const compared_cell c =
      compared_cell_of("amplification", {10, 20, 30, 40, 50}, {11, 22, 33, 44, 55});
  EXPECT_DOUBLE_EQ(*c.difference, 3);
  EXPECT_NEAR(*c.low, 3 - 2.7764 * std::sqrt(0.5), 1e-3);
  EXPECT_NEAR(*c.high, 3 + 2.7764 * std::sqrt(0.5), 1e-3);
  EXPECT_EQ(c.result, change::worse);
  EXPECT_DOUBLE_EQ(c.relative, 0.1);
  EXPECT_TRUE(c.regression);
}

// The same values under other seeds: Welch, standard error sqrt(250 / 5 + 302.5 / 5), which no
// longer tells them apart.
TEST(Compare, WithoutTheSameDrawsItIsWelchs) {
  const compared_cell c =
      compared_cell_of("amplification", {10, 20, 30, 40, 50}, {11, 22, 33, 44, 55}, false);
  EXPECT_DOUBLE_EQ(*c.difference, 3);
  const double error = std::sqrt(50 + 60.5);
  const double freedom = 110.5 * 110.5 / (50.0 * 50 / 4 + 60.5 * 60.5 / 4);
  EXPECT_NEAR(freedom, 7.93, 0.01);
  EXPECT_NEAR(*c.high - 3, 2.3095 * error, 0.01);  // t(0.975, 7.93)
  EXPECT_EQ(c.result, change::same);
}

// A replication without a success has no latency of successes: one pair is left of three, which
// has no interval, so it is two samples of two: standard error sqrt(0.5 / 2 + 0.5 / 2).
TEST(Compare, WithoutTwoPairsItIsWelchsToo) {
  const compared_cell c = compared_cell_of("latency.success.p99", {1, 2, {}}, {{}, 2, 3});
  EXPECT_DOUBLE_EQ(*c.difference, 1);
  EXPECT_NEAR(*c.high - 1, 4.3027 * std::sqrt(0.5), 1e-3);  // t(0.975, 2)
}

// Replications keep no measure that fewer than two of them have: its value is the first's alone.
TEST(Compare, OneReplicationsValueIsNotThatOfAll) {
  report r = test::storm_report();
  r.over.replications = 3;
  const compared_run run = compared(r, "a");
  const values& p99 = run.find("latency.success.p99")->values;
  ASSERT_EQ(p99.size(), 3U);
  EXPECT_TRUE(p99[0].has_value());
  EXPECT_FALSE(p99[1].has_value());
  EXPECT_EQ(run.find("persistent_retries")->values, (values{0.0, 0.0, 0.0}));
}

TEST(Compare, TheSameRunTwiceIsTheSameBitForBit) {
  const compared_run run = compared(test::storm_report(), "a");
  const comparison_table t = compare({run, run});
  for (const compared_row& row : t.rows) {
    EXPECT_EQ(row.cells[1].result, change::same) << row.name;
    EXPECT_EQ(row.cells[1].difference.value_or(0), 0) << row.name;
  }
  EXPECT_TRUE(t.regressions().empty());
}

// 0 of 10 against 8 of 10: Newcombe's interval of the difference excludes nothing.
TEST(Compare, YesAndNoAreComparedAsShares) {
  const compared_cell c =
      compared_cell_of("metastable", values(10, 0.0), {1, 1, 1, 1, 1, 1, 1, 1, 0, 0});
  EXPECT_DOUBLE_EQ(*c.difference, 0.8);
  const interval a = wilson_interval(0, 10), b = wilson_interval(8, 10);
  EXPECT_NEAR(*c.low, 0.8 - std::sqrt(std::pow(0.8 - b.low, 2) + std::pow(a.high, 2)), 1e-12);
  EXPECT_EQ(c.result, change::worse);
  EXPECT_EQ(compared_cell_of("recovered_within", values(10, 1e9), values(10, never_came)).result,
            change::worse);
  EXPECT_EQ(compared_cell_of("recovered_within", values(10, 1e9), {1e9, 1e9, never_came}).result,
            change::same);
}

TEST(Compare, TwoHeapsAreComparedByTheShareOfTheHigherOne) {
  values low(10, 0.02), mixed;
  for (int i = 0; i < 10; ++i)
    mixed.push_back(i < 9 ? 0.98 : 0.02), low[static_cast<std::size_t>(i)] = 0.02 + i * 1e-4;
  mixed[8] = 0.021;
  const compared_cell c = compared_cell_of("success_rate", low, mixed);
  EXPECT_DOUBLE_EQ(*c.difference, 0.8);
  EXPECT_EQ(c.result, change::better);
}

TEST(Compare, OneRunEachCountsBeyondTheTolerance) {
  EXPECT_EQ(compared_cell_of("latency.p99", {100e9}, {104e9}).result, change::same);
  const compared_cell worse = compared_cell_of("latency.p99", {100e9}, {106e9});
  EXPECT_EQ(worse.result, change::worse);
  EXPECT_EQ(worse.difference_text, "+6.00%");
  EXPECT_FALSE(worse.low);
  EXPECT_EQ(compared_cell_of("latency.p99", {100e9}, {90e9}).result, change::better);
  EXPECT_EQ(compared_cell_of("server.throughput", {10}, {20}).result, change::differs);
  EXPECT_EQ(compared_cell_of("early_retries", {0}, {3}).difference_text, "from nothing");
  EXPECT_TRUE(compared_cell_of("early_retries", {0}, {3}).regression);
  EXPECT_EQ(compared_cell_of("recovered_within", {3e9}, {never_came}).result, change::worse);
  EXPECT_EQ(compared_cell_of("latency.p99", {std::nullopt}, {1e9}).result, change::unknown);
}

// A share is compared in points: 96 % to 92 % are four, though more than 4 % of it.
TEST(Compare, SharesAreComparedInPoints) {
  EXPECT_EQ(compared_cell_of("cost.overhead", {0.01}, {0.05}).difference_text, "+4 points");
  EXPECT_FALSE(compared_cell_of("cost.overhead", {0.01}, {0.05}).regression);
  EXPECT_TRUE(compared_cell_of("cost.overhead", {0.01}, {0.07}).regression);
}

TEST(Compare, RunsUnderSeveralSeedsAreOneSample) {
  compared_run a = run_with("x", "amplification", {1});
  compared_run b = a;
  b.seeds = {2};
  b.values[0].values = {3};
  const compared_run both = together({a, b}, "base");
  EXPECT_EQ(both.seeds, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(both.find("amplification")->values, (values{1, 3}));
}

TEST(Baseline, IsReadAsItWasWrittenAndARunIsOne) {
  const report r = test::storm_report();
  const compared_run run = compared(r, "new");
  const std::string text = render_baseline(run);
  EXPECT_LT(text.size(), 25'000U);
  EXPECT_EQ(render_baseline(read_baseline(text, "b.json", "x")), text);
  const comparison_table t = compare({read_baseline(text, "b.json", "base"), run});
  EXPECT_TRUE(t.regressions().empty());
  EXPECT_THROW((void)read_baseline("{\"baseline_version\": 1}", "b.json", "x"), config_error);
  EXPECT_THROW((void)read_baseline("[]", "b.json", "x"), config_error);
}

comparison_table storm_against_worse() {
  const report base = test::storm_report();
  report next = base;
  next.numbers.whole.retries.peak_minute.count += 100;
  next.numbers.whole.calls.successes -= 400;
  next.numbers.herd.peak_to_mean = 2;
  next.info.scenario = "synthetic_storm";
  return compare({compared(base, "main"), compared(next, "branch <b>|x")});
}

TEST(RenderCompare, Golden) {
  const comparison_table t = storm_against_worse();
  test::expect_golden("compare.txt", render_compare_terminal(t));
  test::expect_golden("compare.md", render_compare_markdown(t));
}

TEST(RenderCompare, EveryRendererNamesWhatIsWorseAndEscapesWhatIsNotOurs) {
  const comparison_table t = storm_against_worse();
  const auto json = nlohmann::json::parse(render_compare_json(t));
  EXPECT_EQ(json["measures"]["success_rate"]["runs"][1]["result"], "worse");
  EXPECT_EQ(json["measures"]["herd.peak_to_mean"]["runs"][1]["result"], "better");
  EXPECT_EQ(json["regressions"].size(), t.regressions().size());
  EXPECT_TRUE(json["measures"]["latency.p99"]["runs"][0].contains("value_ms"));
  const std::string page = render_compare_html(t);
  EXPECT_EQ(page.find("<b>|x"), std::string::npos);
  EXPECT_NE(page.find("branch &lt;b&gt;|x"), std::string::npos);
  EXPECT_NE(page.find("<svg"), std::string::npos);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  const std::string markdown = render_compare_markdown(t);
  EXPECT_NE(markdown.find("branch &lt;b&gt;\\|x"), std::string::npos);
}

}  // namespace
}  // namespace stampede
