// Who waits for a slot, in order: a list through the exchanges themselves, so that leaving from
// its middle costs nothing.
//
// Use: queue.push(x.slot); ... queue.remove(queue.next(queue_order::fifo));
#pragma once

#include <cstdint>

#include "core/slab.hpp"
#include "mockserver/exchange.hpp"
#include "mockserver/settings.hpp"

namespace stampede {

class wait_queue {
 public:
  explicit wait_queue(slab<exchange>& exchanges) : exchanges_(exchanges) {}

  bool empty() const { return size_ == 0; }
  std::uint32_t size() const { return size_; }
  // Whose turn it is: the longest waiting, or the newest.
  std::uint32_t next(queue_order order) const {
    return order == queue_order::fifo ? first_ : last_;
  }
  void push(std::uint32_t slot);
  void remove(std::uint32_t slot);

 private:
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};

  slab<exchange>& exchanges_;
  std::uint32_t first_ = nobody;
  std::uint32_t last_ = nobody;
  std::uint32_t size_ = 0;
};

}  // namespace stampede
