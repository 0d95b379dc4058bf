// What other programs read: JUnit, Markdown, series, records read back, the schema of run.json.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "core/config_table.hpp"
#include "golden.hpp"
#include "reports/read_records.hpp"
#include "reports/render_json.hpp"
#include "reports/render_junit.hpp"
#include "reports/render_markdown.hpp"
#include "reports/render_records.hpp"
#include "reports/render_schema.hpp"
#include "reports/render_series.hpp"
#include "storm.hpp"

namespace stampede {
namespace {

using test::storm_report;

TEST(RenderJunit, Golden) { test::expect_golden("junit.xml", render_junit(storm_report())); }

TEST(RenderJunit, InconclusiveIsAnErrorAndControlCharactersAreGone) {
  report r = storm_report();
  r.verdicts[0].result = verdict_result::inconclusive;
  r.verdicts[0].why = "bell \x07 & <tag>";
  const std::string text = render_junit(r);
  EXPECT_NE(text.find("<error type=\"inconclusive\""), std::string::npos);
  EXPECT_NE(text.find("bell   &amp; &lt;tag&gt;"), std::string::npos);
  EXPECT_NE(text.find("tests=\"10\" failures=\"4\" errors=\"1\""), std::string::npos);
}

TEST(RenderJunit, ReplicationsAreCasesOfTheirOwn) {
  report r = storm_report();
  replicated_verdict v;
  v.measure = "success_rate";
  v.limit = ">= 99.5%";
  v.held = 3;
  v.judged = 4;
  v.share = wilson_interval(3, 4);
  r.over.verdicts = {v};
  EXPECT_NE(render_junit(r).find("success_rate &gt;= 99.5% in every replication"),
            std::string::npos);
  EXPECT_NE(render_junit(r).find("held in 3 of 4"), std::string::npos);
}

TEST(RenderMarkdown, Golden) { test::expect_golden("summary.md", render_markdown(storm_report())); }

TEST(RenderMarkdown, OutsideTextCannotBreakTheTable) {
  report r = storm_report();
  r.info.scenario = "a|b <script>\n*x*";
  const std::string text = render_markdown(r);
  EXPECT_TRUE(text.starts_with("## a\\|b &lt;script&gt; \\*x\\*: "));
}

TEST(RenderSeries, OneLineABin) {
  report r;
  r.numbers.load = {
      std::chrono::seconds{1}, {1, 2}, {1, 0}, {0, 2}, {1, 1}, {0, 1}, {0, 0}, {0, 0}};
  EXPECT_EQ(render_series_csv(r),
            "from_ms,width_ms,arrivals,first_tries,retries,successes,rate_limited,overloaded,"
            "other_failures\r\n"
            "0,1000,1,1,0,1,0,0,0\r\n"
            "1000,1000,2,0,2,1,1,0,0\r\n");
  std::istringstream lines(render_series_ndjson(r));
  std::string line;
  std::getline(lines, line);
  std::getline(lines, line);
  const auto second = nlohmann::json::parse(line);
  EXPECT_EQ(second["from_ms"], 1000);
  EXPECT_EQ(second["retries"], 2);
}

struct written_records : record_sink {
  explicit written_records(const run_info& info) : lines(info) {}
  void on_attempt(const attempt_record& r) override { lines.append(text, r); }
  void on_call(const call_record& r) override { lines.append(text, r); }
  void on_exchange(const exchange_record& r) override { lines.append(text, r); }
  record_lines lines;
  std::string text;
};

TEST(ReadRecords, FoldToTheSameReport) {
  const report r = storm_report();
  written_records file(r.info);
  test::feed_storm(file);
  std::istringstream in(file.text + report_line(r));
  EXPECT_TRUE(is_record_line(file.text));
  EXPECT_EQ(render_json(read_records(in, "run.ndjson")), render_json(r));
}

TEST(ReadRecords, NamesTheLineThatIsNoRecord) {
  const report r = storm_report();
  const auto refusal = [](const std::string& text) -> std::string {
    std::istringstream in(text);
    try {
      (void)read_records(in, "r.ndjson");
    } catch (const config_error& e) {
      return e.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal("{\"record\":\"call\"}\n"),
            "r.ndjson: the last line of a file of records holds its report; this one is cut short");
  EXPECT_TRUE(refusal("{\"record\":\"ghost\"}\n" + report_line(r))
                  .starts_with("r.ndjson:1:1: this is no record: there is no record 'ghost'"));
}

TEST(RecordCsv, HasOneHeadAndACellForEveryColumn) {
  const report r = storm_report();
  written_records file(r.info);
  test::feed_storm(file);
  const std::string csv = record_csv_head() + record_csv(file.text.substr(0, 20'000).substr(
                                                  0, file.text.substr(0, 20'000).rfind('\n') + 1));
  std::istringstream lines(csv);
  std::string line;
  std::size_t columns = 0;
  while (std::getline(lines, line)) {
    const auto commas = static_cast<std::size_t>(std::count(line.begin(), line.end(), ','));
    if (columns == 0) columns = commas;
    EXPECT_EQ(commas, columns) << line;
  }
  EXPECT_EQ(columns, 34U);
}

// Every key that is written is in the schema, and every key the schema asks for is written. (A
// real validator reads real files in tests/e2e.)
void expect_same_keys(const nlohmann::json& schema, const nlohmann::json& root,
                      const nlohmann::json& value, const std::string& path) {
  if (schema.contains("$ref"))
    return expect_same_keys(root["$defs"]["population"], root, value, path);
  if (value.is_array() && schema.contains("items")) {
    for (const auto& one : value) expect_same_keys(schema["items"], root, one, path + "[]");
    return;
  }
  if (!value.is_object() || !schema.contains("properties")) return;
  for (const auto& key : schema["required"])
    EXPECT_TRUE(value.contains(key.get<std::string>())) << path << " lacks " << key;
  for (const auto& [key, inner] : value.items()) {
    if (schema["properties"].contains(key))
      expect_same_keys(schema["properties"][key], root, inner, path + "." + key);
    else
      EXPECT_TRUE(schema.contains("additionalProperties") || schema.contains("patternProperties"))
          << path << " has " << key << ", which the schema does not know";
  }
}

TEST(RunSchema, KnowsEveryKeyThatIsWritten) {
  const auto schema = nlohmann::json::parse(render_run_schema());
  expect_same_keys(schema, schema, nlohmann::json::parse(render_json(storm_report())), "run");
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

}  // namespace
}  // namespace stampede
