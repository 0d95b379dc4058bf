// The future of a simulated run: what happens when, in one total order.
//
// Events are ordered by (instant, stage, tie, sequence). Arrivals and wake-ups come before
// the requests of the same instant, and those are in the order of a keyed hash: without it a
// fleet without jitter would always serve its first instance first.
//
// A calendar: a ring of buckets of one millisecond, each a list of events in no order, two of them
// a line of the cache; the bucket the run has come to is sorted when it is opened, what is pushed
// into it afterwards is a small heap beside it, and what lies beyond the ring waits in another. One
// heap of everything spends most of a run missing the cache. Deterministic; nothing is allocated
// once the arena has grown to the most events pending.
//
// A calendar also knows what comes next without taking it out: scout() names the events ahead,
// so that an engine can have their memory fetched while it works on others.
//
// Use: queue.push(event); while (!queue.empty()) run(queue.pop());
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
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

// An event before its time, as far as fetching its memory needs it.
struct sim_ahead {
  std::uint32_t member = 0;
  std::uint32_t slot = 0;
  sim_kind kind = sim_kind::end_of_drain;
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
    push_in_ring(bucket, e);
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
  // The next event that scout has not named yet, from not too far ahead; an end_of_drain where
  // there is none. In the order of buckets, none within one; events pushed behind the scout are not
  // named.
  sim_ahead scout();
  // A hint that an event of that instant is about to be pushed.
  void expect(instant at) const { prefetch(ring_[place_of(bucket_of(at))]); }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t most_pending() const { return most_; }

 private:
  // An event in its bucket, whose number says the rest of its instant.
  struct node {
    std::uint32_t at = 0;      // nanoseconds within the bucket
    std::uint32_t behind = 0;  // the next one of its bucket, or the next free one; 0: none
    std::uint64_t order = 0;
    std::uint32_t member = 0;
    std::uint32_t slot = 0;
    std::uint32_t serial = 0;
    std::uint16_t attempt = 0;
    sim_kind kind = sim_kind::arrival;
    std::uint8_t chain = 0;
  };
  static_assert(sizeof(node) == 32);

  static constexpr int bucket_bits = 20;              // a bucket is about a millisecond
  static constexpr std::int64_t ring_size = 1 << 17;  // buckets: about 137 s

  static std::int64_t bucket_of(instant at) { return at.time_since_epoch().count() >> bucket_bits; }
  static std::size_t place_of(std::int64_t bucket) {
    return static_cast<std::size_t>(bucket & (ring_size - 1));
  }
  void push_in_ring(std::int64_t bucket, const sim_event& e) {
    std::uint32_t added = free_;
    if (added == 0) {
      added = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
    }
    node& n = nodes_[added];
    free_ = n.behind;
    const std::size_t place = place_of(bucket);
    constexpr std::int64_t within = (std::int64_t{1} << bucket_bits) - 1;
    n.at = static_cast<std::uint32_t>(e.at.time_since_epoch().count() & within);
    n.behind = std::exchange(ring_[place], added);
    n.order = e.order;
    n.member = e.member;
    n.slot = e.slot;
    n.serial = e.serial;
    n.attempt = e.attempt;
    n.kind = e.kind;
    n.chain = e.chain;
    used_[place / 64] |= std::uint64_t{1} << (place % 64);
  }
  void push_in_heap(const sim_event& e);
  void open_next_bucket();
  void open(std::int64_t bucket);
  // Of a bucket not opened yet, or beside its heap.
  sim_event pop_late();
  const sim_event& next_late();
  bool late_is_next() const;
  std::int64_t first_used_bucket(std::int64_t from) const;

  big_vector<sim_event> open_;       // the bucket the run has come to, the next event last
  big_vector<sim_event> late_;       // heap: pushed into it, or before, since it was opened
  big_vector<sim_event> far_;        // heap: beyond the ring
  big_vector<std::uint32_t> ring_;   // the first node of each bucket; 0: it is empty
  std::vector<std::uint64_t> used_;  // a bit for each bucket that is not empty
  slab<node> nodes_;                 // the first stands for none
  std::uint32_t free_ = 0;           // list of free nodes
  std::int64_t now_bucket_ = -1;     // buckets up to this one are in open_
  std::int64_t scout_bucket_ = 0;
  std::uint32_t scout_node_ = 0;  // the next one to be named
  std::int64_t scout_range_ = 0;
  std::size_t size_ = 0;
  std::size_t most_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace stampede
