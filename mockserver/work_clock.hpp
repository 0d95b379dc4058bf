// Progress of the server's answers, counted in work instead of time: V(t) = integral of the
// speed. An answer that needs w more work is done when V has grown by w, whatever the speed
// does meanwhile, so a brown-out, a stall or a server that slows down under load touches no
// exchange.
//
// Work is in thousandths of a nanosecond at full speed (speed is in thousandths): integers
// only, exact for runs of up to 106 days. Holds the server's slots over time too, since both
// change at the same instants.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/instant.hpp"
#include "mockserver/settings.hpp"

namespace stampede {

using work = std::int64_t;

// Of an answer; whoever needs more gets no more, or its end could not be counted any more.
constexpr duration longest_work = std::chrono::hours(1000);

constexpr work work_of(duration d) { return d.count() * 1000; }

class work_clock {
 public:
  static constexpr std::uint32_t no_limit = ~std::uint32_t{0};  // of slots

  explicit work_clock(const server_settings& settings);

  // From the instant advanced to on, `running` slots are in use: more of them may slow all down.
  void set_running(std::uint32_t running) {
    running_ = running;
    if (!slows_down_) return;
    speed_ = speed_of(steps_[step_]);
    ++pace_;
  }

  // Moves on to `now` (never back), over every change on the way.
  void advance(instant now) {
    if (now == now_) return;
    if (now < now_ || next_change() <= now) return advance_over_changes(now);
    done_ += (now - now_).count() * speed_;
    now_ = now;
  }

  instant now() const { return now_; }  // the instant advanced to
  work done() const { return done_; }   // V then
  // The first instant at which V is at least `v`; never, where it stands still for good.
  instant reached(work v) const {
    if (v <= done_) return now_;
    if (next_change_ != never || speed_ <= 0) return reached_over_changes(v);
    return after(now_, duration{(v - done_ + speed_ - 1) / speed_});
  }
  // Whether V is at least `v` at `t`, which no change of speed or slots comes before.
  bool is_reached(work v, instant t) const { return done_ + (t - now_).count() * speed_ >= v; }
  // Changes whenever the instants of reached() may.
  std::uint32_t pace() const { return pace_; }
  std::uint32_t slots() const { return slots_; }
  // Of speed or slots.
  instant next_change() const { return next_change_; }

 private:
  struct step {
    instant from;
    std::int32_t speed;
    std::uint32_t slots;
  };

  void come_to(std::size_t number);
  std::int64_t speed_of(const step& s) const;
  void advance_over_changes(instant now);
  instant reached_over_changes(work v) const;

  std::optional<slow_down> slows_down_;
  std::uint32_t running_ = 0;
  std::vector<step> steps_;
  std::size_t step_ = 0;
  std::uint32_t slots_ = 0;  // of that step
  instant next_change_ = never;
  std::int64_t speed_ = 0;  // now: that of steps_[step_]
  std::uint32_t pace_ = 0;
  instant now_{};
  work done_ = 0;
};

}  // namespace stampede
