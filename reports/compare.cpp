#include "reports/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "core/check.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

using values = std::vector<std::optional<double>>;

double mean_of(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum / static_cast<double>(v.size());
}

double variance_of(const std::vector<double>& v) {
  const double mean = mean_of(v);
  double squares = 0;
  for (const double x : v) squares += (x - mean) * (x - mean);
  return v.size() < 2 ? 0 : squares / static_cast<double>(v.size() - 1);
}

double t_quantile(double freedom) {
  return boost::math::quantile(boost::math::students_t(freedom), 0.5 + confidence / 2);
}

std::vector<double> there(const values& v) {
  std::vector<double> found;
  for (const auto& x : v)
    if (x && std::isfinite(*x)) found.push_back(*x);
  return found;
}

// Of the replications in which both have a value.
std::vector<double> paired_differences(const values& base, const values& next) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < std::min(base.size(), next.size()); ++i)
    if (base[i] && next[i]) differences.push_back(*next[i] - *base[i]);
  return differences;
}

// Welch's: the variances need not be equal.
interval welch_interval(const std::vector<double>& base, const std::vector<double>& next) {
  const double a = variance_of(base) / static_cast<double>(base.size());
  const double b = variance_of(next) / static_cast<double>(next.size());
  const double difference = mean_of(next) - mean_of(base);
  if (!(a + b > 0)) return {difference, difference, difference};
  const double freedom =
      (a + b) * (a + b) /
      (a * a / static_cast<double>(base.size() - 1) + b * b / static_cast<double>(next.size() - 1));
  const double half = t_quantile(freedom) * std::sqrt(a + b);
  return {difference, difference - half, difference + half};
}

// Newcombe's hybrid of two Wilson intervals.
interval share_interval(const interval& base, const interval& next) {
  const double d = next.mean - base.mean;
  const auto root = [](double x, double y) { return std::sqrt(x * x + y * y); };
  return {d, d - root(next.mean - next.low, base.high - base.mean),
          d + root(next.high - next.mean, base.mean - base.low)};
}

std::int64_t count_above(const values& v, double threshold) {
  return std::count_if(v.begin(), v.end(), [&](const auto& x) { return x && *x > threshold; });
}

std::int64_t count_there(const values& v) {
  return std::count_if(v.begin(), v.end(), [](const auto& x) { return x.has_value(); });
}

// How two runs' values of one measure are compared.
struct pair_of_runs {
  const named_measure& measure;
  const compared_run::value& base;
  const compared_run::value& next;
  bool paired = false;

  bool several() const { return count_there(base.values) >= 2 && count_there(next.values) >= 2; }

  // Values above this are "yes", "never" or the higher heap; nothing where all are one heap.
  std::optional<double> threshold() const {
    const replicated_measure a = over_values(measure, base.values);
    const replicated_measure b = over_values(measure, next.values);
    if (measure.unit == measure_unit::flag) return 0.5;
    for (const replicated_measure* m : {&a, &b})
      if (m->shape == mixture::share) return std::numeric_limits<double>::max();
    for (const replicated_measure* m : {&a, &b})
      if (m->shape == mixture::two_modes) return (m->low_mean + m->high_mean) / 2;
    return std::nullopt;
  }
};

std::string signed_text(measure_unit unit, double difference) {
  return (difference < 0 ? "-" : "+") + value_text(unit, std::abs(difference));
}

std::string points_text(double difference) {
  return fmt::format("{}{} points", difference < 0 ? "-" : "+",
                     factor_text(std::abs(difference) * 100));
}

std::string relative_text(double relative) {
  if (std::isinf(relative)) return "from nothing";
  const double percent = std::abs(relative) * 100;
  return fmt::format("{}{:.{}f}%", relative < 0 ? "-" : "+", percent, percent < 10 ? 2 : 1);
}

change changed(better wanted, double difference) {
  if (wanted == better::neither) return change::differs;
  return (difference > 0) == (wanted == better::higher) ? change::better : change::worse;
}

double relative_of(double base, double difference) {
  if (!(std::abs(difference) > 0)) return 0;
  if (!(std::abs(base) > 0)) return std::numeric_limits<double>::infinity();
  return difference / std::abs(base);
}

bool is_share(measure_unit unit) {
  return unit == measure_unit::share || unit == measure_unit::flag;
}

// Shares of runs: how often "yes", "never", or the higher heap.
void compare_shares(compared_cell& cell, const pair_of_runs& p, double threshold) {
  const std::int64_t n = count_there(p.base.values), k = count_there(p.next.values);
  const interval a = wilson_interval(count_above(p.base.values, threshold), n);
  const interval b = wilson_interval(count_above(p.next.values, threshold), k);
  const interval d = share_interval(a, b);
  cell.difference = d.mean;
  cell.low = d.low;
  cell.high = d.high;
  cell.relative = d.mean;
  cell.difference_text = fmt::format("in {} of runs ({} to {})", points_text(d.mean),
                                     points_text(d.low), points_text(d.high));
  if (d.low > 0 || d.high < 0) cell.result = changed(p.measure.wanted, d.mean);
}

void compare_means(compared_cell& cell, const pair_of_runs& p, double base_mean) {
  const std::vector<double> pairs =
      p.paired ? paired_differences(p.base.values, p.next.values) : std::vector<double>{};
  // Two runs may have values in different replications: too few pairs are two samples.
  const interval d = pairs.size() >= 2 ? student_t_interval(pairs)
                                       : welch_interval(there(p.base.values), there(p.next.values));
  cell.difference = d.mean;
  cell.low = d.low;
  cell.high = d.high;
  cell.relative = is_share(p.measure.unit) ? d.mean : relative_of(base_mean, d.mean);
  const bool by_points = is_share(p.measure.unit);
  const bool by_part = !by_points && std::abs(base_mean) > 0;
  const auto text = [&](double x) {
    return by_points ? points_text(x)
           : by_part ? relative_text(x / std::abs(base_mean))
                     : signed_text(p.measure.unit, x);
  };
  cell.difference_text = fmt::format("{} ({} to {})", text(d.mean), text(d.low), text(d.high));
  if (d.low > 0 || d.high < 0) cell.result = changed(p.measure.wanted, d.mean);
}

// One run each.
void compare_single(compared_cell& cell, const pair_of_runs& p, double base, double next,
                    double tolerance) {
  const double difference = next - base;
  const bool by_points = is_share(p.measure.unit);
  cell.relative = by_points ? difference : relative_of(base, difference);
  if (std::isinf(base) || std::isinf(next)) {
    const bool equal = std::isinf(base) && std::isinf(next);
    cell.result = equal ? change::same : changed(p.measure.wanted, difference);
    cell.relative = equal ? 0 : difference;
    return;
  }
  cell.difference = difference;
  cell.difference_text = !(std::abs(difference) > 0) ? "="
                         : by_points                 ? points_text(difference)
                                                     : relative_text(cell.relative);
  const auto& a = p.base.samples;
  const auto& b = p.next.samples;
  if (by_points && a && b && a->low && a->high && b->low && b->high) {
    const interval d = share_interval({base, *a->low, *a->high}, {next, *b->low, *b->high});
    cell.low = d.low;
    cell.high = d.high;
    cell.difference_text += fmt::format(" ({} to {})", points_text(d.low), points_text(d.high));
    if (d.low > 0 || d.high < 0) cell.result = changed(p.measure.wanted, difference);
    return;
  }
  if (std::abs(cell.relative) > tolerance) cell.result = changed(p.measure.wanted, difference);
}

std::optional<double> one_value(const compared_run::value& v) {
  const std::vector<double> finite = there(v.values);
  if (!finite.empty()) return mean_of(finite);
  return count_there(v.values) > 0 ? std::optional(std::numeric_limits<double>::infinity())
                                   : std::nullopt;
}

compared_cell cell_of(const named_measure& measure, const compared_run::value& v) {
  compared_cell cell;
  cell.value = one_value(v);
  cell.text = cell.brief = "-";
  if (!cell.value) return cell;
  cell.brief = value_text(measure.unit, *cell.value);
  if (measure.unit == measure_unit::flag && count_there(v.values) >= 2)
    cell.brief = "yes in " + percent_text(*cell.value);
  cell.text = count_there(v.values) >= 2 ? values_text(over_values(measure, v.values))
                                         : value_text(measure.unit, *cell.value);
  return cell;
}

compared_cell compared_with(const pair_of_runs& p, double tolerance) {
  compared_cell cell = cell_of(p.measure, p.next);
  const auto base = one_value(p.base);
  if (!base || !cell.value) {
    cell.result = change::unknown;
    return cell;
  }
  if (!p.several())
    compare_single(cell, p, *base, *cell.value, tolerance);
  else if (const auto threshold = p.threshold())
    compare_shares(cell, p, *threshold);
  else
    compare_means(cell, p, *base);
  cell.brief_difference = cell.difference_text.substr(0, cell.difference_text.find(" ("));
  cell.regression = cell.result == change::worse && std::abs(cell.relative) > tolerance;
  return cell;
}

bool same_draws(const compared_run& a, const compared_run& b) {
  return a.seeds == b.seeds && a.replicated == b.replicated && a.scenario == b.scenario;
}

void note_how(comparison_table& t) {
  const compared_run& base = t.runs.front();
  for (std::size_t i = 1; i < t.runs.size(); ++i) {
    const compared_run& r = t.runs[i];
    if (r.scenario != base.scenario)
      t.notes.push_back(fmt::format("{} is of the scenario {}, {} of {}", r.label, r.scenario,
                                    base.label, base.scenario));
    if (r.engine != base.engine)
      t.notes.push_back(fmt::format("{} ran in the {} engine, {} in the {} engine", r.label,
                                    r.engine, base.label, base.engine));
    const std::size_t n = std::min(base.seeds.size(), r.seeds.size());
    if (n < 2)
      t.notes.push_back(fmt::format(
          "{}: one run each, so most differences have no interval; they count beyond {}", r.label,
          percent_text(t.tolerance)));
    else if (same_draws(base, r))
      t.notes.push_back(
          fmt::format("{}: 95% intervals of the difference, paired over {} replications with the "
                      "same draws",
                      r.label, n));
    else
      t.notes.push_back(fmt::format(
          "{}: 95% intervals of the difference of two samples ({} and {} runs), not paired: the "
          "seeds differ",
          r.label, base.seeds.size(), r.seeds.size()));
  }
}

bool is_judged(const comparison_table& t, const std::string& name) {
  return std::any_of(t.runs.begin(), t.runs.end(), [&name](const compared_run& r) {
    return std::ranges::count(r.judged, name) > 0;
  });
}

}  // namespace

const compared_run::value* compared_run::find(std::string_view name) const {
  const auto at = std::ranges::find(values, name, &value::name);
  return at == values.end() ? nullptr : &*at;
}

compared_run compared(const report& r, std::string label) {
  compared_run run;
  run.label = std::move(label);
  run.scenario = r.info.scenario;
  run.engine = r.info.engine;
  run.replicated = r.over.replications > 1;
  const std::size_t n = std::max<std::size_t>(1, r.over.replications);
  run.seeds.assign(n, r.info.seed);
  for (const verdict& v : r.verdicts)
    if (v.of == scope{}) run.judged.push_back(v.measure);
  run.arrivals = r.numbers.load.arrivals;
  for (const named_measure& m : catalogue()) {
    compared_run::value v;
    v.name = m.name;
    const measure_view view{r.numbers, r.numbers.whole};
    const auto over = std::ranges::find(r.over.measures, m.name, &replicated_measure::name);
    if (over != r.over.measures.end()) {
      v.values = over->values;
    } else {
      // What is not kept of replications was zero in every one, or there in one at most.
      const std::optional<double> first = m.value(view);
      const bool zero = first && !(std::abs(*first) > 0);
      v.values.assign(n, zero ? first : std::nullopt);
      v.values.front() = first;
      if (n == 1 && m.interval) v.samples = m.interval(view);
    }
    run.values.push_back(std::move(v));
  }
  return run;
}

compared_run together(const std::vector<compared_run>& runs, std::string label) {
  STAMPEDE_CHECK(!runs.empty());
  compared_run all = runs.front();
  all.label = std::move(label);
  for (std::size_t i = 1; i < runs.size(); ++i) {
    all.seeds.insert(all.seeds.end(), runs[i].seeds.begin(), runs[i].seeds.end());
    for (compared_run::value& v : all.values) {
      const compared_run::value* more = runs[i].find(v.name);
      const values none(runs[i].seeds.size());
      const values& next = more ? more->values : none;
      v.values.insert(v.values.end(), next.begin(), next.end());
      v.samples.reset();
    }
  }
  return all;
}

std::string_view name_of(change c) {
  static constexpr std::array<std::string_view, 5> names{"same", "better", "worse", "differs",
                                                         "unknown"};
  return names[static_cast<std::size_t>(c)];
}

std::vector<std::string> comparison_table::regressions() const {
  std::vector<std::string> found;
  for (const compared_row& row : rows) {
    if (!row.gates) continue;
    for (std::size_t i = 1; i < row.cells.size(); ++i)
      if (row.cells[i].regression)
        found.push_back(fmt::format(
            "{}: {} {}, {} {}{}", row.name, runs[i].label, row.cells[i].text, runs[0].label,
            row.cells[0].text,
            row.cells[i].difference_text.empty() ? "" : ", " + row.cells[i].difference_text));
  }
  return found;
}

comparison_table compare(std::vector<compared_run> runs, const compare_options& options) {
  STAMPEDE_CHECK(runs.size() >= 2);
  comparison_table t;
  t.tolerance = options.tolerance;
  t.scenario = runs.front().scenario;
  t.runs = std::move(runs);
  note_how(t);
  const compared_run& base = t.runs.front();
  for (const named_measure& m : catalogue()) {
    static const compared_run::value nothing;
    const auto of = [&m](const compared_run& r) -> const compared_run::value& {
      const auto* found = r.find(m.name);
      return found ? *found : nothing;
    };
    compared_row row{m.name, m.meaning, m.unit, m.wanted, false, {}};
    row.gates = m.wanted != better::neither && (m.headline || is_judged(t, m.name));
    row.cells.push_back(cell_of(m, of(base)));
    for (std::size_t i = 1; i < t.runs.size(); ++i)
      row.cells.push_back(
          compared_with({m, of(base), of(t.runs[i]), same_draws(base, t.runs[i])}, t.tolerance));
    t.rows.push_back(std::move(row));
  }
  // Counts that are zero everywhere, and what nobody measured, say nothing.
  std::erase_if(t.rows, [](const compared_row& row) {
    return std::ranges::all_of(row.cells,
                               [](const compared_cell& c) {
                                 return !c.value ||
                                        (!(std::abs(*c.value) > 0) && c.result == change::same);
                               }) &&
           !row.gates;
  });
  std::stable_partition(t.rows.begin(), t.rows.end(),
                        [](const compared_row& row) { return row.gates; });
  return t;
}

}  // namespace stampede
