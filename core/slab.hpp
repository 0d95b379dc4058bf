// A table that only grows, of things that stay where they are, so that growing copies nothing and
// no memory is cleared in vain.
//
// Use: `slab<exchange> exchanges;  exchanges.emplace_back();  exchanges[slot].serial = 7;`
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "core/big_vector.hpp"
#include "core/prefetch.hpp"

namespace stampede {

template <class T>
class slab {
 public:
  slab() = default;
  slab(const slab&) = delete;
  slab& operator=(const slab&) = delete;
  ~slab() {
    for (std::size_t i = 0; i < size_; ++i) std::destroy_at(&(*this)[i]);
    for (const auto& [memory, room] : taken_) big_allocator<T>().deallocate(memory, room);
  }

  std::size_t size() const { return size_; }

  T& operator[](std::size_t i) { return *place_of(i); }
  const T& operator[](std::size_t i) const { return *place_of(i); }

  template <class... Arguments>
  T& emplace_back(Arguments&&... arguments) {
    if (size_ == pieces_.size() * piece_size) grow();
    T* const made =
        ::new (static_cast<void*>(place_of(size_))) T(std::forward<Arguments>(arguments)...);
    // Memory not written before is far away: that of the next ones is fetched meanwhile.
    constexpr std::size_t ahead = 2;
    if (size_ % piece_size + ahead < piece_size) prefetch(*(made + ahead));
    ++size_;
    return *made;
  }

  // New things, made from nothing, until there are `size`.
  void grow_to(std::size_t size) {
    while (size_ < size) emplace_back();
  }

 private:
  static constexpr std::size_t piece_size = 1024;

  T* place_of(std::size_t i) const { return pieces_[i / piece_size] + i % piece_size; }

  // Takes as much again as there is, lest there be many small takings.
  void grow() {
    const std::size_t room = std::max<std::size_t>(1, pieces_.size()) * piece_size;
    T* const memory = big_allocator<T>().allocate(room);
    taken_.emplace_back(memory, room);
    for (std::size_t at = 0; at < room; at += piece_size) pieces_.push_back(memory + at);
  }

  std::vector<T*> pieces_;
  std::vector<std::pair<T*, std::size_t>> taken_;
  std::size_t size_ = 0;
};

}  // namespace stampede
