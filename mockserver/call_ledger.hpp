// How many requests each call has made: the server's own count of attempts.
//
// Remembers a call for at least ten minutes of scenario time after its last request, and for
// less than twenty, so that memory follows the rate of calls and not their total; a call that
// comes back later counts from 1 again. Deterministic: nothing iterates over the tables.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/draw.hpp"
#include "core/instant.hpp"
#include "mockserver/request.hpp"

namespace stampede {

class call_ledger {
 public:
  // Counts one more request of `call` and returns its number, from 1.
  std::uint16_t count(const call_identity& call, instant now) {
    if (now - turned_ >= generation) {
      if (now - turned_ >= 2 * generation) recent_.clear();
      std::swap(recent_, older_);
      recent_.clear();
      turned_ = now;
    }
    // Calls known by header and calls known by content must not meet.
    const std::uint64_t entity = call_entity(call.instance, call.call);
    const std::uint64_t name = call.by_header ? entity : mix64(entity + 0x5bd1e995U);
    cell& mine = recent_.at(name, mix64(name));
    if (mine.attempts == 0) {
      const cell* before = older_.find(name, mix64(name));
      mine = {name, before ? before->attempts : std::uint16_t{0}};
    }
    if (mine.attempts < 0xffff) ++mine.attempts;
    return mine.attempts;
  }

 private:
  static constexpr duration generation = std::chrono::minutes(10);

  struct cell {
    std::uint64_t call = 0;
    std::uint16_t attempts = 0;  // 0: empty
  };

  class table {
   public:
    // The cell of `call`, an empty one where there is none: the caller fills it.
    cell& at(std::uint64_t call, std::uint64_t hash) {
      if (2 * (used_ + 1) > cells_.size()) grow();
      cell& c = cells_[seat(call, hash)];
      if (c.attempts == 0) ++used_;
      return c;
    }
    const cell* find(std::uint64_t call, std::uint64_t hash) const {
      if (cells_.empty()) return nullptr;
      const cell& c = cells_[seat(call, hash)];
      return c.attempts == 0 ? nullptr : &c;
    }
    void clear() {
      if (used_ > 0) cells_.assign(cells_.size(), {});
      used_ = 0;
    }

   private:
    std::size_t seat(std::uint64_t call, std::uint64_t hash) const {
      const std::size_t mask = cells_.size() - 1;
      std::size_t i = hash & mask;
      while (cells_[i].attempts != 0 && cells_[i].call != call) i = (i + 1) & mask;
      return i;
    }
    void grow() {
      std::vector<cell> old = std::exchange(cells_, {});
      cells_.resize(old.empty() ? 1024 : 2 * old.size());
      for (const cell& c : old) {
        if (c.attempts != 0) cells_[seat(c.call, mix64(c.call))] = c;
      }
    }

    std::vector<cell> cells_;
    std::size_t used_ = 0;
  };

  table recent_;
  table older_;
  instant turned_{};
};

}  // namespace stampede
