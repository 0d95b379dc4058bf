#include "reports/server_load.hpp"

#include <algorithm>

namespace stampede {
namespace {

std::optional<double> per_second(double amount, duration length) {
  if (length <= duration::zero()) return std::nullopt;
  return amount / to_seconds(length);
}

// Slots integrated over the run, in slot seconds; nothing where there is no limit.
std::optional<double> slot_seconds(const std::vector<slot_change>& slots, duration measured) {
  if (slots.empty()) return std::nullopt;
  const instant end = run_start + measured;
  double sum = 0;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const instant from = std::min(slots[i].at, end);
    const instant to = i + 1 < slots.size() ? std::min(slots[i + 1].at, end) : end;
    if (to > from) sum += static_cast<double>(slots[i].slots) * to_seconds(to - from);
  }
  return sum > 0 ? std::optional(sum) : std::nullopt;
}

}  // namespace

std::optional<double> server_measures::wasted_work() const {
  if (busy <= duration::zero()) return std::nullopt;
  return static_cast<double>(busy_for_left.count()) / static_cast<double>(busy.count());
}

std::optional<double> server_measures::throughput() const {
  return exchanges == 0 ? std::nullopt : per_second(static_cast<double>(answers), measured);
}

std::optional<double> server_measures::goodput() const {
  return per_second(static_cast<double>(successes), measured);
}

std::optional<double> server_measures::in_service() const {
  return exchanges == 0 ? std::nullopt : per_second(to_seconds(busy), measured);
}

std::optional<double> server_measures::mean_queue() const {
  return exchanges == 0 ? std::nullopt : per_second(to_seconds(waited), measured);
}

void server_fold::add(const exchange_record& r) {
  ++m_.exchanges;
  m_.busy += r.busy;
  if (r.whole && r.status == 200) ++m_.answers;
  if (r.peer_left) {
    ++m_.left;
    m_.busy_for_left += r.busy;
  }
  // What a fault holds back does not wait for a slot.
  if (r.fault != no_fault || r.arrived == never) return;
  const instant until = r.started != never ? r.started : r.ended;
  if (until == never || until <= r.arrived) return;
  ++m_.queued;
  m_.waited += until - r.arrived;
  waits_.add(until - r.arrived);
  joined_.add(r.arrived);
  left_queue_.add(until);
}

server_measures server_fold::finish(duration measured, const std::vector<slot_change>& slots,
                                    std::int64_t successes) const {
  server_measures m = m_;
  m.measured = measured;
  m.successes = successes;
  m.queue_wait = quantile_summary(waits_);
  if (const auto all = slot_seconds(slots, measured)) m.utilisation = to_seconds(m.busy) / *all;
  series in = joined_;
  series out = left_queue_;
  in.widen_to(out.width());
  out.widen_to(in.width());
  std::int64_t length = 0;
  for (std::size_t i = 0; i < std::max(in.bins().size(), out.bins().size()); ++i) {
    length += in.bin(i) - out.bin(i);
    if (length <= m.longest_queue) continue;
    m.longest_queue = length;
    m.longest_queue_at = run_start + in.width() * static_cast<std::int64_t>(i + 1);
  }
  return m;
}

}  // namespace stampede
