// Callers that were sent away, and until when. Holds only those whose time is not over: since
// all are sent away for the same length, they expire in the order they came, so memory follows
// the number of refusals within one Retry-After. Deterministic.
#pragma once

#include <cstdint>
#include <vector>

#include "core/instant.hpp"
#include "mockserver/number_map.hpp"

namespace stampede {

class caller_table {
 public:
  // Until when `caller` is to stay away; `now` or earlier where it may come.
  instant until(std::uint64_t caller, instant now) {
    forget(now);
    const instant* found = until_.find(caller);
    return found ? *found : now;
  }

  void refuse(std::uint64_t caller, instant until, instant now) {
    forget(now);
    until_.at(caller) = until;
    order_.push_back({until, caller});
  }

  std::size_t size() const { return until_.size(); }

 private:
  struct note {
    instant until;
    std::uint64_t caller;
  };

  void forget(instant now) {
    while (first_ < order_.size() && order_[first_].until <= now) {
      const std::uint64_t caller = order_[first_++].caller;
      const instant* found = until_.find(caller);
      if (found && *found <= now) until_.erase(caller);
    }
    if (2 * first_ < order_.size()) return;
    order_.erase(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }

  number_map<instant> until_;
  std::vector<note> order_;  // from first_ on, by time
  std::size_t first_ = 0;
};

}  // namespace stampede
