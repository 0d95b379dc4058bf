// Quantiles of durations with bounded memory.
//
// Exact, in nanoseconds, up to 65,536 samples; beyond that a log-linear histogram of whole
// microseconds with 2^10 sub-buckets an octave (error of a quantile under 0.1 %). All integers:
// neither order nor merging changes a result. Quantiles are by nearest rank, the
// ceil(p n)-th smallest. Negative samples are programmers' errors.
// Use: `quantile_fold q; q.add(d); q.settle(); q.at(990) // p99`
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/instant.hpp"

namespace stampede {

class quantile_fold {
 public:
  static constexpr std::size_t most_exact = 65'536;

  void add(duration d);
  void merge(const quantile_fold& other);

  // To be called after the last add and before the questions below.
  void settle();

  std::int64_t count() const { return count_; }
  bool exact() const { return buckets_.empty(); }
  // The quantile for `per_mille` thousandths (500 is the median, 999 is p99.9); nothing where
  // there is no sample.
  std::optional<duration> at(int per_mille) const;
  std::optional<duration> least() const;
  std::optional<duration> most() const;
  std::optional<duration> mean() const;
  // How many samples lie above `limit` (exact up to a bucket's width).
  std::int64_t above(duration limit) const;

 private:
  void count_in_bucket(std::int64_t microseconds, std::int64_t n);
  void spill();

  std::int64_t count_ = 0;
  std::int64_t sum_us_ = 0;
  duration least_ = forever;
  duration most_{0};
  bool settled_ = true;
  std::vector<std::int64_t> samples_;  // nanoseconds, while exact
  std::vector<std::int64_t> buckets_;  // counts, afterwards
};

}  // namespace stampede
