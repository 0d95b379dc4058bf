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
std::string doubt(const named_measure& measure, const verdict& v, double limit,
                  const measure_view& view, const run_info& info) {
  if (info.interrupted)
    return fmt::format("the run was interrupted after {} of {}", time_text(info.measured),
                       time_text(info.length));
  if (clock_too_coarse(measure, std::abs(v.raw - limit), info))
    return fmt::format("wake-ups came up to {} late on this wall clock; run slower to judge this",
                       time_text(info.lateness));
  if (std::isinf(v.raw) && static_cast<double>(view.all.recovery.watched().count()) < limit)
    return fmt::format("load was offered for only {} after the fault",
                       time_text(view.all.recovery.watched()));
  return {};
}

// How many samples it takes before one more or less cannot decide alone: a p99 needs 100, a
// limit of 99.5 % needs 200.
double samples_needed(const sample_interval& i, double limit) {
  if (i.per_mille > 0) return 1000.0 / (1000 - i.per_mille);
  const double rare = std::min(limit, 1 - limit);
  return rare > 0 ? 1 / rare : 0;
}

std::string too_few(const sample_interval& i, double limit) {
  const bool below = !i.low || *i.low < limit;
  const bool above = !i.high || *i.high > limit;
  const double needed = samples_needed(i, limit) * (1 - 1e-9);
  if (!below || !above || static_cast<double>(i.samples) >= needed) return {};
  return fmt::format("too few samples: {} cannot tell, it takes {}", count_text(i.samples),
                     count_text(static_cast<std::int64_t>(std::ceil(needed))));
}

void add_interval(verdict& v, const named_measure& measure, const sample_interval& i) {
  v.low = i.low;
  v.high = i.high;
  const auto text = [&](const std::optional<double>& bound) {
    return bound ? value_text(measure.unit, *bound) : std::string("?");
  };
  if (i.low || i.high) v.interval = text(i.low) + " to " + text(i.high);
}

verdict judge_one(const expectation& e, const measures& m, const run_info& info) {
  verdict v;
  v.of = e.of;
  v.measure = e.measure;
  v.limit = e.text;
  v.value = "none";
  const named_measure* measure = find_measure(e.measure);
  STAMPEDE_CHECK(measure != nullptr);  // parse_expectations refuses unknown ones
  const population* numbers = m.find(e.of);
  const auto value = numbers ? measure->value({m, *numbers}) : std::nullopt;
  if (!value) {
    v.why = measure->name == "metastable" && !m.recovery.metastable.why.empty()
                ? m.recovery.metastable.why
                : "no samples: nothing happened that this measures";
    return v;
  }
  const measure_view view{m, *numbers};
  v.has_value = true;
  v.raw = *value;
  v.value = value_text(measure->unit, v.raw);
  const bool pass = holds(e.compare, v.raw, e.limit);
  v.margin = std::isinf(v.raw) || measure->unit == measure_unit::flag
                 ? ""
                 : margin_text(*measure, e, v.raw, pass);
  v.why = doubt(*measure, v, e.limit, view, info);
  if (const auto samples = measure->interval ? measure->interval(view) : std::nullopt) {
    add_interval(v, *measure, *samples);
    if (v.why.empty()) v.why = too_few(*samples, e.limit);
  }
  if (!v.why.empty()) return v;
  v.result = pass ? verdict_result::pass : verdict_result::fail;
  if (!pass) v.why = reason_for(e.measure, view, e.limit);
  return v;
}

}  // namespace

std::vector<verdict> judge(const std::vector<expectation>& expectations, const measures& m,
                           const run_info& info) {
  std::vector<verdict> verdicts;
  for (const expectation& e : expectations) verdicts.push_back(judge_one(e, m, info));
  return verdicts;
}

std::string name_of(const verdict& v) {
  const std::string of = scope_text(v.of);
  return of.empty() ? v.measure : of + ": " + v.measure;
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
