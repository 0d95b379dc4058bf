#include "reports/series.hpp"

#include <algorithm>
#include <bit>

#include "core/check.hpp"

namespace stampede {

series::series(duration width) : width_(width) {
  STAMPEDE_CHECK(width > duration{1});
  const auto w = static_cast<std::uint64_t>(width.count());
  shift_ = static_cast<int>(std::bit_width(w - 1)) - 1;
  __extension__ using u128 = unsigned __int128;
  inverse_ = static_cast<std::uint64_t>(((u128{1} << (64 + shift_)) + w - 1) / w);
}

void series::halve() {
  const std::size_t kept = (bins_.size() + 1) / 2;
  for (std::size_t i = 0; i < kept; ++i) bins_[i] = bin(2 * i) + bin(2 * i + 1);
  bins_.resize(kept);
  width_ *= 2;
  ++shift_;
}

std::size_t series::make_room(instant at) {
  STAMPEDE_CHECK(at >= run_start && at != never);
  const auto since = static_cast<std::uint64_t>(at.time_since_epoch().count());
  while (bin_of(since) >= most_bins) halve();
  if (bin_of(since) >= bins_.size()) bins_.resize(bin_of(since) + 1);
  return bin_of(since);
}

void series::widen_to(duration width) {
  while (width_ < width) halve();
}

void series::merge(const series& other) {
  series same = other;
  same.widen_to(width_);
  widen_to(same.width_);
  STAMPEDE_CHECK(width_ == same.width_);
  if (same.bins_.size() > bins_.size()) bins_.resize(same.bins_.size());
  for (std::size_t i = 0; i < same.bins_.size(); ++i) bins_[i] += same.bins_[i];
  total_ += same.total_;
}

std::size_t series::bins_in(duration length) const {
  const std::int64_t whole = (length.count() + width_.count() - 1) / width_.count();
  return std::min(most_bins, static_cast<std::size_t>(std::max<std::int64_t>(1, whole)));
}

std::vector<std::int64_t> series::over(duration length) const {
  std::vector<std::int64_t> result(bins_in(length));
  for (std::size_t i = 0; i < bins_.size(); ++i) result[std::min(i, result.size() - 1)] += bins_[i];
  return result;
}

window_peak series::most_within(duration window) const {
  const auto span = static_cast<std::size_t>(std::max<std::int64_t>(1, window / width_));
  window_peak best;
  std::size_t first = 0;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < bins_.size(); ++i) {
    sum += bins_[i];
    if (i >= span) sum -= bins_[i - span];
    if (sum <= best.count) continue;
    best.count = sum;
    first = i + 1 > span ? i + 1 - span : 0;
  }
  // The window may begin with nothing; people want to know when it began with something.
  while (best.count > 0 && bins_[first] == 0) ++first;
  best.from = run_start + width_ * static_cast<std::int64_t>(first);
  return best;
}

}  // namespace stampede
