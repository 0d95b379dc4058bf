// Where sessions are kept: one array, slots used again. Instances of one thread may share a
// pool, so that a fleet of many instances keeps its sessions together; the slot of a call_id is
// then its place among all of them. What a group's policies share lies here, too.
//
// Use: session_pool pool;  client_instance a(setup, {0}, records, pool);
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "client/local_limits.hpp"
#include "client/retry_session.hpp"
#include "core/big_vector.hpp"
#include "core/slab.hpp"

namespace stampede {

class session_pool {
 public:
  std::uint32_t next() const {
    return free_.empty() ? static_cast<std::uint32_t>(sessions_.size()) : free_.back();
  }
  void take() {
    is_indexed_ = false;
    if (free_.empty())
      sessions_.emplace_back();
    else
      free_.pop_back();
  }
  void give_back(std::uint32_t slot) { free_.push_back(slot); }

  std::uint32_t size() const { return static_cast<std::uint32_t>(sessions_.size()); }
  retry_session& operator[](std::uint32_t slot) { return sessions_[slot]; }
  const retry_session& operator[](std::uint32_t slot) const { return sessions_[slot]; }

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
  std::vector<std::unique_ptr<group_limits>> shared_;  // by group
  slab<retry_session> sessions_;
  big_vector<std::uint32_t> free_;  // the next one last
  std::vector<std::uint32_t> by_owner_;
  bool is_indexed_ = false;
};

}  // namespace stampede
