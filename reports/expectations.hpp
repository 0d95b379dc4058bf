// The `[expect]` table of a scenario: limits on measures, and the verdicts on them.
//
// A key names a measure, its value is a comparison and a limit in the measure's unit:
//   success_rate = ">= 99.5%"   "latency.p99" = "<= 60s"   "cost.per_success" = "<= $0.002"
// `[expect.groups.<name>]`, `[expect.models.<name>]`, `[expect.during]` and
// `[expect.faults.<kind>.after]` hold the same keys for a part of the calls. Bad input is a
// config_error at its place. The measures one can name: docs/measures.md.
//
// Use: `const auto verdicts = judge(parse_expectations(scenario.expect), measures, info);`
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config_table.hpp"
#include "reports/comparison.hpp"
#include "reports/measures.hpp"
#include "reports/run_info.hpp"

namespace stampede {

struct expectation {
  config_place place;
  scope of;             // empty: the whole fleet, all the time
  std::string measure;  // "latency.p99"
  comparison compare = comparison::at_least;
  double limit = 0;  // in the measure's base unit: a share, a count, nanoseconds, pico-dollars
  std::string text;  // ">= 99.5%", as people read it
};

// The names a scenario has, to refuse others; an empty list refuses none.
struct expectable {
  std::vector<std::string> groups;
  std::vector<std::string> models;
  // Kinds of faults. Where they are known and there are none, there is no phase either.
  std::optional<std::vector<std::string>> faults;
};

std::vector<expectation> parse_expectations(const config_table& expect,
                                            const expectable& known = {});

// One expectation from its parts, as a verdict states them. Throws config_error.
expectation expectation_of(const scope& of, const std::string& measure, const std::string& limit);

// The parts of the calls they ask about, each once.
std::vector<scope> scopes_of(const std::vector<expectation>& expectations);

// Every measure an expectation can name, in the order of docs/measures.md.
std::vector<std::string> measure_names();

enum class verdict_result : std::uint8_t { pass, fail, inconclusive };
std::string_view name_of(verdict_result r);

struct verdict {
  scope of;
  std::string measure;
  std::string limit;  // ">= 99.5%"
  verdict_result result = verdict_result::inconclusive;
  bool has_value = false;
  double raw = 0;             // in the base unit, where has_value
  std::string value;          // "68.8 %", or "none"
  std::optional<double> low;  // 95 % interval, in the base unit, where the samples give one
  std::optional<double> high;
  std::string interval;  // "66.1% to 71.2%"
  std::string margin;    // "30.7 points below", how far inside or outside the limit
  std::string why;       // a fail: the reason from the records; inconclusive: what is missing
};

std::string name_of(const verdict& v);  // "web, during: latency.p99"

std::vector<verdict> judge(const std::vector<expectation>& expectations, const measures& m,
                           const run_info& info);

// fail where one failed, else inconclusive where one is, else pass (also of no verdicts).
verdict_result overall(const std::vector<verdict>& verdicts);

}  // namespace stampede
