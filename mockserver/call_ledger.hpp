// How many requests each call has made: the server's own count of attempts.
//
// Remembers a call for at least ten minutes of scenario time after its last request, and for
// less than twenty; a call that comes back later counts from 1 again. Calls known by header are
// numbered one after the other by each instance, so a row of them shares a line of the cache.
#pragma once

#include <array>
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
  void prefetch(const call_identity& call) const {
    if (call.by_header) rows_.prefetch(row_of(call));
  }

  // Counts one more request of `call` and returns its number, from 1.
  std::uint16_t count(const call_identity& call, instant now) {
    std::uint16_t& attempts =
        call.by_header ? in_row(call, now) : alone_.at(call_entity(call.instance, call.call), now);
    if (attempts < 0xffff) ++attempts;
    return attempts;
  }

 private:
  // Attempts of calls with neighbouring numbers, 0 where there were none: with its name a line.
  static constexpr std::uint32_t row_length = 28;
  using row = std::array<std::uint16_t, row_length>;

  static std::uint64_t row_of(const call_identity& call) {
    return call_entity(call.instance, call.call / row_length);
  }

  std::uint16_t& in_row(const call_identity& call, instant now) {
    const std::uint64_t name = row_of(call);
    const std::uint32_t place = call.call % row_length;
    std::uint16_t& attempts = rows_.recent(name, now)[place];
    if (attempts == 0)
      if (const row* const older = rows_.older(name)) attempts = (*older)[place];
    return attempts;
  }

  aging_map<row> rows_{memory};             // calls known by header
  aging_map<std::uint16_t> alone_{memory};  // by content: their numbers are hashes
};

}  // namespace stampede
