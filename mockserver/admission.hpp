// Who waits for a slot, in order, and how many requests each key has open.
//
// The queue is a list through the exchanges themselves, so that leaving from its middle costs
// nothing; keys are numbered once and known by their number from then on.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/big_vector.hpp"
#include "mockserver/exchange.hpp"

namespace stampede {

class wait_queue {
 public:
  explicit wait_queue(big_vector<exchange>& exchanges) : exchanges_(exchanges) {}

  bool empty() const { return size_ == 0; }
  std::uint32_t size() const { return size_; }
  std::uint32_t first() const { return first_; }  // the longest waiting
  void push(std::uint32_t slot);
  void remove(std::uint32_t slot);

 private:
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};

  big_vector<exchange>& exchanges_;
  std::uint32_t first_ = nobody;
  std::uint32_t last_ = nobody;
  std::uint32_t size_ = 0;
};

class key_table {
 public:
  // The number of `key`, a new one where it has none.
  std::uint32_t number_of(std::string_view key);
  std::string_view name_of(std::uint32_t number) const { return keys_[number].name; }
  std::uint32_t open(std::uint32_t number) const { return keys_[number].open; }
  void enter(std::uint32_t number) { ++keys_[number].open; }
  void leave(std::uint32_t number) { --keys_[number].open; }

 private:
  struct row {
    std::string_view name;  // in numbers_
    std::uint32_t open = 0;
  };

  std::map<std::string, std::uint32_t, std::less<>> numbers_;  // only looked up
  std::vector<row> keys_;
  std::uint32_t last_asked_ = 0;
};

}  // namespace stampede
