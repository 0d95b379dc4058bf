// Counts over a sliding stretch of time, kept in slots: what is older than the stretch is
// forgotten a slot at a time. Slots begin at whole multiples of stretch / Slots of scenario time,
// so a count covers between (Slots - 1) / Slots of the stretch and all of it. Pure: time is an
// argument and must not go back. A stretch of zero never forgets.
//
// Use: time_slots<std::int64_t, 10> retries;  retries.add(now, 60s, 1);  retries.sum(now, 60s);
#pragma once

#include <array>
#include <cstdint>

#include "core/instant.hpp"

namespace stampede {

template <class Count, std::size_t Slots>
class time_slots {
 public:
  void add(instant now, duration stretch, Count n) {
    advance(now, stretch);
    slots_[static_cast<std::size_t>(newest_ % Slots)] += n;
  }
  Count sum(instant now, duration stretch) {
    advance(now, stretch);
    Count all{};
    for (const Count& slot : slots_) all += slot;
    return all;
  }
  void clear() { slots_.fill(Count{}); }

 private:
  void advance(instant now, duration stretch) {
    const std::int64_t width = stretch.count() / static_cast<std::int64_t>(Slots);
    const std::int64_t slot = width > 0 ? now.time_since_epoch().count() / width : 0;
    if (slot - newest_ >= static_cast<std::int64_t>(Slots)) {
      slots_.fill(Count{});
      newest_ = slot;
    }
    while (newest_ < slot) slots_[static_cast<std::size_t>(++newest_ % Slots)] = Count{};
  }

  std::array<Count, Slots> slots_{};
  std::int64_t newest_ = 0;
};

}  // namespace stampede
