#include "deepseek/models.hpp"

#include <array>

namespace stampede::deepseek {
namespace {

struct known_name {
  std::string_view name;
  resolved_model means;
};

// What each name means; the legacy ones until legacy_retirement. Both are flash: one name
// was the model without thinking, the other with it.
constexpr std::array<known_name, 4> names{{
    {"deepseek-v4-flash", {model_id::v4_flash, true, false}},
    {"deepseek-v4-pro", {model_id::v4_pro, true, false}},
    {"deepseek-chat", {model_id::v4_flash, false, true}},
    {"deepseek-reasoner", {model_id::v4_flash, true, true}},
}};

// The number in `text`, which must be digits throughout; -1 otherwise.
int digits(std::string_view text) {
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<std::chrono::seconds> parse_time_of_day(std::string_view text) {
  if (text.size() != 10 || text[0] != 'T' || text[3] != ':' || text[6] != ':' || text[9] != 'Z')
    return std::nullopt;
  const int hour = digits(text.substr(1, 2));
  const int minute = digits(text.substr(4, 2));
  const int second = digits(text.substr(7, 2));
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return std::nullopt;
  return std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
}

}  // namespace

std::optional<date> parse_date(std::string_view text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = digits(text.substr(0, 4));
  const int month = digits(text.substr(5, 2));
  const int day = digits(text.substr(8, 2));
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day when{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!when.ok()) return std::nullopt;
  const date midnight = std::chrono::sys_days{when};
  if (text.size() == 10) return midnight;
  const auto time = parse_time_of_day(text.substr(10));
  if (!time) return std::nullopt;
  return midnight + *time;
}

std::string_view name_of(model_id m) { return names[static_cast<std::size_t>(m)].name; }

std::optional<resolved_model> resolve_model(std::string_view name, date on) {
  for (const known_name& known : names) {
    if (known.name != name) continue;
    if (known.means.legacy && on >= legacy_retirement) return std::nullopt;
    return known.means;
  }
  return std::nullopt;
}

std::optional<resolved_model> resolve_message_model(std::string_view name, date on) {
  if (auto known = resolve_model(name, on)) return known;
  if (name.starts_with("claude-opus")) return names[1].means;
  if (on < later_rules || name.starts_with("claude")) return names[0].means;
  return std::nullopt;
}

}  // namespace stampede::deepseek
