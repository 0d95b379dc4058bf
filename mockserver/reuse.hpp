// For memory that serves one message after the other: empties it, and gives it back where it grew
// beyond 64 KiB, so that one large message does not cost its size for ever.
//
// Use: `std::string buffer; ...; empty_for_reuse(buffer);`
#pragma once

#include <cstddef>

namespace stampede {

template <class Buffer>
void empty_for_reuse(Buffer& buffer) {
  constexpr std::size_t most_kept = 64U << 10;
  buffer.clear();
  if (buffer.capacity() * sizeof(typename Buffer::value_type) > most_kept) buffer.shrink_to_fit();
}

}  // namespace stampede
