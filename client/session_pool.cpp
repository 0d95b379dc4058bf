#include "client/session_pool.hpp"

#include <algorithm>
#include <tuple>

namespace stampede {

std::span<const std::uint32_t> session_pool::calls_of(std::uint32_t owner) {
  const auto owner_of = [this](std::uint32_t slot) { return sessions_[slot].owner; };
  if (!is_indexed_) {
    by_owner_.clear();
    for (std::uint32_t slot = 0; slot < size(); ++slot)
      if (sessions_[slot].state != session_state::idle) by_owner_.push_back(slot);
    std::ranges::sort(by_owner_, {}, [this](std::uint32_t slot) {
      return std::tuple(sessions_[slot].owner, sessions_[slot].serial);
    });
    is_indexed_ = true;
  }
  return std::ranges::equal_range(by_owner_, owner, {}, owner_of);
}

}  // namespace stampede
