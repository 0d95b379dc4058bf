// Has memory fetched that is about to be used: a hint that changes nothing.
//
// Use: `prefetch(sessions[next]);`
#pragma once

#include <cstddef>

namespace stampede {

template <class Thing>
[[gnu::always_inline]] inline void prefetch(const Thing& thing) {
  constexpr std::size_t line_size = 64;
  const char* const memory = reinterpret_cast<const char*>(&thing);
#pragma GCC unroll 16
  for (std::size_t at = 0; at < sizeof thing; at += line_size) __builtin_prefetch(memory + at);
  // Without a side effect gcc takes a function that only prefetches for one that does nothing,
  // and leaves out the calls of it.
  __asm__ volatile("");
}

}  // namespace stampede
