// A table that only grows, of things that stay where they are: pieces of memory, each twice as
// large as the one before, so that growing copies nothing and no memory is cleared in vain.
//
// Use: `slab<exchange> exchanges;  exchanges.emplace_back();  exchanges[slot].serial = 7;`
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "core/big_vector.hpp"

namespace stampede {

template <class T>
class slab {
 public:
  slab() = default;
  slab(const slab&) = delete;
  slab& operator=(const slab&) = delete;
  ~slab() {
    for (std::size_t i = 0; i < size_; ++i) std::destroy_at(&(*this)[i]);
    for (std::size_t p = 0; p < pieces_; ++p) big_allocator<T>().deallocate(memory_[p], room_of(p));
  }

  std::size_t size() const { return size_; }

  T& operator[](std::size_t i) { return *place_of(i); }
  const T& operator[](std::size_t i) const { return *place_of(i); }

  template <class... Arguments>
  T& emplace_back(Arguments&&... arguments) {
    if (size_ == room_) add_piece();
    T* const made = ::new (static_cast<void*>(place_of(size_))) T(std::forward<Arguments>(arguments)...);
    ++size_;
    return *made;
  }

  // New things, made from nothing, until there are `size`.
  void grow_to(std::size_t size) {
    while (size_ < size) emplace_back();
  }

 private:
  static constexpr std::size_t least_bits = 10;  // the first piece has so many
  static constexpr std::size_t room_of(std::size_t piece) { return std::size_t{1} << (least_bits + piece); }

  T* place_of(std::size_t i) const {
    const std::size_t from_first = i + room_of(0);
    const std::size_t piece = std::bit_width(from_first) - 1 - least_bits;
    return memory_[piece] + (from_first - room_of(piece));
  }
  void add_piece() {
    memory_[pieces_] = big_allocator<T>().allocate(room_of(pieces_));
    room_ += room_of(pieces_++);
  }

  std::array<T*, 48> memory_{};
  std::size_t pieces_ = 0;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
};

}  // namespace stampede
