// A number_map that forgets: what was written is remembered for at least `generation` of scenario
// time, and for less than twice that, so that memory follows the rate of writing and not the
// total. Two maps take turns, so that nothing is ever taken out one by one. Deterministic.
//
// Use: aging_map<std::uint16_t> attempts(10min);  ++attempts.at(call, now);
#pragma once

#include <cstdint>
#include <utility>

#include "core/instant.hpp"
#include "mockserver/number_map.hpp"

namespace stampede {

template <class Value>
class aging_map {
 public:
  explicit aging_map(duration generation) : generation_(generation) {}

  std::size_t size() const { return recent_.size() + older_.size(); }

  // A hint that `key` is about to be looked up.
  void prefetch(std::uint64_t key) const {
    const std::uint64_t hash = number_map<Value>::hash_of(key);
    recent_.prefetch(hash);
    if (older_.size() > 0) older_.prefetch(hash);
  }

  const Value* find(std::uint64_t key) {
    const Value* const found = recent_.find(key);
    return found ? found : older(key);
  }

  // The value of `key`, to be written; made new where there was none.
  Value& at(std::uint64_t key, instant now) {
    turn(now);
    const std::size_t before = recent_.size();
    Value& value = recent_.at(key);
    if (recent_.size() > before)
      if (const Value* const old = older(key)) value = *old;
    return value;
  }

  // The two halves of `at`, for values of which only a part is written: the value of the generation
  // that `now` falls in, made new where there was none, and that of the one before.
  Value& recent(std::uint64_t key, instant now) {
    turn(now);
    return recent_.at(key);
  }
  const Value* older(std::uint64_t key) { return older_.size() > 0 ? older_.find(key) : nullptr; }

 private:
  void turn(instant now) {
    if (now - turned_ < generation_) return;
    if (now - turned_ >= 2 * generation_) recent_.clear();
    std::swap(recent_, older_);
    recent_.clear();
    turned_ = now;
  }

  duration generation_;
  number_map<Value> recent_;
  number_map<Value> older_;
  instant turned_{};
};

}  // namespace stampede
