#include "client/session_pool.hpp"

#include <algorithm>
#include <tuple>

namespace stampede {

std::span<const std::uint32_t> session_pool::calls_of(std::uint32_t owner) {
  const auto owner_of = [this](std::uint32_t slot) { return seats_[slot].session.owner; };
  if (!is_indexed_) {
    by_owner_.clear();
    for (std::uint32_t slot = 0; slot < size(); ++slot)
      if (seats_[slot].session.state != session_state::idle) by_owner_.push_back(slot);
    std::sort(by_owner_.begin(), by_owner_.end(), [this](std::uint32_t a, std::uint32_t b) {
      const retry_session& one = seats_[a].session;
      const retry_session& other = seats_[b].session;
      return std::tie(one.owner, one.serial) < std::tie(other.owner, other.serial);
    });
    is_indexed_ = true;
  }
  const auto first =
      std::partition_point(by_owner_.begin(), by_owner_.end(),
                           [&](std::uint32_t slot) { return owner_of(slot) < owner; });
  const auto last = std::partition_point(
      first, by_owner_.end(), [&](std::uint32_t slot) { return owner_of(slot) == owner; });
  return std::span(by_owner_).subspan(static_cast<std::size_t>(first - by_owner_.begin()),
                                      static_cast<std::size_t>(last - first));
}

}  // namespace stampede
