// Quantiles of durations with bounded memory.
//
// Exact, in nanoseconds, up to 65,536 samples; beyond that a log-linear histogram of whole
// microseconds with 2^10 sub-buckets an octave (error of a quantile under 0.1 %). All integers:
// neither order nor merging changes a result. Quantiles are by nearest rank, the
// ceil(p n)-th smallest. Negative samples are programmers' errors.
// Use: `quantile_fold q; q.add(d); q.settle(); q.at(990) // p99`
#pragma once

#include <array>
#include <cstdint>
#include <memory>
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
  // The rank-th smallest, from 1; nothing where there are not so many.
  std::optional<duration> at_rank(std::int64_t rank) const;
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

// What is left of a fold once it is done: all that reports show, plain data that run.json keeps.
// Use: `const quantile_summary s(fold); s.at(990)`
class quantile_summary {
 public:
  static constexpr std::array<int, 4> shown{500, 900, 990, 999};  // per mille

  struct quantile {
    std::optional<duration> value;
    // 95 % interval by order statistics: the samples of ranks n p -+ 1.96 sqrt(n p (1 - p)),
    // rounded outwards. No bound where there is no such rank: too few samples.
    std::optional<duration> low, high;
  };

  quantile_summary() = default;
  explicit quantile_summary(quantile_fold fold);

  std::int64_t count() const { return count_; }
  // For the four shown and 1000, the most.
  std::optional<duration> at(int per_mille) const;
  const quantile& of(int per_mille) const;  // for the four shown
  std::optional<duration> most() const { return most_; }
  std::optional<duration> mean() const { return mean_; }
  // How many samples lie above `limit`; nothing once they are forgotten, as
  // in a summary read back from a file.
  std::optional<std::int64_t> above(duration limit) const;
  // Gives the samples back, half a megabyte at most.
  void forget_samples() { fold_.reset(); }

  // How many samples lie above limits on a logarithmic grid, eight an octave from 1 ms.
  struct step {
    duration limit{0};
    std::int64_t above = 0;
  };
  const std::vector<step>& curve() const { return curve_; }
  // Between two steps the upper one's count; exact on the grid.
  std::int64_t above_on_grid(duration limit) const;

  template <class Archive>
  void fields(Archive& a);  // reports/run_fields.hpp

 private:
  std::int64_t count_ = 0;
  bool exact_ = true;
  std::array<quantile, shown.size()> quantiles_;
  std::optional<duration> most_, mean_;
  std::vector<step> curve_;
  std::shared_ptr<const quantile_fold> fold_;
};

}  // namespace stampede
