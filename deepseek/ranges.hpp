// What the service's pages state about the fields of a request: ranges, counts, patterns.
//
// Data only: client and mock each do their own checking with it. Temperature and the like
// have no unit; max_tokens, context and output are counted in tokens. Deterministic.
// Use: `if (!ranges::temperature.contains(asked)) ...`
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "deepseek/models.hpp"

namespace stampede::deepseek {

// From `least` to `most`; `least` itself only where `least_included`.
struct number_range {
  double least = 0;
  double most = 0;
  bool least_included = true;

  // False for NaN.
  constexpr bool contains(double x) const {
    return (least_included ? x >= least : x > least) && x <= most;
  }
};

struct count_range {
  std::int64_t least = 0;
  std::int64_t most = 0;

  constexpr bool contains(std::int64_t n) const { return n >= least && n <= most; }
};

namespace ranges {

inline constexpr number_range temperature{0, 2};
inline constexpr number_range top_p{0, 1, false};  // 0 is refused
inline constexpr number_range presence_penalty{-2, 2};
inline constexpr number_range frequency_penalty{-2, 2};
inline constexpr count_range max_tokens{1, most_output_tokens};
inline constexpr count_range completion_max_tokens{1, 4096};  // fill in the middle
inline constexpr count_range top_logprobs{0, 20};
inline constexpr std::size_t most_stops = 16;
inline constexpr std::size_t most_tools = 128;

// user_id and the name of a tool's function, as an ECMAScript regular expression.
inline constexpr std::string_view identifier_pattern = "^[a-zA-Z0-9_-]+$";
inline constexpr std::size_t longest_user_id = 512;

}  // namespace ranges
}  // namespace stampede::deepseek
