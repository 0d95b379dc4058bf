// Text taken eight bytes at a time, for hashes of it.
//
// Use: `for (; text.size() >= 8; text.remove_prefix(8)) take(word_of(text.data()));`
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace stampede {

// Eight bytes as a number, the first one in front, whatever the machine's order.
inline std::uint64_t word_of(const char* eight) {
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

}  // namespace stampede
