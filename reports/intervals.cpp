#include "reports/intervals.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "core/check.hpp"

namespace stampede {
namespace {

constexpr const char* headlines[] = {
    "success_rate", "retry_rate",  "amplification",     "retries_per_minute.peak",
    "latency.p50",  "latency.p99", "herd.peak_to_mean", "cost.per_success",
    "cost.overhead"};

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

replicated over_replications(const std::vector<measures>& runs,
                             const std::vector<expectation>& expectations, const run_info& info) {
  replicated result;
  result.replications = runs.size();
  for (const char* name : headlines) {
    const named_measure* measure = find_measure(name);
    STAMPEDE_CHECK(measure != nullptr);
    std::vector<double> values;
    for (const measures& m : runs)
      if (const auto v = measure->value({m, m.whole})) values.push_back(*v);
    if (values.size() >= 2)
      result.measures.push_back({name, measure->unit, values.size(), student_t_interval(values)});
  }
  std::vector<std::vector<verdict>> judged;
  for (const measures& m : runs) judged.push_back(judge(expectations, m, info));
  for (std::size_t i = 0; i < expectations.size(); ++i) {
    replicated_verdict v;
    v.group = expectations[i].group;
    v.measure = expectations[i].measure;
    v.limit = expectations[i].text;
    for (const auto& verdicts : judged) {
      if (verdicts[i].result == verdict_result::inconclusive) continue;
      ++v.judged;
      v.held += verdicts[i].result == verdict_result::pass ? 1 : 0;
    }
    if (v.judged > 0) v.share = wilson_interval(v.held, v.judged);
    result.verdicts.push_back(v);
  }
  return result;
}

}  // namespace stampede
