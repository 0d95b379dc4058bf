// Intervals over replications: what one run of chance may claim.
//
// Means get Student's t, fractions get Wilson's score interval (Wilson 1927), both two-sided.
// Deterministic. Use: `const interval i = student_t_interval(values);`
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reports/catalogue.hpp"
#include "reports/expectations.hpp"
#include "reports/measures.hpp"

namespace stampede {

struct interval {
  double mean = 0;
  double low = 0;
  double high = 0;
};

inline constexpr double confidence = 0.95;

interval student_t_interval(std::span<const double> values);  // two values or more
interval wilson_interval(std::int64_t successes, std::int64_t trials);

// One measure over the replications that had a value for it.
struct replicated_measure {
  std::string name;
  measure_unit unit = measure_unit::count;
  std::size_t samples = 0;
  interval over;
};

// In how many replications an expectation held.
struct replicated_verdict {
  std::string group;
  std::string measure;
  std::string limit;
  std::int64_t held = 0;
  std::int64_t judged = 0;
  interval share;
};

struct replicated {
  std::size_t replications = 0;
  std::vector<replicated_measure> measures;
  std::vector<replicated_verdict> verdicts;
};

// Headline measures and expectations over two replications or more.
replicated over_replications(const std::vector<measures>& runs,
                             const std::vector<expectation>& expectations, const run_info& info);

}  // namespace stampede
