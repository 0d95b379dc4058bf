#include "reports/expectations.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "records.hpp"
#include "reports/catalogue.hpp"

namespace stampede {
namespace {

using namespace test;

config_place place(std::uint32_t line, std::uint32_t column) {
  static const auto file = std::make_shared<const std::string>("s.toml");
  return {file, line, column};
}

// A table with one key a line, its value in column 20.
struct table_builder {
  config_table table{place(1, 1), {}};
  table_builder& add(const std::string& key, decltype(config_value::data) value) {
    const auto line = static_cast<std::uint32_t>(table.entries.size() + 2);
    table.entries.push_back({key, place(line, 1), {place(line, 20), std::move(value)}});
    return *this;
  }
};

expectation one(const std::string& key, const std::string& limit) {
  return parse_expectations(table_builder{}.add(key, limit).table).at(0);
}

std::string refusal(const config_table& table, const std::vector<std::string>& groups = {}) {
  try {
    (void)parse_expectations(table, {.groups = groups, .models = {}, .faults = {}});
  } catch (const config_error& e) {
    return e.what();
  }
  return "accepted";
}

std::string refusal(const std::string& key, const std::string& limit) {
  return refusal(table_builder{}.add(key, limit).table);
}

TEST(Expectations, ReadEveryUnitAndOperator) {
  EXPECT_EQ(one("success_rate", ">= 99.5%").limit, 0.995);
  EXPECT_EQ(one("success_rate", ">=0.995").limit, 0.995);
  EXPECT_EQ(one("retry_rate", "<= 150%").limit, 1.5);
  EXPECT_EQ(one("latency.p99", "<= 60s").limit, 60e9);
  EXPECT_EQ(one("latency.success.p99.9", "< 250ms").limit, 250e6);
  EXPECT_EQ(one("amplification", "<= 1.6").limit, 1.6);
  EXPECT_EQ(one("early_retries", "== 0").limit, 0);
  EXPECT_EQ(one("cost.per_success", "<= $0.002").limit, 2e9);
  EXPECT_EQ(one("cost.estimate_error", ">= -$1").limit, -1e12);
  EXPECT_EQ(one("failures.unfinished", "== 0").measure, "failures.unfinished");
  EXPECT_EQ(one("calls", "> 3").compare, comparison::above);
  EXPECT_EQ(one("calls", "< 3").compare, comparison::below);
  EXPECT_EQ(one("calls", "!= 3").compare, comparison::different);
  EXPECT_EQ(one("calls", "==3").text, "== 3");
}

TEST(Expectations, BareDottedKeysAreTheSame) {
  config_table inner = table_builder{}.add("p99", "<= 60s").table;
  const auto found = parse_expectations(table_builder{}.add("latency", inner).table);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].measure, "latency.p99");
}

TEST(Expectations, GroupsHaveTheirOwn) {
  config_table of_group = table_builder{}.add("success_rate", ">= 90%").table;
  config_table groups = table_builder{}.add("batch", of_group).table;
  config_table expect = table_builder{}.add("success_rate", ">= 99%").add("groups", groups).table;
  const auto found =
      parse_expectations(expect, {.groups = {"batch", "chat"}, .models = {}, .faults = {}});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].of, scope{});
  EXPECT_EQ(found[1].of.group, "batch");
  EXPECT_EQ(found[1].limit, 0.9);
  EXPECT_EQ(refusal(expect, {"batches", "chat"}),
            "s.toml:2:1: there is no group 'batch' in the fleet, did you mean 'batches'?");
  EXPECT_EQ(refusal(expect, {"chat"}),
            "s.toml:2:1: there is no group 'batch' in the fleet; it has chat");
}

TEST(Expectations, RefuseWhatTheyDoNotUnderstand) {
  EXPECT_EQ(refusal("sucess_rate", ">= 99%"),
            "s.toml:2:1: unknown measure 'sucess_rate', did you mean 'success_rate'?");
  EXPECT_EQ(refusal("latency.p98", "<= 1s"),
            "s.toml:2:1: unknown measure 'latency.p98', did you mean 'latency.p90'?");
  EXPECT_EQ(refusal("zzzzzzzzzzzz", "<= 1s"),
            "s.toml:2:1: unknown measure 'zzzzzzzzzzzz'; docs/measures.md lists them");
  EXPECT_EQ(refusal("success_rate", "99.5%"),
            "s.toml:2:20: 'success_rate': '99.5%' must begin with >=, <=, >, <, == or !=, then a "
            "share, such as \">= 99.5%\" or \"<= 0.03\"");
  EXPECT_EQ(refusal("success_rate", ">= 99.5"),
            "s.toml:2:20: 'success_rate': '99.5' is not a limit it can have; write a share, such "
            "as \">= 99.5%\" or \"<= 0.03\"");
  EXPECT_EQ(refusal("latency.p99", "<= 60"),
            "s.toml:2:20: 'latency.p99': '60' is not a limit it can have; write a duration, such "
            "as \"<= 60s\" or \"<= 250ms\"");
  EXPECT_EQ(refusal("cost.per_success", "<= 0.002"),
            "s.toml:2:20: 'cost.per_success': '0.002' is not a limit it can have; write dollars, "
            "such as \"<= $0.002\"");
  for (const char* bad : {"<= 1.5", "<= 5s", "<= -1", "<= 5%", "<=", "<= nan", "<= 1e99", "<= 5 5"})
    EXPECT_NE(refusal("early_retries", bad), "accepted") << bad;
  for (const char* bad : {">= 101%", ">= -1%", ">= %", ">= 5s", ">= nan", ">= inf%"})
    EXPECT_NE(refusal("success_rate", bad), "accepted") << bad;
  EXPECT_EQ(refusal(table_builder{}.add("early_retries", std::int64_t{0}).table),
            "s.toml:2:20: 'early_retries' must be a comparison in quotes with a whole number, such "
            "as \"== 0\" or \"<= 50\"");
}

TEST(Expectations, HerdIsOfTheWholeFleet) {
  config_table of_group = table_builder{}.add("herd.peak_to_mean", "<= 4").table;
  config_table groups = table_builder{}.add("batch", of_group).table;
  EXPECT_EQ(refusal(table_builder{}.add("groups", groups).table),
            "s.toml:2:1: 'herd.peak_to_mean' is measured over the whole run, not per group");
  EXPECT_EQ(refusal(table_builder{}.add("groups", table_builder{}.add("batch", "x").table).table),
            "s.toml:2:20: 'batch' must be a table of limits, as in [expect.groups.batch]");
}

TEST(Expectations, PhasesModelsAndFaultsHaveTheirOwn) {
  const config_table limit = table_builder{}.add("success_rate", ">= 90%").table;
  const auto nested = [](const std::string& key, const config_table& inner) {
    return table_builder{}.add(key, inner).table;
  };
  const auto scope_of_one = [](const config_table& expect, const expectable& known = {}) {
    return scope_text(parse_expectations(expect, known).at(0).of);
  };
  EXPECT_EQ(scope_of_one(nested("during", limit)), "during");
  EXPECT_EQ(scope_of_one(nested("groups", nested("web", nested("after", limit)))), "web, after");
  EXPECT_EQ(scope_of_one(nested("models", nested("deepseek-v4-pro", limit))), "deepseek-v4-pro");
  const config_table of_fault = nested("faults", nested("outage", nested("during", limit)));
  EXPECT_EQ(scope_of_one(of_fault), "outage.during");
  const expectable one{.groups = {}, .models = {}, .faults = {{"outage"}}};
  EXPECT_EQ(scope_of_one(of_fault, one), "during");
  const auto refused = [](const config_table& expect, const expectable& known) -> std::string {
    try {
      (void)parse_expectations(expect, known);
    } catch (const config_error& e) {
      return e.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refused(nested("during", limit), {.groups = {}, .models = {}, .faults = {{}}}),
            "s.toml:2:1: nothing goes wrong in this scenario, so it has no phase 'during'");
  EXPECT_EQ(refused(nested("faults", nested("outge", nested("during", limit))), one),
            "s.toml:2:1: there is no fault 'outge' in the scenario, did you mean 'outage'?");
  EXPECT_EQ(refused(nested("faults", nested("outage", nested("midst", limit))), one),
            "s.toml:2:1: 'midst' is no phase of a fault; they are before, during, after");
  EXPECT_EQ(refused(nested("during", table_builder{}.add("metastable", "no").table), one),
            "s.toml:2:1: 'metastable' is measured over the whole run, not per phase");
}

TEST(Expectations, SomeReadBetterWithoutASign) {
  const expectation recovery = one("recovered_within", "30s");
  EXPECT_EQ(recovery.compare, comparison::at_most);
  EXPECT_EQ(recovery.limit, 30e9);
  EXPECT_EQ(recovery.text, "30s");
  EXPECT_EQ(one("metastable", "no").limit, 0);
  EXPECT_EQ(one("metastable", "no").compare, comparison::equal);
  EXPECT_EQ(one("server.throughput", ">= 20/s").limit, 20);
  EXPECT_NE(refusal("latency.p99", "30s"), "accepted");
  EXPECT_NE(refusal("metastable", "perhaps"), "accepted");
}

TEST(Catalogue, NamesAreUniqueAndEveryMeasureCanBeReadFromAnEmptyRun) {
  std::vector<std::string> names = measure_names();
  const measures empty = measure_fold({}).finish(0s);
  for (const named_measure& m : catalogue()) {
    const auto value = m.value({empty, empty.whole});
    EXPECT_EQ(value.has_value(), m.name == "calls") << m.name;
    EXPECT_FALSE(m.meaning.empty());
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

}  // namespace
}  // namespace stampede
