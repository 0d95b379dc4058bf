#include "harness/sim/event_queue.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/check.hpp"
#include "core/prefetch.hpp"

namespace stampede {
namespace {

constexpr std::int64_t least_scouted = 2;  // buckets; more where they hold few events
constexpr std::int64_t most_scouted = 64;
constexpr std::int64_t fetch_range = 8;  // beyond the scout

bool later(const sim_event& a, const sim_event& b) {
  if (a.at != b.at) return a.at > b.at;
  if (a.order != b.order) return a.order > b.order;
  // Two requests whose hashes meet: by name, which no two share.
  if (a.member != b.member) return a.member > b.member;
  if (a.serial != b.serial) return a.serial > b.serial;
  return a.attempt > b.attempt;
}

}  // namespace

event_queue::event_queue() : ring_(ring_size), used_(ring_size / 64, 0) { nodes_.emplace_back(); }

void event_queue::push_in_heap(const sim_event& e) {
  auto& heap = bucket_of(e.at) <= now_bucket_ ? late_ : far_;
  heap.push_back(e);
  std::push_heap(heap.begin(), heap.end(), later);
}

bool event_queue::late_is_next() const {
  return !late_.empty() && (open_.empty() || later(open_.back(), late_.front()));
}

const sim_event& event_queue::next_late() {
  if (open_.empty() && late_.empty()) open_next_bucket();
  return late_is_next() ? late_.front() : open_.back();
}

sim_event event_queue::pop_late() {
  if (open_.empty() && late_.empty()) open_next_bucket();
  big_vector<sim_event>* from = &open_;
  if (late_is_next()) {
    std::pop_heap(late_.begin(), late_.end(), later);
    from = &late_;
  }
  const sim_event e = from->back();
  from->pop_back();
  --size_;
  return e;
}

void event_queue::open_next_bucket() {
  STAMPEDE_CHECK(size_ > 0);
  const bool none_in_ring = size_ == far_.size();
  std::int64_t bucket =
      none_in_ring ? bucket_of(far_.front().at) : first_used_bucket(now_bucket_ + 1);
  if (!far_.empty()) bucket = std::min(bucket, bucket_of(far_.front().at));
  now_bucket_ = bucket;
  // The ring has moved on: what it now reaches comes in from afar.
  while (!far_.empty() && bucket_of(far_.front().at) < now_bucket_ + ring_size) {
    std::pop_heap(far_.begin(), far_.end(), later);
    push_in_ring(bucket_of(far_.back().at), far_.back());
    far_.pop_back();
  }
  open(bucket);
}

void event_queue::open(std::int64_t bucket) {
  const std::size_t place = place_of(bucket);
  const instant from{duration{bucket << bucket_bits}};
  std::uint32_t at = std::exchange(ring_[place], 0);
  while (at != 0) {
    node& n = nodes_[at];
    open_.push_back({.at = from + duration{n.at},
                     .order = n.order,
                     .member = n.member,
                     .slot = n.slot,
                     .serial = n.serial,
                     .attempt = n.attempt,
                     .kind = n.kind,
                     .chain = n.chain});
    const std::uint32_t behind = std::exchange(n.behind, free_);
    free_ = std::exchange(at, behind);
  }
  used_[place / 64] &= ~(std::uint64_t{1} << (place % 64));
  std::sort(open_.begin(), open_.end(), later);
  scout_range_ = std::max(least_scouted, most_scouted / static_cast<std::int64_t>(open_.size()));
  if (scout_bucket_ > bucket) return;
  scout_bucket_ = bucket;
  scout_node_ = 0;
}

std::int64_t event_queue::first_used_bucket(std::int64_t from) const {
  std::int64_t bucket = from;
  while (true) {
    const std::size_t place = place_of(bucket);
    const std::uint64_t bits = used_[place / 64] >> (place % 64);
    if (bits != 0) return bucket + std::countr_zero(bits);
    bucket += 64 - static_cast<std::int64_t>(place % 64);
    STAMPEDE_CHECK(bucket < from + ring_size + 64);
  }
}

sim_ahead event_queue::scout() {
  while (scout_node_ == 0) {
    if (scout_bucket_ >= now_bucket_ + scout_range_) return {};
    scout_node_ = ring_[place_of(++scout_bucket_)];
    prefetch(nodes_[ring_[place_of(scout_bucket_ + fetch_range)]]);
  }
  const node& named = nodes_[scout_node_];
  scout_node_ = named.behind;
  prefetch(nodes_[scout_node_]);
  return {named.member, named.slot, named.kind};
}

}  // namespace stampede
