// Callers that were sent away, and until when. Holds only those whose time is not over: since
// all are sent away for the same length, they expire in the order they came, so memory follows
// the number of refusals within one Retry-After. Deterministic: nothing iterates over the hash.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "core/instant.hpp"

namespace stampede {

class caller_table {
 public:
  // Until when `caller` is to stay away; `now` or earlier where it may come.
  instant until(std::uint64_t caller, instant now) {
    forget(now);
    const auto found = until_.find(caller);
    return found == until_.end() ? now : found->second;
  }

  void refuse(std::uint64_t caller, instant until, instant now) {
    forget(now);
    until_[caller] = until;
    order_.push_back({until, caller});
  }

 private:
  struct refusal_note {
    instant until;
    std::uint64_t caller;
  };

  void forget(instant now) {
    while (!order_.empty() && order_.front().until <= now) {
      const auto found = until_.find(order_.front().caller);
      if (found != until_.end() && found->second <= now) until_.erase(found);
      order_.pop_front();
    }
  }

  std::unordered_map<std::uint64_t, instant> until_;  // only looked up
  std::deque<refusal_note> order_;
};

}  // namespace stampede
