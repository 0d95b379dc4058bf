// The future of a simulated run: what happens when, in one total order.
//
// Events are ordered by (instant, stage, tie, sequence). Arrivals and wake-ups come before
// the requests of the same instant, and those are in the order of a keyed hash: without it a
// fleet without jitter would always serve its first instance first.
//
// A calendar: a ring of buckets of one millisecond, each a list of blocks of events in no order;
// the bucket the run has come to is sorted when it is opened, what is pushed into it afterwards is
// a small heap beside it, and what lies beyond the ring waits in another. One heap of everything
// spends most of a run missing the cache. Deterministic; nothing is allocated once the arena has
// grown to the most events pending.
//
// A calendar also knows what comes next without taking it out: scout() names the events ahead,
// so that an engine can have their memory fetched while it works on others.
//
// Use: queue.push(event); while (!queue.empty()) run(queue.pop());
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "core/big_vector.hpp"
#include "core/instant.hpp"
#include "core/prefetch.hpp"
#include "core/slab.hpp"

namespace stampede {

enum class sim_kind : std::uint8_t {
  arrival,      // an instance wants its next call
  call_wakeup,  // a call asked to be woken
  end_of_drain,
  peer_left,  // a cancelled attempt's connection is seen to close
  request,    // an attempt reaches the server: the last stage of an instant
};

struct sim_event {
  instant at;
  std::uint64_t order = 0;   // stage and tie, or sequence: set by push
  std::uint32_t member = 0;  // instance
  std::uint32_t slot = 0;    // of the call, or of the exchange
  std::uint32_t serial = 0;
  std::uint16_t attempt = 0;
  sim_kind kind = sim_kind::arrival;
  std::uint8_t chain = 0;
};

class event_queue {
 public:
  event_queue();

  // `tie` orders requests of one instant. No event may lie before one already popped.
  // Inline, so that the event is made in its place: to copy what was just written field by field
  // has the processor wait for all writes before.
  [[gnu::always_inline]] void push(sim_event e, std::uint64_t tie = 0) {
    // Stage in the top bit; requests by their hash, the others by sequence.
    constexpr std::uint64_t last_stage = std::uint64_t{1} << 63;
    push_as(e.kind == sim_kind::request ? last_stage | (tie >> 1) : next_order(), e);
  }
  // Of an order taken before.
  [[gnu::always_inline]] void push_as(std::uint64_t order, sim_event e) {
    e.order = order;
    most_ = std::max(most_, ++size_);
    const std::int64_t bucket = bucket_of(e.at);
    if (bucket <= now_bucket_ || bucket >= now_bucket_ + ring_size) {
      const sim_event copy = e;  // the only one with an address
      return push_in_heap(copy);
    }
    room_in(bucket) = e;
  }
  // The order of what is pushed later or not at all, as if it had been pushed now.
  std::uint64_t next_order() { return sequence_++; }
  // Not when empty. Inline is what nearly every event goes through.
  sim_event pop() {
    if (open_.empty() || !late_.empty()) return pop_late();
    const sim_event e = open_.back();
    open_.pop_back();
    --size_;
    return e;
  }
  const sim_event& next() { return open_.empty() || !late_.empty() ? next_late() : open_.back(); }
  // The next event that scout has not named yet, from not too far ahead; null where there is
  // none. In the order of buckets, none within one; events pushed behind the
  // scout are not named.
  const sim_event* scout();
  // Hints that an event of that instant is about to be pushed; the second wants the first's memory.
  void expect(instant at) const { prefetch(ring_[place_of(bucket_of(at))]); }
  void expect_soon(instant at) const;
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t most_pending() const { return most_; }

 private:
  static constexpr std::uint32_t block_size = 3;
  struct alignas(64) block {
    std::array<sim_event, block_size> events;
    std::uint32_t behind = 0;  // the next block of its bucket (a full one), or the next free one
  };
  // The first block of a bucket and how many events it has: pushing reads nothing else, since
  // the block's memory is seldom near.
  struct bucket_head {
    std::uint32_t packed = 0;  // all zeros: the bucket is empty
    std::uint32_t block() const { return packed / (block_size + 1); }
    std::uint32_t size() const { return packed % (block_size + 1); }
  };

  static constexpr std::int64_t bucket_width = 1'048'576;  // about a millisecond: a shift
  static constexpr std::int64_t ring_size = 1 << 17;       // buckets: about 137 s

  static std::int64_t bucket_of(instant at) { return at.time_since_epoch().count() / bucket_width; }
  static std::size_t place_of(std::int64_t bucket) {
    return static_cast<std::size_t>(bucket & (ring_size - 1));
  }
  // Where the next event of a bucket of the ring goes.
  sim_event& room_in(std::int64_t bucket) {
    bucket_head& head = ring_[place_of(bucket)];
    if (head.size() % block_size == 0) add_block(bucket);
    sim_event& room = blocks_[head.block()].events[head.size()];
    ++head.packed;
    ++in_ring_;
    return room;
  }
  void push_in_heap(const sim_event& e);
  void add_block(std::int64_t bucket);
  void open_next_bucket();
  void open(std::int64_t bucket);
  void fetch_behind(std::uint32_t at) const;
  // Of a bucket not opened yet, or beside its heap.
  sim_event pop_late();
  const sim_event& next_late();
  bool late_is_next() const;
  std::int64_t first_used_bucket(std::int64_t from) const;

  big_vector<sim_event> open_;  // the bucket the run has come to, the next event last
  big_vector<sim_event> late_;  // heap: pushed into it, or before, since it was opened
  big_vector<sim_event> far_;   // heap: beyond the ring
  big_vector<bucket_head> ring_;
  std::vector<std::uint64_t> used_;  // a bit for each bucket that is not empty
  slab<block> blocks_;
  std::uint32_t free_;            // list of free blocks
  std::int64_t now_bucket_ = -1;  // buckets up to this one are in open_
  std::size_t in_ring_ = 0;
  std::int64_t scout_bucket_ = 0;
  std::uint32_t scout_block_;
  std::uint32_t scout_left_ = 0;  // events of the block that the scout has not named
  std::int64_t scout_range_ = 0;
  std::size_t size_ = 0;
  std::size_t most_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace stampede
