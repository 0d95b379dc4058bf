#include "reports/herd.hpp"

#include <algorithm>

#include "core/prefetch.hpp"

namespace stampede {
namespace {

std::int64_t sum_of(std::span<const std::int64_t> counts) {
  std::int64_t sum = 0;
  for (std::int64_t n : counts) sum += n;
  return sum;
}

double sum_of_squares(std::span<const std::int64_t> counts) {
  double sum = 0;
  for (std::int64_t n : counts) sum += static_cast<double>(n) * static_cast<double>(n);
  return sum;
}

}  // namespace

std::optional<double> peak_to_mean(std::span<const std::int64_t> bins) {
  const std::int64_t sum = sum_of(bins);
  if (sum == 0) return std::nullopt;
  const auto peak = static_cast<double>(*std::max_element(bins.begin(), bins.end()));
  return peak * static_cast<double>(bins.size()) / static_cast<double>(sum);
}

std::optional<double> index_of_dispersion(std::span<const std::int64_t> bins) {
  const std::int64_t sum = sum_of(bins);
  if (sum == 0) return std::nullopt;
  const double mean = static_cast<double>(sum) / static_cast<double>(bins.size());
  return sum_of_squares(bins) / static_cast<double>(sum) - mean;
}

std::optional<double> jain_fairness(std::span<const std::int64_t> shares) {
  const auto sum = static_cast<double>(sum_of(shares));
  if (!(sum > 0)) return std::nullopt;
  return sum * sum / (static_cast<double>(shares.size()) * sum_of_squares(shares));
}

std::optional<double> return_measures::share() const {
  if (victims == 0) return std::nullopt;
  return static_cast<double>(together.count) / static_cast<double>(victims);
}

const return_measures* herd_measures::largest_return() const {
  const return_measures* most = nullptr;
  for (const return_measures& r : returns)
    if (r.together.count > 0 && (!most || r.together.count > most->together.count)) most = &r;
  return most;
}

herd_fold::herd_fold(duration bin, const std::vector<fault_window>& faults)
    : at_server_(bin), sent_(bin) {
  for (const fault_window& f : faults) watched_.push_back({.window = f});
  if (watched_.empty()) watched_.push_back({.window = {.kind = {}, .description = {}}});
}

void herd_fold::add(const attempt_record& r) {
  if (r.sent != never) sent_.add(r.sent);
  const bool comes_back = r.decided == decision::retry || r.decided == decision::fall_back;
  if (!comes_back || r.ended == never) return;
  for (watched& w : watched_) {
    if (r.ended < w.window.from || r.ended >= w.window.to) continue;
    ++w.victims;
    if (const instant back = after(r.ended, r.wait); back != never) w.returns.add(back);
  }
}

void herd_fold::add(const call_record& r) {
  if (r.instance.value >= shares_.size()) shares_.resize(std::size_t{r.instance.value} + 1);
  share& own = shares_[r.instance.value];
  ++own.calls;
  if (r.result == outcome::success) ++own.successes;
}

void herd_fold::add(const exchange_record& r) {
  // Its call is about to end, and what is far from the cache by now is its instance's share.
  if (r.status == 200 && r.instance < shares_.size()) prefetch(shares_[r.instance]);
  if (r.arrived != never) at_server_.add(r.arrived);
}

herd_measures herd_fold::finish(duration measured) const {
  const series& seen = arrivals();
  const std::vector<std::int64_t> bins = seen.over(measured);
  herd_measures m;
  m.bin = seen.width();
  m.at_server = at_server_.total() > 0;
  m.arrivals = seen.total();
  m.bins = static_cast<std::int64_t>(bins.size());
  const auto peak = std::max_element(bins.begin(), bins.end());
  m.peak = *peak;
  m.peak_at = run_start + seen.width() * (peak - bins.begin());
  m.mean = static_cast<double>(seen.total()) / static_cast<double>(bins.size());
  m.peak_to_mean = stampede::peak_to_mean(bins);
  m.dispersion = index_of_dispersion(bins);

  std::vector<std::int64_t> shares;
  for (const share& own : shares_)
    if (own.calls > 0) shares.push_back(own.successes);
  m.fairness = jain_fairness(shares);
  for (const watched& w : watched_)
    m.returns.push_back({w.window.kind, w.victims, w.returns.most_within(std::chrono::seconds{1})});
  return m;
}

}  // namespace stampede
