// How much was tried again, why, and when.
//
// A fold over attempt records. A retry is every attempt of a call after its first, those on
// a fallback model included. Use: `retry_fold f(50); f.add(record); f.finish()`
#pragma once

#include <array>
#include <cstdint>

#include "core/records.hpp"
#include "reports/calls.hpp"
#include "reports/series.hpp"

namespace stampede {

struct wait_measures {
  std::int64_t count = 0;
  duration total{0};
  duration longest{0};
};

struct retry_measures {
  std::int64_t attempts = 0;
  std::int64_t retries = 0;
  std::int64_t fallbacks = 0;      // attempts on another model than the call's first
  std::int64_t early = 0;          // sent before Retry-After was over
  std::int64_t of_persistent = 0;  // retries of errors no retry can mend
  outcome_counts by_outcome{};     // of attempts
  std::int64_t decided =
      0;  // decisions to retry or fall back; a breaker or the end may prevent one
  outcome_counts retried_after{};  // what the attempts had come to that those were made on
  std::array<wait_measures, wait_reason_count> waits{};
  std::int64_t alert_line = 50;    // retries a minute
  window_peak peak_minute;         // sliding, in steps of a second
  std::int64_t minutes_above = 0;  // whole minutes from the start, above the line

  std::int64_t with(outcome o) const { return by_outcome[static_cast<std::size_t>(o)]; }
  const wait_measures& waited(wait_reason w) const { return waits[static_cast<std::size_t>(w)]; }
};

// What no retry can mend, whatever the client under test believes.
bool is_persistent(outcome o);
outcome_counts persistent_only(const outcome_counts& counts);
// A 200 whose content cannot be used.
bool is_content_failure(outcome o);

class retry_fold {
 public:
  explicit retry_fold(std::int64_t alert_line) { m_.alert_line = alert_line; }
  void add(const attempt_record& r);
  void merge(const retry_fold& other);
  retry_measures finish() const;
  const series& by_second() const { return by_second_; }  // retries, as they were sent

 private:
  retry_measures m_;
  series by_second_{measure_bin};
  series by_minute_{std::chrono::minutes{1}};
};

}  // namespace stampede
