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
#include "reports/retries.hpp"
#include "reports/run_info.hpp"
#include "reports/series.hpp"

namespace stampede {

struct fold_options {
  duration bin{std::chrono::seconds{1}};
  std::int64_t alert_line = 50;  // retries a minute, the guide's sign of pressure
  std::vector<fault_window> faults;
  deepseek::date service_date = deepseek::default_date;
  std::vector<group_info> groups;  // records of a group beyond these count in the whole only

  static fold_options of(const run_info& info);
};

// What is measured alike for the whole fleet and for one group of it.
struct population {
  call_measures calls;
  retry_measures retries;
  cost_measures cost;

  std::optional<double> success_rate() const { return calls.success_rate(); }
  std::optional<double> retry_rate() const;     // retries / calls
  std::optional<double> amplification() const;  // attempts / calls
};

struct group_measures {
  group_info info;
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
  herd_measures herd;
  ledger_measures ledger;
  load_series load;
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
  struct population_fold {
    call_fold calls;
    retry_fold retries;
    cost_fold cost;
    population finish() const;
  };

  population_fold new_population() const;
  load_series load(duration measured) const;

  fold_options options_;
  population_fold whole_;
  std::vector<population_fold> groups_;
  herd_fold herd_;
  ledger_fold ledger_;
  series first_tries_, retries_, successes_, rate_limited_, overloaded_, other_failures_;
};

}  // namespace stampede
