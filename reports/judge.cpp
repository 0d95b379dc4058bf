#include <fmt/format.h>

#include <cmath>

#include "core/check.hpp"
#include "reports/catalogue.hpp"
#include "reports/expectations.hpp"
#include "reports/reasons.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

bool holds(comparison compare, double value, double limit) {
  switch (compare) {
    case comparison::at_least: return value >= limit;
    case comparison::at_most: return value <= limit;
    case comparison::above: return value > limit;
    case comparison::below: return value < limit;
    case comparison::equal: return !(value < limit) && !(value > limit);
    case comparison::different: return value < limit || value > limit;
  }
  return false;
}

std::string distance_text(measure_unit unit, double distance) {
  if (unit != measure_unit::share) return value_text(unit, distance);
  const double points = distance * 100;
  return fmt::format("{} {}", factor_text(points),
                     std::abs(points - 1) < 5e-4 ? "point" : "points");
}

std::string margin_text(const named_measure& measure, const expectation& e, double value,
                        bool pass) {
  const double distance = std::abs(value - e.limit);
  if (!(distance > 0)) return e.compare == comparison::equal ? "" : "on the limit";
  const std::string text = distance_text(measure.unit, distance);
  if (e.compare == comparison::equal || e.compare == comparison::different)
    return text + (value > e.limit ? " above" : " below");
  return text + (pass ? " inside" : value > e.limit ? " above" : " below");
}

// A call's time is the sum of a few waits, each late by as much as wake-ups were: a margin of
// ten of them cannot be the clock's doing.
constexpr double latenesses_in_a_time = 10;

bool clock_too_coarse(const named_measure& measure, double margin, const run_info& info) {
  const double late = static_cast<double>(info.lateness.count());
  if (measure.unit == measure_unit::time) return late > 0 && margin < latenesses_in_a_time * late;
  return measure.span > duration::zero() && info.lateness > measure.span / 20;
}

// Why a value proves nothing; empty where it does.
std::string doubt(const named_measure& measure, double margin, const run_info& info) {
  if (info.interrupted)
    return fmt::format("the run was interrupted after {} of {}", time_text(info.measured),
                       time_text(info.length));
  if (clock_too_coarse(measure, margin, info))
    return fmt::format("wake-ups came up to {} late on this wall clock; run slower to judge this",
                       time_text(info.lateness));
  return {};
}

const population* numbers_for(const expectation& e, const measures& m) {
  if (e.group.empty()) return &m.whole;
  for (const group_measures& g : m.groups)
    if (g.info.name == e.group) return &g.numbers;
  return nullptr;
}

verdict judge_one(const expectation& e, const measures& m, const run_info& info) {
  verdict v;
  v.group = e.group;
  v.measure = e.measure;
  v.limit = e.text;
  v.value = "none";
  const named_measure* measure = find_measure(e.measure);
  STAMPEDE_CHECK(measure != nullptr);  // parse_expectations refuses unknown ones
  const population* numbers = numbers_for(e, m);
  const auto value = numbers ? measure->value({m, *numbers}) : std::nullopt;
  if (!value) {
    v.why = "no samples: nothing happened that this measures";
    return v;
  }
  v.has_value = true;
  v.raw = *value;
  v.value = value_text(measure->unit, v.raw);
  const bool pass = holds(e.compare, v.raw, e.limit);
  v.margin = margin_text(*measure, e, v.raw, pass);
  v.why = doubt(*measure, std::abs(v.raw - e.limit), info);
  if (!v.why.empty()) return v;
  v.result = pass ? verdict_result::pass : verdict_result::fail;
  if (!pass) v.why = reason_for(e.measure, {m, *numbers}, e.limit);
  return v;
}

}  // namespace

std::vector<verdict> judge(const std::vector<expectation>& expectations, const measures& m,
                           const run_info& info) {
  std::vector<verdict> verdicts;
  for (const expectation& e : expectations) verdicts.push_back(judge_one(e, m, info));
  return verdicts;
}

verdict_result overall(const std::vector<verdict>& verdicts) {
  verdict_result worst = verdict_result::pass;
  for (const verdict& v : verdicts) {
    if (v.result == verdict_result::fail) return verdict_result::fail;
    if (v.result == verdict_result::inconclusive) worst = verdict_result::inconclusive;
  }
  return worst;
}

}  // namespace stampede
