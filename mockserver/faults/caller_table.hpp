// Callers that were sent away, and until when. All are sent away for the same length, and a caller
// is forgotten before that (or a second, if that is longer) has passed twice, so memory follows the
// number of refusals meanwhile. Deterministic.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/instant.hpp"
#include "mockserver/aging_map.hpp"

namespace stampede {

class caller_table {
 public:
  // Emptying a map takes its time, however short the length.
  explicit caller_table(duration length)
      : length_(length), until_(std::max<duration>(length, std::chrono::seconds(1))) {}

  void prefetch(std::uint64_t caller) const { until_.prefetch(caller); }

  // Until when `caller` is to stay away; `now` or earlier where it may come.
  instant until(std::uint64_t caller, instant now) {
    const instant* const found = until_.find(caller);
    return found ? *found : now;
  }

  void refuse(std::uint64_t caller, instant now) {
    until_.recent(caller, now) = after(now, length_);
  }

  std::size_t size() const { return until_.size(); }

 private:
  duration length_;
  aging_map<instant> until_;
};

}  // namespace stampede
