// Callers that were sent away, and until when. All are sent away for the same length. Whose time is
// over is forgotten when room is needed, so memory follows the number of those who are to stay
// away. Deterministic.
#pragma once

#include <cstdint>

#include "core/instant.hpp"
#include "mockserver/number_map.hpp"

namespace stampede {

class caller_table {
 public:
  explicit caller_table(duration length) : length_(length) {}

  void prefetch(std::uint64_t caller) const { until_.prefetch(caller); }

  // Until when `caller` is to stay away; `now` or earlier where it may come.
  instant until(std::uint64_t caller, instant now) {
    const instant* const found = until_.find(caller);
    return found ? *found : now;
  }

  void refuse(std::uint64_t caller, instant now) {
    until_.at(caller, [now](instant until) { return until <= now; }) = after(now, length_);
  }

  std::size_t size() const { return until_.size(); }

 private:
  duration length_;
  number_map<instant> until_;
};

}  // namespace stampede
