// The measures that have a name an expectation can use: unit, meaning, and how to read each
// one from a run. One row a measure; a new measure is a new row.
// Use: `if (const named_measure* m = find_measure("latency.p99")) m->value({all, whole});`
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/instant.hpp"
#include "reports/comparison.hpp"
#include "reports/measures.hpp"

namespace stampede {

enum class measure_unit : std::uint8_t {
  share,       // 0 to 1, written "99.5%" or "0.995"
  ratio,       // 0 and up, written "0.8" or "80%"
  factor,      // 0 and up, written "1.6"
  count,       // a whole number
  time,        // nanoseconds, written "60s"
  money,       // pico-dollars, written "$0.002"
  per_second,  // written "20/s"
  flag,        // 0 or 1, written "no" or "yes"
};

// The suffix a key has for the unit: "_ms", "_usd", "_per_s" or nothing; and how many of the
// base unit one of the suffix's is.
std::string_view suffix_of(measure_unit unit);
double scale_of(measure_unit unit);

// Which way a measure should move.
enum class better : std::uint8_t { neither, lower, higher };

// What the samples of one run allow to say about a measure. Without a bound on one side there
// were too few of them.
struct sample_interval {
  std::int64_t samples = 0;
  std::optional<double> low, high;
  int per_mille = 0;  // of a quantile; 0 for a share
};

// What a measure is read from: the run, and the fleet or one group of it.
struct measure_view {
  const measures& all;
  const population& numbers;
};

struct named_measure {
  std::string name;
  measure_unit unit = measure_unit::count;
  std::string meaning;  // a short phrase: "calls that succeeded"
  std::function<std::optional<double>(const measure_view&)> value;  // infinite: it never came
  better wanted = better::neither;
  // The shortest span of time it tells apart, where it does: a clock that was late by more
  // than a twentieth of it makes the measure worthless. Times are judged by their margin.
  duration span{0};
  bool per_group = true;  // others are of the whole run only
  bool headline = false;  // among the first a comparison shows
  std::function<std::optional<sample_interval>(const measure_view&)> interval = nullptr;
  std::optional<comparison> bare = std::nullopt;  // what a limit without a sign means
};

const std::vector<named_measure>& catalogue();
const named_measure* find_measure(std::string_view name);  // null for others

std::string value_text(measure_unit unit, double value);

}  // namespace stampede
