// What the run was for the server: utilisation, queue, answers against what became of them, and
// work for clients that had left.
//
// A fold over exchange records; integers until the last division.
// Use: `server_fold f(1s); f.add(exchange); f.finish(measured, slots, successes)`
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/records.hpp"
#include "reports/quantile_fold.hpp"
#include "reports/run_info.hpp"
#include "reports/series.hpp"

namespace stampede {

struct server_measures {
  std::int64_t exchanges = 0;
  std::int64_t answers = 0;   // whole 200s
  std::int64_t left = 0;      // exchanges whose client left before their end
  duration busy{0};           // time slots were held
  duration busy_for_left{0};  // of it, for those
  duration measured{0};
  std::int64_t successes = 0;         // of the calls
  std::optional<double> utilisation;  // busy / time there were slots; none without a limit
  std::int64_t queued = 0;            // exchanges that waited for a slot
  quantile_summary queue_wait;        // theirs
  duration waited{0};                 // in all
  std::int64_t longest_queue = 0;     // at the end of a bin
  instant longest_queue_at{};

  std::optional<double> wasted_work() const;  // busy_for_left / busy
  std::optional<double> throughput() const;   // answers a second
  std::optional<double> goodput() const;      // succeeded calls a second
  std::optional<double> in_service() const;   // busy slots on average
  std::optional<double> mean_queue() const;   // waiting on average (Little)
};

class server_fold {
 public:
  explicit server_fold(duration bin) : joined_(bin), left_queue_(bin) {}
  void add(const exchange_record& r);
  server_measures finish(duration measured, const std::vector<slot_change>& slots,
                         std::int64_t successes) const;

 private:
  server_measures m_;
  quantile_fold waits_;
  series joined_, left_queue_;
};

}  // namespace stampede
