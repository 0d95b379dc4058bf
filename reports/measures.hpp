// All measures of a run, folded from its records as they happen.
//
// measure_fold is a record_sink: feed it every record, in any order, then ask finish(). Its
// memory does not grow with the number of attempts. Sums and counts are integers, so the
// result is the same for every order of the same records. Each measure with its formula:
// docs/measures.md.
//
// Use:
//   measure_fold fold(fold_options::of(info));
//   fold.on_attempt(a); fold.on_call(c); fold.on_exchange(e);
//   const measures m = fold.finish(info.measured);
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/records.hpp"
#include "reports/calls.hpp"
#include "reports/cost.hpp"
#include "reports/herd.hpp"
#include "reports/jitter.hpp"
#include "reports/phases.hpp"
#include "reports/recovery.hpp"
#include "reports/retries.hpp"
#include "reports/run_info.hpp"
#include "reports/series.hpp"
#include "reports/server_load.hpp"

namespace stampede {

struct fold_options {
  std::int64_t alert_line = 50;  // retries a minute, the guide's sign of pressure
  duration length{0};            // how long calls are offered; 0 where that is not known
  std::vector<fault_window> faults;
  std::vector<slot_change> slots;
  std::vector<scope> scopes;
  deepseek::date service_date = deepseek::default_date;
  std::vector<group_info> groups;  // records of a group beyond these count in the whole only

  static fold_options of(const run_info& info);
};

// What is measured alike for the whole fleet and for any part of it. Calls belong to the phase
// in which they were wanted, attempts to the one in which they were sent.
struct population {
  call_measures calls;
  retry_measures retries;
  cost_measures cost;

  std::optional<double> success_rate() const { return calls.success_rate(); }
  std::optional<double> retry_rate() const { return calls.retry_rate(); }
  std::optional<double> amplification() const { return calls.amplification(); }
};

struct group_measures {
  group_info info;
  population numbers;
  jitter_measures jitter;
};

struct scoped_measures {
  scope of;
  population numbers;
};

// Counts per bin over the whole run, for charts. All of one width and length.
struct load_series {
  duration width{0};
  std::vector<std::int64_t> arrivals;     // at the server
  std::vector<std::int64_t> first_tries;  // attempts sent
  std::vector<std::int64_t> retries;
  std::vector<std::int64_t> successes;  // attempts ended
  std::vector<std::int64_t> rate_limited;
  std::vector<std::int64_t> overloaded;
  std::vector<std::int64_t> other_failures;
};

struct measures {
  duration measured{0};
  population whole;
  std::vector<group_measures> groups;
  // The phases of the whole fleet, its models where there are several, and what was asked for.
  std::vector<scoped_measures> scopes;
  herd_measures herd;
  recovery_measures recovery;
  server_measures server;
  ledger_measures ledger;
  load_series load;

  // Null for a part that was not asked for.
  const population* find(const scope& s) const;

  // Keeps every number and gives back the memory of the samples behind them: for runs that are
  // kept by the thousand.
  void forget_samples();
};

class measure_fold : public record_sink {
 public:
  explicit measure_fold(fold_options options);

  void on_attempt(const attempt_record& r) override;
  void on_call(const call_record& r) override;
  void on_exchange(const exchange_record& r) override;

  // `measured`: how far the run came. May be asked at any time, for a live page too.
  measures finish(duration measured) const;

 private:
  // One for each group and piece of time: whatever a report shows is a sum of some of them, so
  // that a record is counted once.
  struct cell {
    call_fold calls;
    retry_fold retries;
    cost_fold cost;
    void merge(const cell& other);
    population finish() const;
  };

  cell new_cell(std::size_t group) const;
  cell& at(std::uint16_t group, instant t);
  cell sum_of(const scope& s) const;
  std::vector<scope> scopes() const;
  load_series load(const series& retries, duration measured) const;

  fold_options options_;
  phase_plan phases_;
  std::vector<std::vector<cell>> cells_;  // by group, the last for records of no known one
  herd_fold herd_;
  recovery_fold recovery_;
  jitter_fold jitter_;
  server_fold server_;
  ledger_fold ledger_;
  series successes_, rate_limited_, overloaded_, other_failures_;
};

}  // namespace stampede
