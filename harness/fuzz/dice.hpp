// A stream of draws from one seed: the same numbers on every machine, in the order asked.
//
// Sizes are wild: `wild` is uniform over orders of magnitude, so one and some thousands are
// as likely as anything between. Integers only, so that what is written of them is the same
// everywhere. Use: `dice d(seed); if (d.one_in(3)) n = d.wild(1, 5000);`
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/check.hpp"
#include "core/draw.hpp"
#include "core/units.hpp"

namespace stampede {

class dice {
 public:
  explicit dice(std::uint64_t seed) : seed_(seed) {}

  std::int64_t between(std::int64_t least, std::int64_t most) {
    STAMPEDE_CHECK(least <= most);
    const auto width = static_cast<std::uint64_t>(most - least) + 1;
    return least + static_cast<std::int64_t>(uniform_below(bits(), width));
  }

  // An order of magnitude (of two) first, then a number of it. `least` is above 0.
  std::int64_t wild(std::int64_t least, std::int64_t most) {
    std::int64_t orders = 0;
    while ((most >> orders) > least) ++orders;
    const std::int64_t low = least << between(0, orders);
    return between(low < most ? low : most, low < most / 2 ? 2 * low : most);
  }

  bool one_in(std::int64_t n) { return between(1, n) == 1; }

  std::string_view pick(std::initializer_list<std::string_view> of) {
    return of.begin()[between(0, static_cast<std::int64_t>(of.size()) - 1)];
  }

  // A time, mostly a round one: things that fall on one instant are where orders go wrong.
  duration time(duration least, duration most) {
    const duration any{wild(least.count() < 1 ? 1 : least.count(), most.count())};
    const std::int64_t unit = one_in(8)                        ? 1
                              : any >= std::chrono::seconds(2) ? 1'000'000'000
                                                               : 1'000'000;
    const duration rounded{any.count() / unit * unit};
    return rounded < least ? least : rounded;
  }

  // The same, as a quoted TOML value.
  std::string time_text(duration least, duration most) {
    return "\"" + to_text(time(least, most)) + "\"";
  }

 private:
  std::uint64_t bits() {
    return draw({.seed = seed_,
                 .replication = 0,
                 .entity = 0,
                 .why = purpose::request_text,
                 .index = asked_++});
  }

  std::uint64_t seed_;
  std::uint64_t asked_ = 0;
};

}  // namespace stampede
