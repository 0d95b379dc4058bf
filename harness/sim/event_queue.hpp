// The future of a simulated run: what happens when, in one total order.
//
// Events are ordered by (instant, stage, tie, sequence). Arrivals and wake-ups come before
// the requests of the same instant, and those are in the order of a keyed hash: without it a
// fleet without jitter would always serve its first instance first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/instant.hpp"

namespace stampede {

enum class sim_kind : std::uint8_t {
  arrival,        // an instance wants its next call
  call_wakeup,    // a call asked to be woken
  server_wakeup,  // so did the server
  end_of_drain,
  peer_left,      // a cancelled attempt's connection is seen to close
  request,        // an attempt reaches the server: the last stage of an instant
};

struct sim_event {
  instant at;
  std::uint64_t order = 0;   // stage and tie, then sequence
  std::uint32_t member = 0;  // instance
  std::uint32_t slot = 0;    // of the call, or of the exchange
  std::uint32_t serial = 0;
  std::uint16_t attempt = 0;
  sim_kind kind = sim_kind::arrival;
  std::uint8_t chain = 0;
};

class event_queue {
 public:
  void push(sim_event e, std::uint64_t tie = 0) {
    // Stage in the top bit; requests by their hash, the others by sequence.
    constexpr std::uint64_t last_stage = std::uint64_t{1} << 63;
    e.order = e.kind == sim_kind::request ? last_stage | (tie >> 1) : sequence_++;
    heap_.push_back(e);
    std::push_heap(heap_.begin(), heap_.end(), later);
    most_ = std::max(most_, heap_.size());
  }

  bool empty() const { return heap_.empty(); }
  const sim_event& next() const { return heap_.front(); }

  sim_event pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const sim_event e = heap_.back();
    heap_.pop_back();
    return e;
  }

  void clear() { heap_.clear(); }
  std::size_t most_pending() const { return most_; }

 private:
  static bool later(const sim_event& a, const sim_event& b) {
    if (a.at != b.at) return a.at > b.at;
    if (a.order != b.order) return a.order > b.order;
    // Two requests whose hashes meet: by name, which no two share.
    if (a.member != b.member) return a.member > b.member;
    if (a.serial != b.serial) return a.serial > b.serial;
    return a.attempt > b.attempt;
  }

  std::vector<sim_event> heap_;
  std::uint64_t sequence_ = 0;
  std::size_t most_ = 0;
};

}  // namespace stampede
