// How many requests each call has made: the server's own count of attempts.
//
// Remembers a call for at least ten minutes of scenario time after its last request, and for
// less than twenty, so that memory follows the rate of calls and not their total; a call that
// comes back later counts from 1 again. Deterministic.
#pragma once

#include <cstdint>
#include <utility>

#include "core/draw.hpp"
#include "core/instant.hpp"
#include "mockserver/number_map.hpp"
#include "mockserver/request.hpp"

namespace stampede {

class call_ledger {
 public:
  // Counts one more request of `call` and returns its number, from 1.
  std::uint16_t count(const call_identity& call, instant now) {
    turn(now);
    // Calls known by header and calls known by content must not meet.
    const std::uint64_t entity = call_entity(call.instance, call.call);
    const std::uint64_t name = call.by_header ? entity : mix64(entity + 0x5bd1e995U);
    std::uint16_t& attempts = recent_.at(name);
    if (attempts == 0) {
      if (const std::uint16_t* before = older_.find(name)) attempts = *before;
    }
    if (attempts < 0xffff) ++attempts;
    return attempts;
  }

 private:
  static constexpr duration generation = std::chrono::minutes(10);

  void turn(instant now) {
    if (now - turned_ < generation) return;
    if (now - turned_ >= 2 * generation) recent_.clear();
    std::swap(recent_, older_);
    recent_.clear();
    turned_ = now;
  }

  number_map<std::uint16_t> recent_;
  number_map<std::uint16_t> older_;
  instant turned_{};
};

}  // namespace stampede
