// Intervals over replications: what one run of chance may claim.
//
// Means get Student's t, fractions get Wilson's score interval (Wilson 1927), both two-sided.
// Where the values fall into two heaps it is the share of one that is told, never the mean.
// Deterministic. Use: `const interval i = student_t_interval(values);`
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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

// What the values of the replications look like.
enum class mixture : std::uint8_t {
  one,        // one heap of values: a mean says something
  share,      // yes or no, or some of them infinite: the share of those
  two_modes,  // two heaps: a mean would lie where no run was
};
std::string_view name_of(mixture m);

// One measure over the replications that had a value for it.
struct replicated_measure {
  std::string name;
  measure_unit unit = measure_unit::count;
  std::vector<std::optional<double>> values;  // by replication, in the base unit
  std::size_t samples = 0;                    // of those that are there
  mixture shape = mixture::one;
  // one: of the mean (Student's t). share: of the runs with "yes", or that ended at all.
  // two_modes: of the runs in the higher heap (both Wilson).
  interval over;
  double low_mean = 0, high_mean = 0;  // of the heaps, where there are two
};

// "0.93 (0.91 to 0.95)", or the shares of its heaps.
std::string values_text(const replicated_measure& m);

// In how many replications an expectation held.
struct replicated_verdict {
  scope of;
  std::string measure;
  std::string limit;
  std::int64_t held = 0;
  std::int64_t judged = 0;
  interval share;
};

std::string name_of(const replicated_verdict& v);    // "web: success_rate >= 95%"
std::string held_text(const replicated_verdict& v);  // "held in 9 of 10 (59.6% to 98.2%)"

struct replicated {
  std::size_t replications = 0;
  std::vector<replicated_measure> measures;
  std::vector<replicated_verdict> verdicts;
};

// Takes in one replication after the other and keeps of each only its values and verdicts.
// Use: `replication_fold f(expectations); f.add(measures, info); f.finish()`
class replication_fold {
 public:
  explicit replication_fold(std::vector<expectation> expectations);
  void add(const measures& m, const run_info& info);
  // Nothing (no replications) for fewer than two.
  replicated finish() const;

 private:
  std::vector<expectation> expectations_;
  replicated kept_;
};

// A measure of the whole fleet over replications; the shape is found from the values.
replicated_measure over_values(const named_measure& measure,
                               std::vector<std::optional<double>> values);

}  // namespace stampede
