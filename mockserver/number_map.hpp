// A map from 64-bit numbers to small values: open addressing, so that once it has grown to
// its working size nothing is allocated. Not iterable, so no output can depend on its order.
//
// Use: number_map<instant> until; until.at(caller) = t; if (instant* t = until.find(caller)) ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/big_vector.hpp"
#include "core/draw.hpp"

namespace stampede {

template <class Value>
class number_map {
 public:
  std::size_t size() const { return used_; }

  // A hint that `key` is about to be looked up.
  void prefetch(std::uint64_t key) const {
    if (!cells_.empty()) __builtin_prefetch(&cells_[home_of(key)]);
  }

  Value* find(std::uint64_t key) {
    if (cells_.empty()) return nullptr;
    cell& c = cells_[seat(key)];
    return c.taken ? &c.value : nullptr;
  }

  // The value of `key`, made new where there was none. Stays put until the next put or erase.
  Value& at(std::uint64_t key) {
    if (2 * (used_ + 1) > cells_.size()) grow();
    cell& c = cells_[seat(key)];
    if (!c.taken) {
      c = {key, true, Value{}};
      ++used_;
    }
    return c.value;
  }

  void erase(std::uint64_t key) {
    if (cells_.empty()) return;
    std::size_t hole = seat(key);
    if (!cells_[hole].taken) return;
    cells_[hole].taken = false;
    --used_;
    // Whoever was pushed past the hole moves up, so that a search never meets a gap.
    for (std::size_t i = next(hole); cells_[i].taken; i = next(i)) {
      const std::size_t home = home_of(cells_[i].key);
      const std::size_t mask = cells_.size() - 1;
      if (((i - home) & mask) < ((i - hole) & mask)) continue;
      cells_[hole] = cells_[i];
      cells_[i].taken = false;
      hole = i;
    }
  }

  void clear() {
    if (used_ > 0) cells_.assign(cells_.size(), {});
    used_ = 0;
  }

 private:
  struct cell {
    std::uint64_t key = 0;
    bool taken = false;
    Value value{};
  };

  std::size_t next(std::size_t i) const { return (i + 1) & (cells_.size() - 1); }
  std::size_t home_of(std::uint64_t key) const {
    return static_cast<std::size_t>(mix64(key)) & (cells_.size() - 1);
  }
  std::size_t seat(std::uint64_t key) const {
    std::size_t i = home_of(key);
    while (cells_[i].taken && cells_[i].key != key) i = next(i);
    return i;
  }
  void grow() {
    big_vector<cell> old = std::exchange(cells_, {});
    cells_.resize(old.empty() ? 1024 : 2 * old.size());
    for (const cell& c : old) {
      if (c.taken) cells_[seat(c.key)] = c;
    }
  }

  big_vector<cell> cells_;
  std::size_t used_ = 0;
};

}  // namespace stampede
