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
  // A hint that `call` is about to be counted.
  void prefetch(const call_identity& call) const { recent_.prefetch(name_of(call)); }

  // Counts one more request of `call` and returns its number, from 1.
  std::uint16_t count(const call_identity& call, instant now) {
    turn(now);
    const std::uint64_t name = name_of(call);
    std::uint16_t& attempts = recent_.at(name);
    if (attempts == 0) {
      if (const std::uint16_t* before = older_.find(name)) attempts = *before;
    }
    if (attempts < 0xffff) ++attempts;
    return attempts;
  }

 private:
  static constexpr duration generation = std::chrono::minutes(10);

  // Calls known by header and calls known by content must not meet.
  static std::uint64_t name_of(const call_identity& call) {
    const std::uint64_t entity = call_entity(call.instance, call.call);
    return call.by_header ? entity : mix64(entity + 0x5bd1e995U);
  }

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
