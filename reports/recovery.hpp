// How the run fared once what went wrong was over: recovery time, backlog, overshoot, and
// whether a retry storm outlived its cause.
//
// Fault windows that touch are one disturbance, since the load cannot recover in between. A
// window that is open at the end of the load is a condition, not a disturbance. Integer counts
// in bins; formulas: docs/measures.md.
// Use: `recovery_fold f(length, faults); f.add(call); f.add(exchange); f.finish(measured, load)`
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/records.hpp"
#include "reports/run_info.hpp"
#include "reports/series.hpp"

namespace stampede {

struct disturbance {
  std::string name;  // "outage", "outage + status"
  instant from{}, to{};
  duration watched{0};                // load was still offered for so long after its end
  std::optional<duration> recovered;  // from its end until goodput was back
  // From its end until the last call wanted before had its outcome; none where nobody waited.
  std::optional<duration> drained;
  std::optional<double> overshoot;  // fullest bin of arrivals after it / mean offered before all
};

enum class metastability : std::uint8_t { no, yes, undetermined };
std::string_view name_of(metastability m);

// A storm that outlives its cause: well before, not well long after, and it is retries that keep
// it up.
struct metastable_verdict {
  metastability result = metastability::undetermined;
  // Shares of the offered load that succeeded: before the first disturbance, and in the tail,
  // the last part of the load.
  std::optional<double> before, tail;
  instant tail_from{}, tail_to{};
  std::optional<double> tail_amplification;  // attempts sent / first tries
  std::optional<double> tail_answers;        // answers of the server / offered calls
  std::string why;                           // one sentence
};

struct recovery_measures {
  duration bin{0};
  std::vector<disturbance> disturbances;
  metastable_verdict metastable;

  // The slowest recovery: none where nothing was disturbed, `forever` where one never came.
  std::optional<duration> slowest() const;
  std::optional<duration> slowest_drain() const;
  std::optional<double> largest_overshoot() const;
  // How long the disturbance was watched that did not recover, or the last one.
  duration watched() const;
};

// What the rest of the fold has counted already, a second a bin.
struct counted_load {
  const series& offered;  // calls, by intended start
  const series& good;     // successes, by their end
  const series& sent;     // attempts
  const series& retries;  // of those, by the instant they were sent
  const series& arrivals;
};

class recovery_fold {
 public:
  // `length`: how long calls are offered; 0 where that is not known beforehand.
  recovery_fold(duration length, const std::vector<fault_window>& faults);

  void add(const call_record& r) {
    if (r.intended == never || r.ended == never) return;
    for (std::size_t i = 0; i < watched_.size(); ++i)
      if (r.intended < watched_[i].to && r.ended > last_outcome_[i]) last_outcome_[i] = r.ended;
  }
  void add(const exchange_record& r) {
    if (r.whole && r.status == 200 && r.ended != never) answers_.add(r.ended);
  }
  recovery_measures finish(duration measured, const counted_load& load) const;

 private:
  struct bins;  // all series at one width

  duration length_;
  std::vector<disturbance> watched_;
  std::vector<instant> last_outcome_;  // of the calls wanted before each disturbance's end
  series answers_;
};

}  // namespace stampede
