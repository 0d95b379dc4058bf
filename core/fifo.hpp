// A queue whose memory is used again, so that once it has grown nothing is allocated, and in which
// things are made in place.
//
// Use: `fifo<delivery> lane;  lane.push() = {...};  run(lane.front());  lane.pop();`
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace stampede {

template <class T>
class fifo {
 public:
  bool empty() const { return first_ == end_; }
  std::size_t size() const { return end_ - first_; }

  // A new last one, to be set: it holds what its place held before. Stays put until the next.
  T& push() {
    if (size() == room_) grow();
    return things_[place_of(end_++)];
  }
  void unpush() { --end_; }  // takes the last one back

  T& front() { return things_[place_of(first_)]; }
  const T& front() const { return things_[place_of(first_)]; }
  T& back() { return things_[place_of(end_ - 1)]; }
  const T& operator[](std::size_t i) const { return things_[place_of(first_ + i)]; }
  void pop() { ++first_; }

 private:
  std::size_t place_of(std::size_t number) const { return number & (room_ - 1); }

  void grow() {
    std::vector<T> more(room_ == 0 ? 16 : 2 * room_);
    for (std::size_t i = 0; i < size(); ++i) more[i] = std::move(things_[place_of(first_ + i)]);
    end_ = size();
    first_ = 0;
    things_ = std::move(more);
    room_ = things_.size();
  }

  std::vector<T> things_;  // a power of two of them, a ring
  std::size_t room_ = 0;   // their number
  std::size_t first_ = 0;  // numbers since the beginning
  std::size_t end_ = 0;
};

}  // namespace stampede
