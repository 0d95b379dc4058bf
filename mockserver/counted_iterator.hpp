// An iterator over text that says how far it has been read, for parsers that report values
// without their position. Copies share the place they report to.
//
// Use: const char* read = nullptr; counted_iterator first(text.data(), &read);
#pragma once

#include <cstddef>
#include <iterator>

namespace stampede {

class counted_iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  counted_iterator() = default;
  counted_iterator(const char* at, const char** read) : at_(at), read_(read) {}
  const char& operator*() const { return *at_; }
  counted_iterator& operator++() {
    *read_ = ++at_;
    return *this;
  }
  counted_iterator operator++(int) {
    const counted_iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const counted_iterator& a, const counted_iterator& b) {
    return a.at_ == b.at_;
  }
  friend bool operator!=(const counted_iterator& a, const counted_iterator& b) {
    return a.at_ != b.at_;
  }

 private:
  const char* at_ = nullptr;
  const char** read_ = nullptr;
};

}  // namespace stampede
