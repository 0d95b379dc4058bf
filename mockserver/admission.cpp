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

std::uint32_t key_table::number_of(std::string_view key) {
  // Most fleets use one key, so the last answer is the likeliest.
  if (last_asked_ < keys_.size() && keys_[last_asked_].name == key) return last_asked_;
  auto found = numbers_.find(key);
  if (found == numbers_.end()) {
    found = numbers_.emplace(std::string(key), static_cast<std::uint32_t>(keys_.size())).first;
    keys_.push_back({found->first, 0});
  }
  return last_asked_ = found->second;
}

}  // namespace stampede
