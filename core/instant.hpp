// Points and lengths of scenario time, in integer nanoseconds.
//
// `timeline` has no now(): the current instant is always an argument, so a machine
// cannot tell virtual time from compressed wall time. Instants count from the start of
// a run. Use: `const instant due = after(now, 250ms);`
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace stampede {

using duration = std::chrono::nanoseconds;

struct timeline {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<timeline>;
  static constexpr bool is_steady = true;
};

using instant = std::chrono::time_point<timeline, duration>;

inline constexpr instant run_start{};
inline constexpr instant never = instant::max();
inline constexpr duration forever = duration::max();

// `t + d`, stopping at `never` where the sum would overflow (d >= 0).
constexpr instant after(instant t, duration d) { return d >= never - t ? never : t + d; }

constexpr double to_seconds(duration d) { return static_cast<double>(d.count()) / 1e9; }
constexpr double to_seconds(instant t) { return to_seconds(t.time_since_epoch()); }
constexpr double to_milliseconds(duration d) { return static_cast<double>(d.count()) / 1e6; }

}  // namespace stampede
