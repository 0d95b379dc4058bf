// What a client does about a 200 whose content is not a good answer: each kind on its own.
//
//   retry   a failure that may pass
//   fail    a failure that a retry does not mend, or a client that does not try
//   accept  taken for an answer, as clients do that do not look
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/records.hpp"

namespace stampede {

enum class content_use : std::uint8_t { retry, fail, accept };

// The outcomes a 200 may come to.
inline constexpr std::array<outcome, 9> content_outcomes{
    outcome::malformed_json, outcome::truncated_json,        outcome::empty_content,
    outcome::missing_finish, outcome::missing_done,          outcome::error_event,
    outcome::length_limit,   outcome::insufficient_resource, outcome::content_filtered};

namespace detail {
// The place of each outcome in content_outcomes, or their number.
inline constexpr auto content_places = [] {
  std::array<std::uint8_t, outcome_count> places{};
  places.fill(content_outcomes.size());
  for (std::uint8_t i = 0; i < content_outcomes.size(); ++i)
    places[static_cast<std::size_t>(content_outcomes[i])] = i;
  return places;
}();
}  // namespace detail

struct content_policy {
  // In the order of content_outcomes. max_tokens cuts the same request at the same place, and a
  // filter filters it again: a retry of these two bills the same once more.
  std::array<content_use, content_outcomes.size()> uses{
      content_use::retry, content_use::retry, content_use::retry,
      content_use::retry, content_use::retry, content_use::retry,
      content_use::fail,  content_use::retry, content_use::fail};

  // Nothing for an outcome that is not one of content_outcomes.
  constexpr std::optional<content_use> of(outcome result) const {
    const std::size_t place = detail::content_places[static_cast<std::size_t>(result)];
    return place < uses.size() ? std::optional(uses[place]) : std::nullopt;
  }
  constexpr void set(outcome result, content_use use) {
    for (std::size_t i = 0; i < content_outcomes.size(); ++i)
      if (content_outcomes[i] == result) uses[i] = use;
  }

  friend bool operator==(const content_policy&, const content_policy&) = default;
};

// A client that takes any 200 that parses. A body that does not, and an error inside a stream,
// come to its caller as an exception, which nobody retries.
constexpr content_policy unchecked_content() {
  content_policy p;
  p.uses.fill(content_use::accept);
  p.set(outcome::malformed_json, content_use::fail);
  p.set(outcome::truncated_json, content_use::fail);
  p.set(outcome::error_event, content_use::fail);
  return p;
}

}  // namespace stampede
