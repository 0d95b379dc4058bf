// Runs side by side: every measure of a base and of the runs compared with it, the difference
// with its interval, and whether it is better or worse.
//
// Several replications give a 95 % interval of the difference: paired (Student's t over the
// differences) where the seeds match, since the same draws were met, else Welch's. Fractions,
// and values in two heaps, are compared as fractions (Newcombe). One run each has no interval
// but that of a success rate; its difference then counts where it exceeds the tolerance.
// Deterministic. Use: `const comparison_table t = compare({base, run}, {.tolerance = 0.05});`
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/catalogue.hpp"
#include "reports/report.hpp"

namespace stampede {

// What a comparison needs of a run: a baseline is just this.
struct compared_run {
  std::string label;  // how it is called in tables: "guide", "base"
  std::string scenario;
  std::string engine;
  std::vector<std::uint64_t> seeds;    // one for each value below
  bool replicated = false;             // values are replications of the first seed
  std::vector<std::string> judged;     // measures its expectations are about
  std::vector<std::int64_t> arrivals;  // a bin each, for a picture; may be empty
  struct value {
    std::string name;
    std::vector<std::optional<double>> values;  // one a replication, or a run, in the base unit
    std::optional<sample_interval> samples;     // where there is one value
  };
  std::vector<value> values;

  const value* find(std::string_view name) const;
};

compared_run compared(const report& r, std::string label);
// Several runs of one scenario under other seeds are one run with that many values.
compared_run together(const std::vector<compared_run>& runs, std::string label);

enum class change : std::uint8_t {
  same,  // no difference, or none beyond chance
  better,
  worse,
  differs,  // in a measure that should move neither way
  unknown,  // one of the two has no value
};
std::string_view name_of(change c);

struct compared_cell {
  std::optional<double> value;                  // the mean, a share of runs, or the one value
  std::string text;                             // with its interval
  std::string brief;                            // without
  std::optional<double> difference, low, high;  // to the base
  std::string difference_text;                  // "-12% (-14% to -10%)"
  std::string brief_difference;                 // "-12%"
  double relative = 0;  // part of the base, or points of a share; infinite from nothing
  change result = change::same;
  bool regression = false;
};

struct compared_row {
  std::string name;
  std::string meaning;
  measure_unit unit = measure_unit::count;
  better wanted = better::neither;
  bool gates = false;                // a headline, or what an expectation is about
  std::vector<compared_cell> cells;  // the base first
};

struct comparison_table {
  std::string scenario;
  std::vector<compared_run> runs;  // the base first
  std::vector<compared_row> rows;
  std::vector<std::string> notes;  // how the intervals were made, what does not match
  double tolerance = 0;

  // Of the rows that gate: "success_rate of new: 91% against 97% ...".
  std::vector<std::string> regressions() const;
};

struct compare_options {
  double tolerance = 0.05;
};

comparison_table compare(std::vector<compared_run> runs, const compare_options& options = {});

}  // namespace stampede
