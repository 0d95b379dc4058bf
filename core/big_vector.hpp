// A vector for tables that are large and visited at random: beyond a megabyte it asks the
// system for huge pages, since a run of many instances otherwise spends a fifth of its time on
// page-table misses. Where the system gives none, an ordinary vector.
//
// Use: `big_vector<exchange> exchanges;`
#pragma once

#include <cstddef>
#include <vector>

namespace stampede {

void* allocate_big(std::size_t bytes);
void free_big(void* memory, std::size_t bytes) noexcept;

template <class T>
struct big_allocator {
  using value_type = T;
  big_allocator() = default;
  template <class U>
  big_allocator(const big_allocator<U>&) {}
  T* allocate(std::size_t n) {
    static_assert(alignof(T) <= 64);
    return static_cast<T*>(allocate_big(n * sizeof(T)));
  }
  void deallocate(T* p, std::size_t n) noexcept { free_big(p, n * sizeof(T)); }
  friend bool operator==(const big_allocator&, const big_allocator&) { return true; }
};

template <class T>
using big_vector = std::vector<T, big_allocator<T>>;

}  // namespace stampede
