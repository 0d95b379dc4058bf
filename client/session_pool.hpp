// Where sessions are kept: one array, slots used again. Instances of one thread may share a
// pool, so that a fleet of many instances keeps its sessions together; the slot of a call_id is
// then its place among all of them. What a group's policies share lies here, too, and beside each
// session there is room for what the engine keeps of its call: a fleet's calls are visited at
// random, and a page of memory visited costs more than the lines in it.
//
// Use: session_pool pool;  client_instance a(setup, {0}, records, pool);
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

#include "client/local_limits.hpp"
#include "client/retry_session.hpp"
#include "core/big_vector.hpp"
#include "core/prefetch.hpp"
#include "core/slab.hpp"

namespace stampede {

class session_pool {
 public:
  std::uint32_t next() const { return free_.empty() ? size() : free_.back(); }
  void take() {
    is_indexed_ = false;
    if (free_.empty())
      seats_.emplace_back();
    else
      free_.pop_back();
  }
  void give_back(std::uint32_t slot) { free_.push_back(slot); }

  std::uint32_t size() const { return static_cast<std::uint32_t>(seats_.size()); }
  retry_session& operator[](std::uint32_t slot) { return seats_[slot].session; }
  const retry_session& operator[](std::uint32_t slot) const { return seats_[slot].session; }

  // What the engine keeps of the call in `slot`, once it has made it there. Outlives the call: the
  // next one in the slot finds it as it was.
  template <class T>
  T& make_beside(std::uint32_t slot) {
    static_assert(sizeof(T) <= room && alignof(T) <= room && std::is_trivially_destructible_v<T>);
    return *::new (static_cast<void*>(seats_[slot].beside.data())) T{};
  }
  template <class T>
  T& beside(std::uint32_t slot) {
    return *std::launder(reinterpret_cast<T*>(seats_[slot].beside.data()));
  }
  void prefetch(std::uint32_t slot) const { stampede::prefetch(seats_[slot]); }

  // The calls of an instance, the oldest first, and those that have ended since the last take().
  // Looks through all sessions the first time it is asked after one: for the end of a run.
  std::span<const std::uint32_t> calls_of(std::uint32_t owner);

  // What the instances of `group` share.
  group_limits& shared(std::uint16_t group, const client_policy& policy, std::size_t models) {
    if (shared_.size() <= group) shared_.resize(group + 1u);
    if (!shared_[group]) shared_[group] = std::make_unique<group_limits>(policy, models);
    return *shared_[group];
  }

 private:
  static constexpr std::size_t room = 64;
  struct seat {
    retry_session session;
    alignas(room) std::array<std::byte, room> beside;
  };

  std::vector<std::unique_ptr<group_limits>> shared_;  // by group
  slab<seat> seats_;
  big_vector<std::uint32_t> free_;  // the next one last
  std::vector<std::uint32_t> by_owner_;
  bool is_indexed_ = false;
};

}  // namespace stampede
