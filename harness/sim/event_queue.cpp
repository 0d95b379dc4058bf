#include "harness/sim/event_queue.hpp"

#include <algorithm>
#include <bit>

#include "core/check.hpp"

namespace stampede {
namespace {

constexpr std::int64_t bucket_width = 1'048'576;  // about a millisecond: a shift, not a division
constexpr std::int64_t ring_size = 1 << 17;       // about 137 s
constexpr std::uint32_t no_block = ~std::uint32_t{0};

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
    : ring_(ring_size, no_block), used_(ring_size / 64, 0), free_(no_block) {}

std::int64_t event_queue::bucket_of(instant at) {
  return at.time_since_epoch().count() / bucket_width;
}

void event_queue::push(sim_event e, std::uint64_t tie) {
  // Stage in the top bit; requests by their hash, the others by sequence.
  constexpr std::uint64_t last_stage = std::uint64_t{1} << 63;
  e.order = e.kind == sim_kind::request ? last_stage | (tie >> 1) : sequence_++;
  most_ = std::max(most_, ++size_);
  const std::int64_t bucket = bucket_of(e.at);
  if (bucket <= now_bucket_) {
    open_.push_back(e);
    std::push_heap(open_.begin(), open_.end(), later);
  } else if (bucket < now_bucket_ + ring_size) {
    put_in_ring(e, bucket);
  } else {
    far_.push_back(e);
    std::push_heap(far_.begin(), far_.end(), later);
  }
}

void event_queue::put_in_ring(const sim_event& e, std::int64_t bucket) {
  const auto place = static_cast<std::size_t>(bucket & (ring_size - 1));
  std::uint32_t b = ring_[place];
  if (b == no_block || blocks_[b].count == blocks_[b].events.size()) {
    const std::uint32_t rest = b;
    b = free_;
    if (b == no_block) {
      b = static_cast<std::uint32_t>(blocks_.size());
      blocks_.emplace_back();
    } else {
      free_ = blocks_[b].next;
    }
    blocks_[b].next = rest;
    blocks_[b].count = 0;
    ring_[place] = b;
    used_[place / 64] |= std::uint64_t{1} << (place % 64);
  }
  block& into = blocks_[b];
  into.events[into.count++] = e;
  ++in_ring_;
}

const sim_event& event_queue::next() {
  if (open_.empty()) open_next_bucket();
  return open_.front();
}

sim_event event_queue::pop() {
  if (open_.empty()) open_next_bucket();
  std::pop_heap(open_.begin(), open_.end(), later);
  const sim_event e = open_.back();
  open_.pop_back();
  --size_;
  return e;
}

void event_queue::open_next_bucket() {
  STAMPEDE_CHECK(size_ > 0);
  std::int64_t bucket = in_ring_ > 0 ? first_used_bucket() : bucket_of(far_.front().at);
  if (!far_.empty()) bucket = std::min(bucket, bucket_of(far_.front().at));
  now_bucket_ = bucket;
  // The ring has moved on: what it now reaches comes in from afar.
  while (!far_.empty() && bucket_of(far_.front().at) < now_bucket_ + ring_size) {
    std::pop_heap(far_.begin(), far_.end(), later);
    put_in_ring(far_.back(), bucket_of(far_.back().at));
    far_.pop_back();
  }
  open(bucket);
}

void event_queue::open(std::int64_t bucket) {
  const auto place = static_cast<std::size_t>(bucket & (ring_size - 1));
  std::uint32_t b = ring_[place];
  while (b != no_block) {
    block& from = blocks_[b];
    open_.insert(open_.end(), from.events.begin(), from.events.begin() + from.count);
    in_ring_ -= from.count;
    const std::uint32_t rest = from.next;
    from.next = free_;
    free_ = b;
    b = rest;
  }
  opened_ = true;
  ring_[place] = no_block;
  used_[place / 64] &= ~(std::uint64_t{1} << (place % 64));
  std::make_heap(open_.begin(), open_.end(), later);
}

std::int64_t event_queue::first_used_bucket() const {
  const std::int64_t from = now_bucket_ + 1;
  std::int64_t bucket = from;
  while (true) {
    const auto place = static_cast<std::size_t>(bucket & (ring_size - 1));
    const std::uint64_t bits = used_[place / 64] >> (place % 64);
    if (bits != 0) return bucket + std::countr_zero(bits);
    bucket += 64 - static_cast<std::int64_t>(place % 64);
    STAMPEDE_CHECK(bucket < from + ring_size + 64);
  }
}

}  // namespace stampede
