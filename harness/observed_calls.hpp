// Calls and their attempts, put together from what the server alone saw: the records of clients
// that nobody here wrote.
//
// A request with x-stampede-call belongs to the call it names. Others are known by their key,
// path and body: one that comes after an earlier one of the same content has failed, and within ten
// minutes of it, is its next attempt; one that comes while that one is still answered, or after
// it succeeded, is a call of its own. What a client decided and why is not seen: the last
// attempt of a call that did not succeed counts as given up; one whose client left counts as
// timed out if another follows, else as cancelled. Pure.
//
// Use: const observed o = observe_calls(log.exchanges, sink);  say(o.by_header, o.by_content);
#pragma once

#include <cstdint>
#include <vector>

#include "core/records.hpp"

namespace stampede {

struct observed {
  std::uint64_t calls_by_header = 0;
  std::uint64_t calls_by_content = 0;
  std::uint32_t instances = 0;
  std::uint8_t model = 0;  // of most calls
};

// Writes the attempts and calls, with those instances numbered from 0 in the order they came,
// and then every exchange.
observed observe_calls(std::vector<exchange_record> exchanges, record_sink& to);

}  // namespace stampede
