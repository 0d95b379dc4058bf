// A map from 64-bit numbers to small values: open addressing, so that once it has grown to
// its working size nothing is allocated. Not iterable, so no output can depend on its order.
// The two highest numbers are taken for the same.
//
// Use: number_map<instant> until; until.at(caller) = t; if (instant* t = until.find(caller)) ...
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/big_vector.hpp"
#include "core/draw.hpp"
#include "core/prefetch.hpp"

namespace stampede {

template <class Value>
class number_map {
 public:
  std::size_t size() const { return used_; }

  // A hint that the key of this hash is about to be looked up: who does not live at home most often
  // lives next door.
  void prefetch(std::uint64_t hash) const {
    if (cells_.empty()) return;
    const std::size_t home = place_of(hash);
    stampede::prefetch(cells_[home]);
    stampede::prefetch(cells_[next(home)]);
  }
  static std::uint64_t hash_of(std::uint64_t key) { return mix64(name_of(key)); }

  Value* find(std::uint64_t key) {
    if (cells_.empty()) return nullptr;
    cell& c = cells_[seat(name_of(key))];
    return c.name != vacant ? &c.value : nullptr;
  }

  // The value of `key`, made new where there was none. Stays put until the next call of at.
  Value& at(std::uint64_t key) {
    if (3 * used_ >= 2 * mask_) grow();  // two thirds full
    cell& c = cells_[seat(name_of(key))];
    if (c.name == vacant) {
      c = {name_of(key), Value{}};
      ++used_;
    }
    return c.value;
  }

  void erase(std::uint64_t key) {
    if (cells_.empty()) return;
    std::size_t hole = seat(name_of(key));
    if (cells_[hole].name == vacant) return;
    cells_[hole].name = vacant;
    --used_;
    // Whoever was pushed past the hole moves up, so that a search never meets a gap.
    for (std::size_t i = next(hole); cells_[i].name != vacant; i = next(i)) {
      const std::size_t home = home_of(cells_[i].name);
      if (((i - home) & mask_) < ((i - hole) & mask_)) continue;
      cells_[hole] = std::exchange(cells_[i], cell{});
      hole = i;
    }
  }

  void clear() {
    if (used_ > 0) std::fill(cells_.begin(), cells_.end(), cell{});
    used_ = 0;
  }

 private:
  static constexpr std::uint64_t vacant = 0;

  struct cell {
    std::uint64_t name = vacant;
    Value value{};
  };

  static std::uint64_t name_of(std::uint64_t key) { return key + (key != ~vacant); }
  std::size_t next(std::size_t i) const { return (i + 1) & mask_; }
  std::size_t place_of(std::uint64_t hash) const { return static_cast<std::size_t>(hash) & mask_; }
  std::size_t home_of(std::uint64_t name) const { return place_of(mix64(name)); }
  bool is_others(std::size_t i, std::uint64_t name) const {
    return (cells_[i].name != vacant) & (cells_[i].name != name);
  }
  std::size_t seat(std::uint64_t name) const {
    std::size_t i = home_of(name);
    // Many live next door, and nobody can foresee which: looked at without a branch.
    i = (i + is_others(i, name)) & mask_;
    while (is_others(i, name)) i = next(i);
    return i;
  }
  void grow() {
    big_vector<cell> old = std::exchange(cells_, {});
    cells_.resize(old.empty() ? 1024 : 2 * old.size());
    mask_ = cells_.size() - 1;
    for (const cell& c : old)
      if (c.name != vacant) cells_[seat(c.name)] = c;
  }

  big_vector<cell> cells_;  // a power of two of them
  std::size_t mask_ = 0;    // their number less one, once there are some
  std::size_t used_ = 0;
};

}  // namespace stampede
