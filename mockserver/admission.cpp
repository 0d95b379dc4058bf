#include "mockserver/admission.hpp"

namespace stampede {

void wait_queue::push(std::uint32_t slot) {
  exchanges_[slot].before = last_;
  exchanges_[slot].behind = nobody;
  (last_ == nobody ? first_ : exchanges_[last_].behind) = slot;
  last_ = slot;
  ++size_;
}

void wait_queue::remove(std::uint32_t slot) {
  const std::uint32_t before = exchanges_[slot].before;
  const std::uint32_t behind = exchanges_[slot].behind;
  (before == nobody ? first_ : exchanges_[before].behind) = behind;
  (behind == nobody ? last_ : exchanges_[behind].before) = before;
  --size_;
}

}  // namespace stampede
