// Slots ordered by when they are due: a heap of four children a node, which misses the cache half
// as often as a binary one, that knows where each slot sits, so that putting, moving and taking out
// cost O(log n). At most one entry a slot. Equal keys come in the order of `tie`, which the server
// draws, lest instance 0 be served first for ever.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/big_vector.hpp"

namespace stampede {

class due_heap {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::int64_t top_key() const { return node(0).key; }
  std::uint32_t top() const { return node(0).slot; }
  bool holds(std::uint32_t slot) const { return slot < slots_.size() && slots_[slot].at != absent; }

  // Puts `slot`, or moves it where it is in already.
  void put(std::uint32_t slot, std::int64_t key, std::uint64_t tie) {
    if (slot >= slots_.size()) slots_.resize(slot + 1);
    place_of_slot& place = slots_[slot];
    place.tie = tie;
    if (place.at == absent) {
      place.at = size_++;
      if (first_node + size_ > nodes_.size()) nodes_.resize(first_node + size_);
    }
    settle(place.at, {key, slot});
  }

  void remove(std::uint32_t slot) {
    if (!holds(slot)) return;
    const std::uint32_t at = std::exchange(slots_[slot].at, absent);
    const entry moved = node(--size_);
    if (at != size_) settle(at, moved);
  }

 private:
  static constexpr std::uint32_t absent = ~std::uint32_t{0};
  static constexpr std::uint32_t children = 4;
  // So that the four children of a node share a line of the cache.
  static constexpr std::uint32_t first_node = children - 1;

  struct entry {
    std::int64_t key;
    std::uint32_t slot;
  };
  // Apart, since equal keys are rare.
  struct place_of_slot {
    std::uint64_t tie = 0;
    std::uint32_t at = absent;
  };

  entry& node(std::uint32_t at) { return nodes_[first_node + at]; }
  const entry& node(std::uint32_t at) const { return nodes_[first_node + at]; }

  bool is_before(const entry& a, const entry& b) const {
    if (a.key != b.key) return a.key < b.key;
    const std::uint64_t a_tie = slots_[a.slot].tie;
    const std::uint64_t b_tie = slots_[b.slot].tie;
    return a_tie != b_tie ? a_tie < b_tie : a.slot < b.slot;
  }

  void place(std::uint32_t at, const entry& e) {
    node(at) = e;
    slots_[e.slot].at = at;
  }

  // Which of the nodes first .. end - 1, children of one, is due first. Nobody can foresee which,
  // so that a branch on it would be guessed wrong half the time: there is none unless keys are
  // equal.
  std::uint32_t first_of(std::uint32_t first, std::uint32_t end) const {
    const entry* const e = &node(first);
    if (end - first == children) {
      const std::uint32_t a = e[1].key < e[0].key;
      const std::uint32_t b = 2 + (e[3].key < e[2].key);
      const std::uint32_t least = a + (b - a) * (e[b].key < e[a].key);
      const bool tied = (e[0].key == e[1].key) | (e[2].key == e[3].key) | (e[a].key == e[b].key);
      if (!tied) return first + least;
    }
    std::uint32_t least = first;
    for (std::uint32_t other = first + 1; other < end; ++other)
      if (is_before(node(other), node(least))) least = other;
    return least;
  }

  // Finds the place for `e`, from the free one at `at`.
  void settle(std::uint32_t at, const entry& e) {
    while (at > 0) {
      const std::uint32_t parent = (at - 1) / children;
      if (!is_before(e, node(parent))) break;
      place(at, node(parent));
      at = parent;
    }
    for (;;) {
      const std::uint32_t first = children * at + 1;
      if (first >= size_) break;
      const std::uint32_t child = first_of(first, std::min(first + children, size_));
      if (!is_before(node(child), e)) break;
      place(at, node(child));
      at = child;
    }
    place(at, e);
  }

  std::uint32_t size_ = 0;
  big_vector<entry> nodes_;
  std::vector<place_of_slot> slots_;
};

}  // namespace stampede
