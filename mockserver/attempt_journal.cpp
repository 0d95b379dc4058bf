#include "mockserver/attempt_journal.hpp"

#include <algorithm>

#include "core/instant.hpp"

namespace stampede {

std::string_view name_of(attempt_class c) {
  constexpr std::array<std::string_view, attempt_class_count> names{
      "success", "rate_limited", "overloaded", "client_error", "failed", "left"};
  return names[static_cast<std::size_t>(c)];
}

attempt_class class_of(const exchange_record& r) {
  using enum attempt_class;
  if (r.peer_left) return left;
  switch (r.told) {
    case outcome::success:
    case outcome::length_limit: return success;
    case outcome::rate_limited: return rate_limited;
    case outcome::overloaded: return overloaded;
    default: return r.status >= 400 && r.status < 500 ? client_error : failed;
  }
}

void attempt_journal::on_exchange(const exchange_record& r) {
  if (next_) next_->on_exchange(r);
  ring_[numbers_ % most_entries] = r;
  ++numbers_;
  ++all_.attempts;
  all_.by_header += r.by_header ? 1 : 0;
  all_.hit_tokens += static_cast<std::uint64_t>(r.usage.hit);
  all_.miss_tokens += static_cast<std::uint64_t>(r.usage.miss);
  all_.output_tokens += static_cast<std::uint64_t>(r.usage.output);
  all_.charge += r.charge;
  const duration took = r.ended - r.arrived;
  all_.time += took;
  const auto bound = std::lower_bound(time_bounds_s.begin(), time_bounds_s.end(),
                                      static_cast<double>(took.count()) / 1e9);
  ++all_.by_time[static_cast<std::size_t>(bound - time_bounds_s.begin())];
  ++all_.by_kind[{r.status, r.fault != no_fault, r.fault_kind, r.told}];

  const std::int64_t at = r.arrived.time_since_epoch() / std::chrono::seconds(1);
  second& bin = seconds_[static_cast<std::size_t>(at) % seconds];
  if (bin.at > at) return;  // it arrived longer ago than the ring reaches
  if (bin.at < at) bin = {at, {}};
  ++bin.arrivals[static_cast<std::size_t>(class_of(r))];
}

std::vector<journal_entry> attempt_journal::after(std::uint64_t number, std::size_t most) const {
  const std::uint64_t oldest = numbers_ > most_entries ? numbers_ - most_entries : 0;
  std::vector<journal_entry> found;
  for (std::uint64_t n = std::max({number, oldest, forgotten_});
       n < numbers_ && found.size() < most; ++n) {
    found.push_back({n + 1, ring_[n % most_entries]});
  }
  return found;
}

std::vector<journal_entry> attempt_journal::latest(std::size_t most) const {
  std::vector<journal_entry> found = after(numbers_ > most ? numbers_ - most : 0, most);
  std::reverse(found.begin(), found.end());
  return found;
}

std::vector<attempt_journal::second> attempt_journal::recent(instant now, std::size_t most) const {
  const std::int64_t last = now.time_since_epoch() / std::chrono::seconds(1);
  const auto span = static_cast<std::int64_t>(std::min(most, seconds));
  std::vector<second> found;
  for (std::int64_t at = std::max<std::int64_t>(0, last - span + 1); at <= last; ++at) {
    const second& bin = seconds_[static_cast<std::size_t>(at) % seconds];
    found.push_back(bin.at == at ? bin : second{at, {}});
  }
  return found;
}

void attempt_journal::reset() {
  forgotten_ = numbers_;
  seconds_ = {};
  all_ = {};
}

}  // namespace stampede
