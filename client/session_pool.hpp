// Where sessions are kept: one array, slots used again. Instances of one thread may share a
// pool, so that a fleet of many instances keeps its sessions together; the slot of a call_id is
// then its place among all of them.
//
// Use: session_pool pool;  client_instance a(setup, {0}, records, pool);
#pragma once

#include <cstdint>

#include "client/retry_session.hpp"
#include "core/big_vector.hpp"

namespace stampede {

class session_pool {
 public:
  std::uint32_t next() const {
    return free_.empty() ? static_cast<std::uint32_t>(sessions_.size()) : free_.back();
  }
  void take() {
    if (free_.empty())
      sessions_.emplace_back();
    else
      free_.pop_back();
  }
  void give_back(std::uint32_t slot) { free_.push_back(slot); }

  std::uint32_t size() const { return static_cast<std::uint32_t>(sessions_.size()); }
  retry_session& operator[](std::uint32_t slot) { return sessions_[slot]; }
  const retry_session& operator[](std::uint32_t slot) const { return sessions_[slot]; }

 private:
  big_vector<retry_session> sessions_;
  big_vector<std::uint32_t> free_;  // the next one last
};

}  // namespace stampede
