// The service's models, their names and when those names retire. Dated data: what a name
// means is asked for a date.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/instant.hpp"

namespace stampede::deepseek {

using date = std::chrono::sys_seconds;  // UTC

// "2026-04-25" or "2026-07-24T15:59:00Z"; nothing on any other text.
std::optional<date> parse_date(std::string_view text);

// The service's date at `now` of a run that began on `start`.
constexpr date date_at(date start, instant now) {
  return start + std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
}

// The day the guide was verified: the default date of the mock and of prices.
inline constexpr date default_date = std::chrono::sys_days{std::chrono::year{2026} / 4 / 25};

enum class model_id : std::uint8_t { v4_flash, v4_pro };
inline constexpr int model_count = 2;
std::string_view name_of(model_id m);  // "deepseek-v4-flash"

struct resolved_model {
  model_id id = model_id::v4_flash;
  bool thinking_by_default = true;  // false for the legacy deepseek-chat
  bool legacy = false;              // deepseek-chat and deepseek-reasoner
};

// What `name` means on `on`; nothing for unknown and retired names.
std::optional<resolved_model> resolve_model(std::string_view name, date on);

// The same on the Anthropic surface, where claude-opus* is pro, claude-haiku* and
// claude-sonnet* are flash, and so is every name it does not know; from later_rules on only
// claude* is, and other unknown names mean nothing.
std::optional<resolved_model> resolve_message_model(std::string_view name, date on);

// The first day of the captures that show the rules of that summer: unknown names refused on
// the Anthropic surface, images refused by name. When they came in before it is not known.
inline constexpr date later_rules = std::chrono::sys_days{std::chrono::year{2026} / 8 / 27};

// From about then on, a 401 for a bad key names the request.
inline constexpr date numbered_refusals = std::chrono::sys_days{std::chrono::year{2026} / 9 / 1};

// When V4 came, and with it the names of today.
inline constexpr date v4_launch = std::chrono::sys_days{std::chrono::year{2026} / 4 / 24};

inline constexpr date legacy_retirement = std::chrono::sys_days{std::chrono::year{2026} / 7 / 24} +
                                          std::chrono::hours{15} + std::chrono::minutes{59};

inline constexpr std::int64_t context_tokens = 1'048'576;
inline constexpr std::int64_t most_output_tokens = 393'216;

}  // namespace stampede::deepseek
