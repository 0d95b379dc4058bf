// One timer for many wake-ups: a heap of (instant, token), armed for the earliest.
//
// Tokens may be armed more than once; a wake-up that turns out early does no harm, because
// machines re-check (design law 1), so nothing is ever taken out of the heap but by time.
// Belongs to one io_context's thread. Counts how late its wake-ups came, in scenario time.
//
// Use: wakeup_loop loop(io, clock, [&](std::uint64_t token, instant now) { ... });
//      loop.arm(token, machine.next_wakeup());
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "core/instant.hpp"
#include "core/live/wall_clock.hpp"

namespace stampede {

class wakeup_loop {
 public:
  using token = std::uint64_t;
  using callback = std::function<void(token, instant now)>;

  wakeup_loop(boost::asio::io_context& io, const wall_clock& clock, callback on_due);

  // Calls back with `t` at `due` or soon after. `never` is ignored.
  void arm(token t, instant due);
  void stop();

  // How late wake-ups have come so far, in scenario time: the quantile q, rounded up by at
  // most an eighth, and zero where there was none. One hiccup of the machine is no verdict on
  // its clock, so callers look at a high quantile, not at the largest.
  duration lateness(double q) const;

 private:
  struct entry {
    instant due;
    std::uint64_t order;
    token who;
    friend bool operator>(const entry& a, const entry& b) {
      return a.due != b.due ? a.due > b.due : a.order > b.order;
    }
  };

  void arm_timer();
  void fire();

  boost::asio::steady_timer timer_;
  const wall_clock& clock_;
  callback on_due_;
  std::priority_queue<entry, std::vector<entry>, std::greater<>> queue_;
  std::uint64_t orders_ = 0;
  instant armed_ = never;
  bool stopped_ = false;
  // Counts by size, eight classes an octave of nanoseconds.
  std::array<std::uint64_t, 512> late_{};
  std::uint64_t fired_ = 0;
};

}  // namespace stampede
