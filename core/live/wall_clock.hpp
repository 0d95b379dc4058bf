// The wall clock as scenario time: instant = origin + (steady - t0) * speed.
//
// The one place, with the engines, that reads a real clock. Thread-safe after construction.
#pragma once

#include <chrono>

#include "core/instant.hpp"

namespace stampede {

class wall_clock {
 public:
  explicit wall_clock(double speed = 1.0)
      : speed_(speed), start_(std::chrono::steady_clock::now()) {}

  instant now() const {
    const duration wall = std::chrono::steady_clock::now() - start_;
    return run_start +
           duration{static_cast<std::int64_t>(static_cast<double>(wall.count()) * speed_)};
  }

  // The wall instant at which `t` is reached; far in the future for `never`.
  std::chrono::steady_clock::time_point wall(instant t) const {
    constexpr duration longest = std::chrono::hours(24 * 365);
    const double ns = static_cast<double>(t.time_since_epoch().count()) / speed_;
    const duration wait = ns > static_cast<double>(longest.count())
                              ? longest
                              : duration{static_cast<std::int64_t>(ns)};
    return start_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(wait);
  }

  double speed() const { return speed_; }

 private:
  double speed_;
  std::chrono::steady_clock::time_point start_;
};

// The civil date in Unix seconds: what an HTTP date in a real service's answer is compared with.
inline std::int64_t unix_seconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::floor<std::chrono::seconds>(now).count();
}

}  // namespace stampede
