#include "core/live/wakeup_loop.hpp"

#include <algorithm>
#include <bit>

namespace stampede {
namespace {

constexpr int classes_per_octave = 8;

std::size_t class_of(duration late) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(late.count(), 0));
  if (ns < classes_per_octave) return ns;
  const int octave = static_cast<int>(std::bit_width(ns)) - 4;  // ns >> octave is in 8..15
  return static_cast<std::size_t>(octave) * classes_per_octave + (ns >> octave);
}

duration top_of_class(std::size_t c) {
  if (c < 2 * classes_per_octave) return duration{static_cast<std::int64_t>(c)};
  const std::size_t octave = c / classes_per_octave - 1;
  const std::size_t lead = c - octave * classes_per_octave;
  return duration{static_cast<std::int64_t>(((lead + 1) << octave) - 1)};
}

}  // namespace

duration wakeup_loop::lateness(double q) const {
  const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(fired_));
  std::uint64_t seen = 0;
  for (std::size_t c = 0; c < late_.size(); ++c) {
    seen += late_[c];
    if (late_[c] > 0 && seen > rank) return top_of_class(c);
  }
  return duration::zero();
}

wakeup_loop::wakeup_loop(boost::asio::io_context& io, const wall_clock& clock, callback on_due)
    : timer_(io), clock_(clock), on_due_(std::move(on_due)) {}

void wakeup_loop::arm(token t, instant due) {
  if (due == never || stopped_) return;
  queue_.push({due, orders_++, t});
  if (due < armed_) arm_timer();
}

void wakeup_loop::stop() {
  stopped_ = true;
  queue_ = {};
  timer_.cancel();
}

void wakeup_loop::arm_timer() {
  if (queue_.empty() || stopped_) {
    armed_ = never;
    return;
  }
  armed_ = queue_.top().due;
  timer_.expires_at(clock_.wall(armed_));
  timer_.async_wait([this](boost::system::error_code error) {
    if (error || stopped_) return;
    fire();
  });
}

void wakeup_loop::fire() {
  // Wall time was rounded down to whole nanoseconds on the way, so what is due within one
  // compressed nanosecond counts as due.
  const duration slack{static_cast<std::int64_t>(clock_.speed()) + 1};
  instant now = clock_.now();
  while (!queue_.empty() && queue_.top().due <= now + slack && !stopped_) {
    const entry due = queue_.top();
    queue_.pop();
    now = std::max(clock_.now(), due.due);
    ++late_[class_of(now - due.due)];
    ++fired_;
    on_due_(due.who, now);
  }
  armed_ = never;
  arm_timer();
}

}  // namespace stampede
