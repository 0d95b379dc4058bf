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
constexpr std::int64_t fetch_range = 4;  // beyond the scout
constexpr std::uint32_t nothing = ~std::uint32_t{0};

bool later(const sim_event& a, const sim_event& b) {
  if (a.at != b.at) return a.at > b.at;
  if (a.order != b.order) return a.order > b.order;
  // Two requests whose hashes meet: by name, which no two share.
  if (a.member != b.member) return a.member > b.member;
  if (a.serial != b.serial) return a.serial > b.serial;
  return a.attempt > b.attempt;
}

}  // namespace

event_queue::event_queue()
    : ring_(ring_size), used_(ring_size / 64, 0), free_(nothing), scout_block_(nothing) {}

void event_queue::push_in_heap(const sim_event& e) {
  auto& heap = bucket_of(e.at) <= now_bucket_ ? late_ : far_;
  heap.push_back(e);
  std::push_heap(heap.begin(), heap.end(), later);
}

// In front of a bucket that has no block, or full ones only.
void event_queue::add_block(std::int64_t bucket) {
  const std::size_t place = place_of(bucket);
  bucket_head& head = ring_[place];
  std::uint32_t added = free_;
  if (added == nothing) {
    added = static_cast<std::uint32_t>(blocks_.size());
    blocks_.emplace_back();
  } else {
    free_ = blocks_[added].behind;
  }
  blocks_[added].behind = head.size() == 0 ? nothing : head.block();
  head.packed = added * (block_size + 1);
  used_[place / 64] |= std::uint64_t{1} << (place % 64);
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
  std::int64_t bucket =
      in_ring_ > 0 ? first_used_bucket(now_bucket_ + 1) : bucket_of(far_.front().at);
  if (!far_.empty()) bucket = std::min(bucket, bucket_of(far_.front().at));
  now_bucket_ = bucket;
  // The ring has moved on: what it now reaches comes in from afar.
  while (!far_.empty() && bucket_of(far_.front().at) < now_bucket_ + ring_size) {
    std::pop_heap(far_.begin(), far_.end(), later);
    room_in(bucket_of(far_.back().at)) = far_.back();
    far_.pop_back();
  }
  open(bucket);
}

void event_queue::open(std::int64_t bucket) {
  const std::size_t place = place_of(bucket);
  const bucket_head head = std::exchange(ring_[place], {});
  std::uint32_t size = head.size();
  std::uint32_t at = size == 0 ? nothing : head.block();
  while (at != nothing) {
    block& b = blocks_[at];
    open_.insert(open_.end(), b.events.begin(), b.events.begin() + size);
    in_ring_ -= size;
    size = block_size;
    const std::uint32_t rest = std::exchange(b.behind, free_);
    free_ = at;
    at = rest;
  }
  used_[place / 64] &= ~(std::uint64_t{1} << (place % 64));
  std::sort(open_.begin(), open_.end(), later);
  scout_range_ = std::max(least_scouted, most_scouted / static_cast<std::int64_t>(open_.size()));
  if (scout_bucket_ > bucket) return;
  scout_bucket_ = bucket;
  scout_block_ = nothing;
  scout_left_ = 0;
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

void event_queue::expect_soon(instant at) const {
  const bucket_head head = ring_[place_of(bucket_of(at))];
  if (head.size() > 0) prefetch(blocks_[head.block()]);
}

void event_queue::fetch_behind(std::uint32_t at) const {
  const std::uint32_t next = blocks_[at].behind;
  if (next != nothing) prefetch(blocks_[next]);
}

const sim_event* event_queue::scout() {
  while (scout_left_ == 0) {
    if (scout_block_ != nothing) {
      scout_block_ = blocks_[scout_block_].behind;
      if (scout_block_ == nothing) continue;
      scout_left_ = block_size;
      fetch_behind(scout_block_);
      continue;
    }
    if (scout_bucket_ >= now_bucket_ + scout_range_) return nullptr;
    const bucket_head head = ring_[place_of(++scout_bucket_)];
    scout_left_ = head.size();
    if (scout_left_ > 0) {
      scout_block_ = head.block();
      fetch_behind(scout_block_);
    }
    const bucket_head soon = ring_[place_of(scout_bucket_ + fetch_range)];
    if (soon.size() > 0) prefetch(blocks_[soon.block()]);
  }
  return &blocks_[scout_block_].events[--scout_left_];
}

}  // namespace stampede
