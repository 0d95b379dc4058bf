// How synchronised the load was: arrivals per bin, and victims of a fault that come back
// together.
//
// Exact integer counts; ratios are taken once, at the end. The bin width is part of every
// number and stated with it. Closed forms: docs/measures.md.
// Use: `herd_fold f(1s, faults); f.add_arrival(t); f.add(attempt); f.finish(length)`
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/records.hpp"
#include "reports/run_info.hpp"
#include "reports/series.hpp"

namespace stampede {

// Largest count / mean count; nothing where nothing was counted.
std::optional<double> peak_to_mean(std::span<const std::int64_t> bins);
// Variance / mean of the counts (population variance): 1 for Poisson arrivals.
std::optional<double> index_of_dispersion(std::span<const std::int64_t> bins);
// (sum x)^2 / (n sum x^2): 1 where all are equal, 1/n where one has everything.
std::optional<double> jain_fairness(std::span<const std::int64_t> shares);

// Attempts that failed within a fault's window and were retried.
struct return_measures {
  std::string fault;  // its kind; empty where the scenario has none and any failure counts
  std::int64_t victims = 0;
  window_peak together;  // the most that came back within one second, sliding

  std::optional<double> share() const;
  std::string label() const { return fault.empty() ? "any failure" : fault; }
  std::string during() const { return fault.empty() ? "" : " during " + fault; }
};

struct herd_measures {
  duration bin{0};
  bool at_server = false;  // arrivals as the server saw them; else sends of our client
  std::int64_t arrivals = 0;
  std::int64_t bins = 0;
  std::int64_t peak = 0;
  instant peak_at{};
  double mean = 0;  // per bin
  std::optional<double> peak_to_mean;
  std::optional<double> dispersion;
  std::optional<double> fairness;  // Jain, successful calls per instance
  std::vector<return_measures> returns;

  // The most synchronised return of all; null where nobody came back.
  const return_measures* largest_return() const;
};

class herd_fold {
 public:
  herd_fold(duration bin, const std::vector<fault_window>& faults);
  void add(const attempt_record& r);
  void add(const call_record& r);
  void add(const exchange_record& r);
  herd_measures finish(duration measured) const;

  const series& sent() const { return sent_; }
  const series& arrivals() const { return at_server_.total() > 0 ? at_server_ : sent_; }

 private:
  struct watched {
    fault_window window;
    std::int64_t victims = 0;
    series returns{std::chrono::milliseconds{50}};
  };

  series at_server_;
  series sent_;
  std::vector<watched> watched_;
  struct share {
    std::uint32_t calls = 0;
    std::uint32_t successes = 0;
  };
  std::vector<share> shares_;  // by instance
};

}  // namespace stampede
