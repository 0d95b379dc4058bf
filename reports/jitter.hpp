// How far a policy's waits are spread: what keeps a herd from coming back at one instant.
//
// Waits before the same retry (the first, the second ...) of a group are compared, since a
// backoff grows from one to the next; after a Retry-After what counts is the wait beyond it. A
// "jitter" that gives everybody the same wait is named constant. Integers until the last
// division. Use: `jitter_fold f(groups); f.add(attempt); f.finish()`
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/records.hpp"

namespace stampede {

enum class jitter_quality : std::uint8_t {
  unknown,   // fewer than 10 waits before any retry
  constant,  // spread below 1 % of the wait
  narrow,    // below 25 %
  wide,
};
std::string_view name_of(jitter_quality q);

// Waits before retries of one index, or those beyond a Retry-After.
struct wait_spread {
  std::int64_t count = 0;
  duration least = forever;
  duration most{0};
  duration total{0};  // of the whole waits
};

struct jitter_measures {
  static constexpr std::size_t indices = 16;  // later retries count with the last

  std::array<wait_spread, indices> backoff{};  // before retry 1, 2 ...
  wait_spread retry_after;                     // waits beyond the Retry-After given

  // Sum of (most - least) over the sum of mean waits, each retry weighted by its count; only
  // where there are 10 waits or more.
  std::optional<double> backoff_spread() const;
  std::optional<double> retry_after_spread() const;
  static jitter_quality judged(std::optional<double> spread);
};

// "backoff wide (66.7%), beyond Retry-After constant (0%)"; empty where nothing waited.
std::string jitter_text(const jitter_measures& m);

class jitter_fold {
 public:
  explicit jitter_fold(std::size_t groups) : by_group_(groups + 1) {}

  void add(const attempt_record& r);
  // Of group `i`; the records of no known group are in the last.
  const jitter_measures& of(std::size_t i) const { return by_group_[i]; }

 private:
  std::vector<jitter_measures> by_group_;
};

}  // namespace stampede
