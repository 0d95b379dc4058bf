#include "reports/intervals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "core/check.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double deviation_of(std::span<const double> values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// Where sorted values part into two heaps: each of at least two and a twentieth of all, with a
// gap between them four times as wide as either is spread, and means at least a half apart. 0
// for one heap.
std::size_t parting_of(const std::vector<double>& sorted) {
  const std::size_t least = std::max<std::size_t>(2, (sorted.size() + 19) / 20);
  if (sorted.size() < 8) return 0;
  std::size_t best = 0;
  double widest = 0;
  for (std::size_t i = least; i + least <= sorted.size(); ++i) {
    if (sorted[i] - sorted[i - 1] <= widest) continue;
    widest = sorted[i] - sorted[i - 1];
    best = i;
  }
  if (best == 0) return 0;
  const std::span<const double> all(sorted);
  const auto low = all.first(best);
  const auto high = all.subspan(best);
  const double apart = mean_of(high) - mean_of(low);
  const bool clear = widest > 4 * std::max(deviation_of(low), deviation_of(high));
  const bool far = apart >= 0.5 * std::max(std::abs(mean_of(low)), std::abs(mean_of(high)));
  return clear && far ? best : 0;
}

}  // namespace

interval student_t_interval(std::span<const double> values) {
  STAMPEDE_CHECK(values.size() >= 2);
  const double n = static_cast<double>(values.size());
  double sum = 0;
  for (const double v : values) sum += v;
  const double mean = sum / n;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  const boost::math::students_t t(n - 1);
  const double half =
      boost::math::quantile(t, 0.5 + confidence / 2) * std::sqrt(squares / (n - 1) / n);
  return {mean, mean - half, mean + half};
}

interval wilson_interval(std::int64_t successes, std::int64_t trials) {
  STAMPEDE_CHECK(trials > 0 && successes >= 0 && successes <= trials);
  const double n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double z = boost::math::quantile(boost::math::normal(), 0.5 + confidence / 2);
  const double shrink = 1 + z * z / n;
  const double centre = (p + z * z / (2 * n)) / shrink;
  const double half = z / shrink * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  // Rounding must not exclude the extremes the formula reaches exactly.
  return {p, successes == 0 ? 0 : centre - half, successes == trials ? 1 : centre + half};
}

std::string_view name_of(mixture m) {
  static constexpr std::array<std::string_view, 3> names{"one", "share", "two_modes"};
  return names[static_cast<std::size_t>(m)];
}

replicated_measure over_values(const named_measure& measure,
                               std::vector<std::optional<double>> values) {
  replicated_measure r;
  r.name = measure.name;
  r.unit = measure.unit;
  std::vector<double> finite;
  std::int64_t infinite = 0;
  for (const auto& v : values) {
    if (!v) continue;
    ++r.samples;
    if (std::isinf(*v))
      ++infinite;
    else
      finite.push_back(*v);
  }
  r.values = std::move(values);
  if (r.samples < 2) return r;
  const auto all = static_cast<std::int64_t>(r.samples);
  if (measure.unit == measure_unit::flag || infinite > 0) {
    r.shape = mixture::share;
    const auto yes = measure.unit == measure_unit::flag
                         ? std::count(finite.begin(), finite.end(), 1.0)
                         : all - infinite;
    r.over = wilson_interval(yes, all);
    if (!finite.empty()) r.low_mean = mean_of(finite);
    return r;
  }
  std::sort(finite.begin(), finite.end());
  if (const std::size_t at = parting_of(finite); at > 0) {
    r.shape = mixture::two_modes;
    r.over = wilson_interval(static_cast<std::int64_t>(finite.size() - at), all);
    r.low_mean = mean_of(std::span(finite).first(at));
    r.high_mean = mean_of(std::span(finite).subspan(at));
    return r;
  }
  r.over = student_t_interval(finite);
  return r;
}

std::string values_text(const replicated_measure& m) {
  const auto percent = [](double share) { return percent_text(share); };
  const std::string range = percent(m.over.low) + " to " + percent(m.over.high);
  switch (m.shape) {
    case mixture::one:
      return fmt::format("{} ({} to {})", value_text(m.unit, m.over.mean),
                         value_text(m.unit, m.over.low), value_text(m.unit, m.over.high));
    case mixture::share:
      if (m.unit == measure_unit::flag)
        return fmt::format("yes in {} of runs ({})", percent(m.over.mean), range);
      if (m.over.mean == 0) return fmt::format("in {} of runs ({})", percent(m.over.mean), range);
      return fmt::format("in {} of runs ({}), then {} on average", percent(m.over.mean), range,
                         value_text(m.unit, m.low_mean));
    case mixture::two_modes:
      return fmt::format("{} in {} of runs ({}), {} in the others", value_text(m.unit, m.high_mean),
                         percent(m.over.mean), range, value_text(m.unit, m.low_mean));
  }
  return {};
}

std::string name_of(const replicated_verdict& v) {
  const std::string of = scope_text(v.of);
  return (of.empty() ? "" : of + ": ") + v.measure + " " + v.limit;
}

std::string held_text(const replicated_verdict& v) {
  if (v.judged == 0) return "never judged";
  return fmt::format("held in {} of {} ({} to {})", v.held, v.judged, percent_text(v.share.low),
                     percent_text(v.share.high));
}

replication_fold::replication_fold(std::vector<expectation> expectations)
    : expectations_(std::move(expectations)) {
  for (const named_measure& m : catalogue()) {
    replicated_measure r;
    r.name = m.name;
    kept_.measures.push_back(std::move(r));
  }
  for (const expectation& e : expectations_) {
    replicated_verdict v;
    v.of = e.of;
    v.measure = e.measure;
    v.limit = e.text;
    kept_.verdicts.push_back(std::move(v));
  }
}

void replication_fold::add(const measures& m, const run_info& info) {
  ++kept_.replications;
  for (replicated_measure& r : kept_.measures)
    r.values.push_back(find_measure(r.name)->value({m, m.whole}));
  const std::vector<verdict> verdicts = judge(expectations_, m, info);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (verdicts[i].result == verdict_result::inconclusive) continue;
    ++kept_.verdicts[i].judged;
    kept_.verdicts[i].held += verdicts[i].result == verdict_result::pass ? 1 : 0;
  }
}

replicated replication_fold::finish() const {
  if (kept_.replications < 2) return {};
  replicated result = kept_;
  for (replicated_measure& m : result.measures) {
    const named_measure* measure = find_measure(m.name);
    m = over_values(*measure, std::move(m.values));
  }
  // Counts that are zero in every run, one an outcome, say nothing.
  std::erase_if(result.measures, [](const replicated_measure& m) {
    const bool zero = std::ranges::all_of(
        m.values, [](const std::optional<double>& v) { return !v || !(std::abs(*v) > 0); });
    return m.samples < 2 || (zero && !find_measure(m.name)->headline);
  });
  for (replicated_verdict& v : result.verdicts)
    if (v.judged > 0) v.share = wilson_interval(v.held, v.judged);
  return result;
}

}  // namespace stampede
