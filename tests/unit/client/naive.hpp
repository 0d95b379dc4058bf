// What the naive references of the client's policies share: random events, and a window over a
// list.
#pragma once

#include <iterator>
#include <vector>

#include "core/draw.hpp"
#include "core/records.hpp"

namespace stampede {

// Random bits, in the order asked.
class dice {
 public:
  explicit dice(std::uint64_t seed) : seed_(seed) {}
  std::uint64_t bits() { return draw({seed_, 0, 1, purpose::jitter, next_++}); }
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(uniform_below(bits(), static_cast<std::uint64_t>(n)));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
  // Often none at all: what happens at one instant is where orders go wrong.
  duration gap(duration most) { return one_in(4) ? duration{0} : duration{below(most.count())}; }
  outcome ending() {
    static constexpr outcome all[] = {
        outcome::success,           outcome::success,        outcome::success,
        outcome::rate_limited,      outcome::overloaded,     outcome::server_error,
        outcome::timed_out,         outcome::connect_failed, outcome::connection_reset,
        outcome::connection_closed, outcome::unauthorized,   outcome::truncated_json};
    return all[below(std::size(all))];
  }

 private:
  std::uint64_t seed_;
  std::uint64_t next_ = 0;
};

// How many of `all` are within the window, kept in so many slots.
inline std::int64_t within(const std::vector<instant>& all, instant now, duration window,
                           int slots) {
  const std::int64_t width = window.count() / slots;
  const auto slot = [&](instant t) { return width ? t.time_since_epoch().count() / width : 0; };
  std::int64_t n = 0;
  for (const instant t : all) n += slot(now) - slot(t) < slots;
  return n;
}

}  // namespace stampede
