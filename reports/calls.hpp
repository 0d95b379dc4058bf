// What became of the calls: outcomes, reasons to stop, time to the final outcome.
//
// A fold over call records. Times run from the *intended* start, so a client that is late
// because it was busy does not hide the wait. Use: `call_fold f; f.add(record); f.finish()`
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/records.hpp"
#include "reports/quantile_fold.hpp"
#include "reports/series.hpp"

namespace stampede {

using outcome_counts = std::array<std::int64_t, outcome_count>;
using stop_counts = std::array<std::int64_t, stop_reason_count>;

// Calls that ended with the same outcome for the same reason.
struct call_ends {
  std::int64_t count = 0;
  int most_attempts = 0;
};

struct call_measures {
  std::int64_t calls = 0;
  std::int64_t successes = 0;
  std::int64_t refused_locally = 0;     // ended by an open breaker
  std::int64_t delivered_unusable = 0;  // the client took a bad 200 for a success
  outcome_counts by_outcome{};
  stop_counts by_stop{};
  std::array<std::array<call_ends, stop_reason_count>, outcome_count> ends{};
  quantile_fold latency;  // to the final outcome, every call
  quantile_fold success_latency;
  quantile_fold first_token;                // where the answer was a stream
  std::optional<double> worst_ten_seconds;  // attempts per call of one cohort; see measures.md
  instant worst_from{};

  std::int64_t failures() const { return calls - successes; }
  std::optional<double> success_rate() const;
  std::int64_t with(outcome o) const { return by_outcome[static_cast<std::size_t>(o)]; }
  std::int64_t stopped(stop_reason s) const { return by_stop[static_cast<std::size_t>(s)]; }
};

class call_fold {
 public:
  void add(const call_record& r);
  call_measures finish() const;

 private:
  call_measures m_;
  series started_{std::chrono::seconds{1}};
  series attempts_{std::chrono::seconds{1}};
};

}  // namespace stampede
