#include "core/live/wakeup_loop.hpp"

#include <algorithm>

namespace stampede {

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
    const duration behind = now - due.due;
    ++late_.count;
    late_.total += behind;
    late_.most = std::max(late_.most, behind);
    on_due_(due.who, now);
  }
  armed_ = never;
  arm_timer();
}

}  // namespace stampede
