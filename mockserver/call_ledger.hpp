// How many requests each call has made: the server's own count of attempts.
//
// Remembers a call for ten minutes of scenario time after its last request (to the second); a call
// that comes back later counts from 1 again.
#pragma once

#include <cstdint>

#include "core/draw.hpp"
#include "core/instant.hpp"
#include "mockserver/number_map.hpp"
#include "mockserver/request.hpp"

namespace stampede {

class call_ledger {
 public:
  static constexpr duration memory = std::chrono::minutes(10);

  // A hint that `call` is about to be counted.
  void prefetch(const call_identity& call) const { requests_.prefetch(name_of(call)); }

  // Counts one more request of `call` and returns its number, from 1.
  std::uint16_t count(const call_identity& call, instant now) {
    const auto second =
        static_cast<std::uint32_t>(now.time_since_epoch() / std::chrono::seconds(1));
    const auto is_over = [second](const requests& r) {
      return second - r.last > memory / std::chrono::seconds(1);
    };
    requests& made = requests_.at(name_of(call), is_over);
    if (is_over(made)) made.attempts = 0;
    made.last = second;
    if (made.attempts < 0xffff) ++made.attempts;
    return made.attempts;
  }

 private:
  struct requests {
    std::uint32_t last = 0;  // second of the last one
    std::uint16_t attempts = 0;
  };

  // Calls known by header and calls known by content must not meet.
  static std::uint64_t name_of(const call_identity& call) {
    const std::uint64_t entity = call_entity(call.instance, call.call);
    return call.by_header ? entity : mix64(entity + 0x5bd1e995U);
  }

  number_map<requests> requests_;
};

}  // namespace stampede
