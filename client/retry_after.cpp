#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "client/decoding.hpp"
#include "core/units.hpp"

namespace stampede {
namespace {

// Longer waits are the same wait: a century.
constexpr double most_seconds = 3.2e9;

duration from_seconds(double seconds) {
  const double bounded = std::clamp(seconds, -most_seconds, most_seconds);
  const duration stated{std::llround(bounded * 1e9)};  // cut off, 33.681 s were a nanosecond less
  return stated == no_duration ? no_duration * 2 : stated;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

int number_at(std::string_view text, std::size_t from, std::size_t length) {
  int value = -1;
  const char* end = text.data() + from + length;
  const auto result = std::from_chars(text.data() + from, end, value);
  return result.ec == std::errc{} && result.ptr == end ? value : -1;
}

}  // namespace

std::int64_t parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> months{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return -1;
  if (text[7] != ' ' || text[11] != ' ' || text[16] != ' ') return -1;
  if (text[19] != ':' || text[22] != ':') return -1;
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  const int day = number_at(text, 5, 2), year = number_at(text, 12, 4);
  const int hour = number_at(text, 17, 2), minute = number_at(text, 20, 2);
  const int second = number_at(text, 23, 2);
  const std::chrono::year_month_day date{
      std::chrono::year{year},
      std::chrono::month{static_cast<unsigned>(month - months.begin()) + 1},
      std::chrono::day{static_cast<unsigned>(std::max(day, 0))}};
  if (month == months.end() || year < 1970 || !date.ok()) return -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return -1;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

duration read_retry_after(std::string_view milliseconds, std::string_view value,
                          std::int64_t date_unix_seconds) {
  if (const auto ms = parse_number(trimmed(milliseconds))) return from_seconds(*ms / 1000);
  value = trimmed(value);
  if (const auto seconds = parse_number(value)) return from_seconds(*seconds);
  const std::int64_t when = parse_http_date(value);
  if (when < 0) return no_duration;
  return from_seconds(static_cast<double>(when - date_unix_seconds));
}

retry_hint read_should_retry(std::string_view value) {
  if (value == "true") return retry_hint::yes;
  return value == "false" ? retry_hint::no : retry_hint::none;
}

}  // namespace stampede
