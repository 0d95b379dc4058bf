// Golden renders of the synthetic storm, and what each renderer promises.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/config_table.hpp"
#include "golden.hpp"
#include "reports/read_run.hpp"
#include "reports/render_html.hpp"
#include "reports/render_json.hpp"
#include "reports/render_terminal.hpp"
#include "storm.hpp"

namespace stampede {
namespace {

using test::expect_golden;
using test::storm_report;

// The page without the library, style and script, which are files of their own.
std::string without_assets(std::string page) {
  const auto cut = [&page](const std::string& open, const std::string& close) {
    std::size_t at = 0;
    while ((at = page.find(open, at)) != std::string::npos) {
      at += open.size();
      page.replace(at, page.find(close, at) - at, "...");
    }
  };
  cut("<style>", "</style>");
  cut("<script>", "</script>");
  return page;
}

std::size_t times_in(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(RenderTerminal, Golden) { expect_golden("storm.txt", render_terminal(storm_report())); }

TEST(RenderTerminal, PlainIsAsciiAndColourOnlyWhereAsked) {
  report r = storm_report();
  r.info.description = "plain";
  const std::string plain = render_terminal(r, {.colour = false, .utf8 = false, .width = 80});
  for (char c : plain) EXPECT_TRUE((c >= ' ' && c <= '~') || c == '\n') << int{c};
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_NE(render_terminal(r, {.colour = true}).find("\x1b[31m"), std::string::npos);
}

TEST(RenderTerminal, AnEmptyRunRenders) {
  report r = make_report({}, measure_fold({}).finish({}), {});
  const std::string text = render_terminal(r);
  EXPECT_NE(text.find("calls"), std::string::npos);
  EXPECT_EQ(text.find("nan"), std::string::npos);
}

TEST(RenderJson, Golden) { expect_golden("storm.json", render_json(storm_report())); }

TEST(RenderJson, IsJsonWithItsVersionFirst) {
  const std::string text = render_json(storm_report());
  EXPECT_TRUE(text.starts_with("{\n  \"schema_version\": 1,"));
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["result"], "fail");
  EXPECT_EQ(json["verdicts"].size(), 10U);
  EXPECT_EQ(json["groups"].size(), 2U);
  EXPECT_EQ(json["series"]["retries"].size(), 360U);
  EXPECT_EQ(json["fleet"]["calls"]["calls"], json["groups"][0]["calls"]["calls"].get<int>() +
                                                 json["groups"][1]["calls"]["calls"].get<int>());
}

TEST(RenderJson, ReadsBackAsItWasWritten) {
  report r = storm_report();
  replication_fold over({expectation{{}, {}, "success_rate", comparison::at_least, 0.9, ">= 90%"}});
  for (int i = 0; i < 3; ++i) over.add(r.numbers, r.info);
  r.over = over.finish();
  const std::string text = render_json(r);
  const report back = read_run(text, "run.json");
  EXPECT_EQ(render_json(back), text);
  EXPECT_EQ(render_html(back), render_html(r));
  EXPECT_EQ(render_terminal(back), render_terminal(r));
  const std::string empty = render_json(make_report({}, measure_fold({}).finish({}), {}));
  EXPECT_EQ(render_json(read_run(empty, "run.json")), empty);
}

TEST(ReadRun, TakesAFileFromBeforeChangesWereKept) {
  auto json = nlohmann::json::parse(render_json(storm_report()));
  json["run"].erase("changes");
  EXPECT_TRUE(read_run(json.dump(), "run.json").info.changes.empty());
}

TEST(ReadRun, NamesTheFileThatIsNoRun) {
  const auto refusal = [](const std::string& text) -> std::string {
    try {
      (void)read_run(text, "old/run.json");
    } catch (const config_error& e) {
      return e.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal("{}"),
            "old/run.json: this is no run.json of this program: there is no 'schema_version'");
  EXPECT_EQ(refusal("{\"schema_version\": 99}"),
            "old/run.json: this is no run.json of this program: its schema_version is 99, this "
            "program reads 1");
  EXPECT_NE(refusal("{\"schema_version\": 1}").find("'run' not found"), std::string::npos);
  EXPECT_NE(refusal("half a {").find("parse error"), std::string::npos);
}

TEST(RenderJson, WhatWasNotMeasuredIsNull) {
  const auto json =
      nlohmann::json::parse(render_json(make_report({}, measure_fold({}).finish({}), {})));
  EXPECT_TRUE(json["fleet"]["calls"]["success_rate"].is_null());
  EXPECT_TRUE(json["fleet"]["calls"]["latency"]["p99_ms"].is_null());
  EXPECT_TRUE(json["fleet"]["cost"]["per_success_usd"].is_null());
  EXPECT_TRUE(json["herd"]["peak_to_mean"].is_null());
}

TEST(RenderJson, BrokenTextStaysJson) {
  report r = storm_report();
  r.info.scenario = "cut \xE2\x82 in a sequence \xFF";
  const auto json = nlohmann::json::parse(render_json(r));
  EXPECT_EQ(json["scenario"]["name"], "cut \uFFFD\uFFFD in a sequence \uFFFD");
}

TEST(RenderHtml, Golden) {
  expect_golden("storm.html", without_assets(render_html(storm_report())));
}

TEST(RenderHtml, NothingFromOutsideBecomesMarkup) {
  report r = storm_report();
  const std::string hostile = "</script><img src=x onerror=alert(1)>{{data}}\"'&";
  r.info.scenario = r.info.description = r.info.path = r.info.source = hostile;
  r.info.groups[0].name = r.info.groups[0].policy = r.info.groups[0].model = hostile;
  r.info.faults[0].kind = r.info.faults[0].description = hostile;
  r.info.warnings = r.info.changes = {hostile};
  r.verdicts[0].of.group = r.verdicts[0].why = r.findings[0].evidence = hostile;
  r.numbers.groups[0].info = r.info.groups[0];
  r.numbers.herd.returns[0].fault = hostile;
  const std::string page = render_html(r);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  // The page's own three: data, Chart.js, script.
  EXPECT_EQ(times_in(page, "</script>"), 3U);
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const std::size_t from = page.find(open) + open.size();
  const auto data = nlohmann::json::parse(page.substr(from, page.find("</script>", from) - from));
  EXPECT_EQ(data["faults"][0]["kind"], hostile);
}

TEST(RenderHtml, NeedsNoOtherFile) {
  const std::string page = without_assets(render_html(storm_report()));
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_EQ(page.find("src="), std::string::npos);
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}

TEST(RenderHtml, ChartsOfALongRunStaySmall) {
  measure_fold fold({});
  attempt_record a;
  for (int i = 0; i < 100'000; ++i) {
    a.sent = run_start + std::chrono::seconds{i};
    a.ended = a.sent + std::chrono::milliseconds{10};
    fold.on_attempt(a);
  }
  const report r = make_report({}, fold.finish(std::chrono::seconds{100'000}), {});
  EXPECT_EQ(r.numbers.load.width, std::chrono::seconds{2});
  const std::string page = without_assets(render_html(r));
  const std::string list = page.substr(page.find("\"first_tries\":["));
  const std::string numbers = list.substr(0, list.find(']'));
  EXPECT_LE(times_in(numbers, ","), 480U);
}

TEST(RenderIndex, ListsEveryRunWithItsResult) {
  const report r = storm_report();
  const std::string page =
      render_index_html({index_entry_for(r, "a/report.html"),
                         {"<b>", "b/report.html", "All 3 expectations hold", verdict_result::pass},
                         {"c", "c/report.html", "?", verdict_result::inconclusive}});
  EXPECT_NE(page.find("<a href=\"a/report.html\">synthetic_storm</a>"), std::string::npos);
  EXPECT_NE(page.find("of 10 expectations failed"), std::string::npos);
  EXPECT_NE(page.find("&lt;b&gt;"), std::string::npos);
  EXPECT_NE(page.find("<li class=\"unclear\">"), std::string::npos);
}

// For tests/e2e/report_page.test.mjs, which opens the page in a browser.
TEST(ReportPage, IsWrittenWhereAsked) {
  const char* asked = std::getenv("STAMPEDE_WRITE_PAGE");
  const std::string path = asked ? asked : ::testing::TempDir() + "stampede_storm.html";
  std::ofstream(path, std::ios::binary) << render_html(storm_report());
  EXPECT_TRUE(std::ifstream(path).good()) << path;
  if (!asked) std::remove(path.c_str());
}

}  // namespace
}  // namespace stampede
