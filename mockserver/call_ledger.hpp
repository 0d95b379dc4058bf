// How many requests each call has made: the server's own count of attempts.
//
// Remembers a call for at least ten minutes of scenario time after its last request, and for
// less than twenty; a call that comes back later counts from 1 again.
#pragma once

#include <cstdint>

#include "core/draw.hpp"
#include "core/instant.hpp"
#include "mockserver/aging_map.hpp"
#include "mockserver/request.hpp"

namespace stampede {

class call_ledger {
 public:
  static constexpr duration memory = std::chrono::minutes(10);  // at least

  // A hint that `call` is about to be counted.
  void prefetch(const call_identity& call) const { attempts_.prefetch(name_of(call)); }

  // Counts one more request of `call` and returns its number, from 1.
  std::uint16_t count(const call_identity& call, instant now) {
    std::uint16_t& attempts = attempts_.at(name_of(call), now);
    if (attempts < 0xffff) ++attempts;
    return attempts;
  }

 private:
  // Calls known by header and calls known by content must not meet.
  static std::uint64_t name_of(const call_identity& call) {
    const std::uint64_t entity = call_entity(call.instance, call.call);
    return call.by_header ? entity : mix64(entity + 0x5bd1e995U);
  }

  aging_map<std::uint16_t> attempts_{memory};
};

}  // namespace stampede
