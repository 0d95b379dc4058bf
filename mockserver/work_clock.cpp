#include "mockserver/work_clock.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace stampede {

work_clock::work_clock(const server_settings& settings) : slows_down_(settings.slows_down) {
  const std::uint32_t usual = settings.slots == 0 ? no_limit : settings.slots;
  std::vector<instant> changes{run_start};
  for (const capacity_window& w : settings.capacity) {
    changes.push_back(w.at);
    const instant over = after(w.at, w.length);
    if (over != never) changes.push_back(over);
  }
  std::sort(changes.begin(), changes.end());
  changes.erase(std::unique(changes.begin(), changes.end()), changes.end());
  for (const instant from : changes) {
    step s{from, 1000, usual};
    for (const capacity_window& w : settings.capacity) {
      if (from < w.at || from >= after(w.at, w.length)) continue;
      if (w.speed) s.speed = *w.speed;
      if (w.slots) s.slots = *w.slots;
    }
    steps_.push_back(s);
  }
  come_to(0);
}

void work_clock::come_to(std::size_t number) {
  step_ = number;
  slots_ = steps_[number].slots;
  speed_ = speed_of(steps_[number]);
  next_change_ = number + 1 < steps_.size() ? steps_[number + 1].from : never;
}

std::int64_t work_clock::speed_of(const step& s) const {
  if (!slows_down_ || s.slots == no_limit || s.speed == 0) return s.speed;
  const std::int64_t in_use = running_ >= s.slots ? 1000 : std::int64_t{running_} * 1000 / s.slots;
  const std::int64_t beyond = in_use - slows_down_->from;
  if (beyond <= 0) return s.speed;
  const std::int64_t lost = (1000 - slows_down_->to) * beyond / (1000 - slows_down_->from);
  return std::max<std::int64_t>(1, s.speed * (1000 - lost) / 1000);
}

void work_clock::advance_over_changes(instant now) {
  STAMPEDE_CHECK(now >= now_);
  while (next_change_ != never && next_change_ <= now) {
    done_ += (next_change_ - now_).count() * speed_;
    now_ = next_change_;
    come_to(step_ + 1);
    ++pace_;
  }
  done_ += (now - now_).count() * speed_;
  now_ = now;
}

instant work_clock::reached_over_changes(work v) const {
  work at = done_;
  instant t = now_;
  for (std::size_t i = step_;; ++i) {
    if (at >= v) return t;
    const bool final_step = i + 1 == steps_.size();
    const std::int64_t speed = speed_of(steps_[i]);
    if (speed > 0) {
      const duration needed{(v - at + speed - 1) / speed};
      if (final_step || needed <= steps_[i + 1].from - t) return after(t, needed);
      at += (steps_[i + 1].from - t).count() * speed;
    }
    if (final_step) return never;
    t = steps_[i + 1].from;
  }
}

}  // namespace stampede
