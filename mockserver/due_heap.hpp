// Slots ordered by when they are due: a heap of four children a node, which misses the cache half
// as often as a binary one, that knows where each slot sits, so that putting, moving and taking out
// cost O(log n). At most one entry a slot. Equal keys come in the order of `tie`, which the server
// draws, lest instance 0 be served first for ever.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/check.hpp"

namespace stampede {

class due_heap {
 public:
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  std::int64_t top_key() const { return heap_.front().key; }
  std::uint32_t top() const { return heap_.front().slot; }
  bool holds(std::uint32_t slot) const { return slot < where_.size() && where_[slot] != absent; }

  // Puts `slot`, or moves it where it is in already.
  void put(std::uint32_t slot, std::int64_t key, std::uint64_t tie) {
    if (slot >= where_.size()) where_.resize(slot + 1, absent);
    std::uint32_t at = where_[slot];
    if (at == absent) {
      at = static_cast<std::uint32_t>(heap_.size());
      heap_.push_back({key, tie, slot});
      where_[slot] = at;
    } else {
      heap_[at].key = key;
      heap_[at].tie = tie;
    }
    settle(at);
  }

  void remove(std::uint32_t slot) {
    if (!holds(slot)) return;
    const std::uint32_t at = where_[slot];
    where_[slot] = absent;
    const entry moved = heap_.back();
    heap_.pop_back();
    if (at == heap_.size()) return;
    place(at, moved);
    settle(at);
  }

 private:
  static constexpr std::uint32_t absent = ~std::uint32_t{0};
  static constexpr std::uint32_t children = 4;

  struct entry {
    std::int64_t key;
    std::uint64_t tie;
    std::uint32_t slot;
    friend bool operator<(const entry& a, const entry& b) {
      if (a.key != b.key) return a.key < b.key;
      if (a.tie != b.tie) return a.tie < b.tie;
      return a.slot < b.slot;
    }
  };

  void place(std::uint32_t at, const entry& e) {
    heap_[at] = e;
    where_[e.slot] = at;
  }

  void settle(std::uint32_t at) {
    const entry e = heap_[at];
    const auto size = static_cast<std::uint32_t>(heap_.size());
    while (at > 0) {
      const std::uint32_t parent = (at - 1) / children;
      if (!(e < heap_[parent])) break;
      place(at, heap_[parent]);
      at = parent;
    }
    for (;;) {
      const std::uint32_t first = children * at + 1;
      if (first >= size) break;
      std::uint32_t child = first;
      const std::uint32_t end = std::min(first + children, size);
      for (std::uint32_t other = first + 1; other < end; ++other)
        if (heap_[other] < heap_[child]) child = other;
      if (!(heap_[child] < e)) break;
      place(at, heap_[child]);
      at = child;
    }
    place(at, e);
  }

  std::vector<entry> heap_;
  std::vector<std::uint32_t> where_;
};

}  // namespace stampede
