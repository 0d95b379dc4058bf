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
  std::int64_t attempts = 0;            // the calls took in all
  std::int64_t retries = 0;             // of those, after a call's first
  std::int64_t refused_locally = 0;     // by a breaker or a throttle
  std::int64_t delivered_unusable = 0;  // the client took a bad 200 for a success
  outcome_counts by_outcome{};
  stop_counts by_stop{};
  std::array<std::array<call_ends, stop_reason_count>, outcome_count> ends{};
  // Calls that took more attempts than their policy allows one: another layer retries, too.
  std::int64_t layered = 0;
  int most_attempts = 0;     // of one call
  quantile_summary latency;  // to the final outcome, every call
  quantile_summary success_latency;
  quantile_summary first_token;             // where the answer was a stream
  std::optional<double> worst_ten_seconds;  // attempts per call of one cohort; see measures.md
  instant worst_from{};

  std::int64_t failures() const { return calls - successes; }
  std::optional<double> success_rate() const;
  std::optional<double> retry_rate() const;     // retries / calls
  std::optional<double> amplification() const;  // attempts / calls
  std::int64_t with(outcome o) const { return by_outcome[static_cast<std::size_t>(o)]; }
  std::int64_t stopped(stop_reason s) const { return by_stop[static_cast<std::size_t>(s)]; }
};

class call_fold {
 public:
  // `allowed`: attempts the policy allows a call, 0 for no limit.
  explicit call_fold(int allowed = 0) : allowed_(allowed) {}

  void add(const call_record& r);
  void merge(const call_fold& other);
  call_measures finish() const;
  const series& wanted() const { return started_; }  // calls by intended start

 private:
  void find_worst(call_measures& m) const;

  int allowed_;
  call_measures m_;
  quantile_fold latency_;
  quantile_fold success_latency_;
  quantile_fold first_token_;
  series started_{measure_bin};
  series attempts_{measure_bin};
};

}  // namespace stampede
