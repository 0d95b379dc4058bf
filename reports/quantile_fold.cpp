#include "reports/quantile_fold.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "core/check.hpp"

namespace stampede {
namespace {

// Values below 2^10 us have a bucket each; above, every octave has 2^10 of equal width.
constexpr int sub_bits = 10;
constexpr std::int64_t subs = std::int64_t{1} << sub_bits;

std::size_t bucket_of(std::int64_t us) {
  if (us < subs) return static_cast<std::size_t>(us);
  const int shift = 63 - std::countl_zero(static_cast<std::uint64_t>(us)) - sub_bits;
  return static_cast<std::size_t>(subs * (shift + 1) + ((us >> shift) - subs));
}

// The middle of a bucket, in microseconds.
std::int64_t middle_of(std::size_t bucket) {
  const auto b = static_cast<std::int64_t>(bucket);
  if (b < subs) return b;
  const std::int64_t shift = b / subs - 1;
  const std::int64_t low = (b % subs + subs) << shift;
  return low + ((std::int64_t{1} << shift) >> 1);
}

duration from_us(std::int64_t us) { return std::chrono::microseconds{us}; }

// Ten bits at a time, the lowest first: a comparison of samples is guessed wrong half the time, and
// a short run spent a fifth of its time on comparing.
void sort_by_digits(std::vector<std::int64_t>& numbers, std::int64_t least, std::int64_t most) {
  constexpr int digit_bits = 10;
  constexpr std::size_t digits = std::size_t{1} << digit_bits;
  std::vector<std::int64_t> sorted(numbers.size());
  for (int shift = 0; shift < 63 && (most - least) >> shift != 0; shift += digit_bits) {
    const auto digit = [&](std::int64_t n) {
      return static_cast<std::size_t>((n - least) >> shift) % digits;
    };
    std::array<std::size_t, digits> places{};
    for (const std::int64_t n : numbers) ++places[digit(n)];
    std::exclusive_scan(places.begin(), places.end(), places.begin(), std::size_t{0});
    for (const std::int64_t n : numbers) sorted[places[digit(n)]++] = n;
    numbers.swap(sorted);
  }
}

}  // namespace

void quantile_fold::count_in_bucket(std::int64_t microseconds, std::int64_t n) {
  const std::size_t bucket = bucket_of(microseconds);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  buckets_[bucket] += n;
}

void quantile_fold::spill() {
  for (std::int64_t ns : samples_) count_in_bucket(ns / 1000, 1);
  samples_.clear();
  samples_.shrink_to_fit();
}

void quantile_fold::add(duration d) {
  STAMPEDE_CHECK(d >= duration::zero());
  ++count_;
  sum_us_ += d.count() / 1000;
  least_ = std::min(least_, d);
  most_ = std::max(most_, d);
  if (exact()) {
    samples_.push_back(d.count());
    settled_ = false;
    if (samples_.size() > most_exact) spill();
  } else {
    count_in_bucket(d.count() / 1000, 1);
  }
}

void quantile_fold::merge(const quantile_fold& other) {
  count_ += other.count_;
  sum_us_ += other.sum_us_;
  least_ = std::min(least_, other.least_);
  most_ = std::max(most_, other.most_);
  settled_ = false;
  if (exact() && other.exact() && samples_.size() + other.samples_.size() <= most_exact) {
    samples_.insert(samples_.end(), other.samples_.begin(), other.samples_.end());
    return;
  }
  spill();
  for (std::int64_t ns : other.samples_) count_in_bucket(ns / 1000, 1);
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
}

void quantile_fold::settle() {
  constexpr std::size_t few = 1024;
  if (samples_.size() < few)
    std::sort(samples_.begin(), samples_.end());
  else
    sort_by_digits(samples_, least_.count(), most_.count());
  settled_ = true;
}

std::optional<duration> quantile_fold::at(int per_mille) const {
  STAMPEDE_CHECK(per_mille > 0 && per_mille <= 1000);
  if (count_ == 0) return std::nullopt;
  return at_rank((count_ * per_mille + 999) / 1000);
}

std::optional<duration> quantile_fold::at_rank(std::int64_t rank) const {
  if (rank < 1 || rank > count_) return std::nullopt;
  if (exact()) {
    STAMPEDE_CHECK(settled_);
    return duration{samples_[static_cast<std::size_t>(rank - 1)]};
  }
  if (rank == count_) return most_;
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::clamp(from_us(middle_of(i)), least_, most_);
  }
  return most_;
}

std::optional<duration> quantile_fold::least() const {
  return count_ == 0 ? std::nullopt : std::optional(least_);
}

std::optional<duration> quantile_fold::most() const {
  return count_ == 0 ? std::nullopt : std::optional(most_);
}

std::optional<duration> quantile_fold::mean() const {
  return count_ == 0 ? std::nullopt : std::optional(from_us(sum_us_ / count_));
}

std::int64_t quantile_fold::above(duration limit) const {
  if (limit < duration::zero()) return count_;
  if (exact()) {
    STAMPEDE_CHECK(settled_);
    const auto first = std::upper_bound(samples_.begin(), samples_.end(), limit.count());
    return samples_.end() - first;
  }
  std::int64_t n = 0;
  for (std::size_t i = bucket_of(limit.count() / 1000) + 1; i < buckets_.size(); ++i)
    n += buckets_[i];
  return n;
}

namespace {

constexpr double two_sided_95 = 1.959964;

// Eight limits an octave from 1 ms on, in whole microseconds.
std::vector<duration> grid_over(duration least, duration most) {
  static constexpr std::array<std::int64_t, 8> eighths{1000, 1091, 1189, 1297,
                                                       1414, 1542, 1682, 1834};
  std::vector<duration> grid;
  for (std::int64_t octave = 1; octave < (std::int64_t{1} << 40); octave *= 2) {
    for (std::int64_t eighth : eighths) {
      const duration limit = std::chrono::microseconds{eighth * octave};
      if (limit < least / 2) continue;
      grid.push_back(limit);
      if (limit > most) return grid;
    }
  }
  return grid;
}

}  // namespace

quantile_summary::quantile_summary(quantile_fold fold) {
  fold.settle();
  count_ = fold.count();
  exact_ = fold.exact();
  if (count_ == 0) return;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const double n = static_cast<double>(count_);
    const double p = shown[i] / 1000.0;
    const double half = two_sided_95 * std::sqrt(n * p * (1 - p));
    quantiles_[i] = {fold.at(shown[i]),
                     fold.at_rank(static_cast<std::int64_t>(std::floor(n * p - half))),
                     fold.at_rank(static_cast<std::int64_t>(std::ceil(n * p + half)))};
  }
  most_ = fold.most();
  mean_ = fold.mean();
  for (duration limit : grid_over(*fold.least(), *most_))
    curve_.push_back({limit, fold.above(limit)});
  fold_ = std::make_shared<const quantile_fold>(std::move(fold));
}

std::optional<duration> quantile_summary::at(int per_mille) const {
  return per_mille == 1000 ? most_ : of(per_mille).value;
}

const quantile_summary::quantile& quantile_summary::of(int per_mille) const {
  const auto at = std::find(shown.begin(), shown.end(), per_mille);
  STAMPEDE_CHECK(at != shown.end());
  return quantiles_[static_cast<std::size_t>(at - shown.begin())];
}

std::optional<std::int64_t> quantile_summary::above(duration limit) const {
  if (count_ == 0) return 0;
  return fold_ ? std::optional(fold_->above(limit)) : std::nullopt;
}

std::int64_t quantile_summary::above_on_grid(duration limit) const {
  for (const step& s : curve_)
    if (s.limit >= limit) return s.above;
  return 0;
}

}  // namespace stampede
