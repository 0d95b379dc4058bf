// Counts over scenario time in bins of equal width, with bounded memory.
//
// A series has at most 65,536 bins; an event beyond the last one doubles the width as often
// as needed, merging neighbours, so the memory never grows with the number of events. All
// integers: the order of events does not matter. Negative and `never` instants are programmers'
// errors. Use: `series s(1s); s.add(now); s.most_within(60s).count`
#pragma once

#include <cstdint>
#include <vector>

#include "core/instant.hpp"

namespace stampede {

// The width measures begin with.
inline constexpr duration measure_bin = std::chrono::seconds{1};

// The fullest of all windows of one length, sliding in steps of one bin.
struct window_peak {
  std::int64_t count = 0;
  instant from{};  // the first bin in it that is not empty
};

class series {
 public:
  static constexpr std::size_t most_bins = 65'536;

  explicit series(duration width);  // 2 ns or more

  [[gnu::always_inline]] void add(instant at, std::int64_t n = 1) {
    const auto since = static_cast<std::uint64_t>(at.time_since_epoch().count());
    std::size_t i = bin_of(since);
    if (i >= bins_.size()) i = make_room(at);
    bins_[i] += n;
    total_ += n;
  }
  void widen_to(duration width);    // doubles until at least `width`
  void merge(const series& other);  // of the same first width

  duration width() const { return width_; }
  std::int64_t total() const { return total_; }
  const std::vector<std::int64_t>& bins() const { return bins_; }
  std::int64_t bin(std::size_t i) const { return i < bins_.size() ? bins_[i] : 0; }

  // How many bins a run of this length has (the last may be cut by the end), and the counts
  // of exactly those; what happened later is added to the last.
  std::size_t bins_in(duration length) const;
  std::vector<std::int64_t> over(duration length) const;

  // Windows are whole bins: the largest number of them that fits, at least one.
  window_peak most_within(duration window) const;

 private:
  // since / width, by a multiplication: what is counted jumps between bins, and neither a division
  // nor a guess where the next one falls is as fast. Exact below 2^63 (Granlund and Montgomery).
  std::size_t bin_of(std::uint64_t since) const {
    __extension__ using u128 = unsigned __int128;
    return static_cast<std::size_t>(static_cast<std::uint64_t>(u128{since} * inverse_ >> 64) >>
                                    shift_);
  }
  void halve();
  std::size_t make_room(instant at);  // for its bin, which it returns

  duration width_;
  std::uint64_t inverse_ = 0;  // ceil(2^(64 + shift_) / width)
  int shift_ = 0;
  std::int64_t total_ = 0;
  std::vector<std::int64_t> bins_;
};

}  // namespace stampede
