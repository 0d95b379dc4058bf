#include "core/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <limits>

namespace stampede {
namespace {

struct unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::array<unit, 6> units{{{"h", 3'600'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"s", 1'000'000'000},
                                     {"ms", 1'000'000},
                                     {"us", 1'000},
                                     {"ns", 1}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<duration> parse_duration(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end == 0) return std::nullopt;
  std::int64_t whole = 0;
  if (std::from_chars(text.data(), text.data() + end, whole).ec != std::errc{}) return std::nullopt;
  std::string_view fraction;
  if (end < text.size() && text[end] == '.') {
    const std::size_t start = ++end;
    while (end < text.size() && is_digit(text[end])) ++end;
    fraction = text.substr(start, end - start);
    if (fraction.empty()) return std::nullopt;
  }
  for (const unit& u : units) {
    if (text.substr(end) != u.name) continue;
    std::int64_t total = 0;
    if (__builtin_mul_overflow(whole, u.nanoseconds, &total)) return std::nullopt;
    std::int64_t scale = u.nanoseconds;
    for (char c : fraction) {
      if (scale == 0 && c != '0') return std::nullopt;
      const std::int64_t tenths = (c - '0') * scale;
      if (tenths % 10 != 0) return std::nullopt;  // finer than a nanosecond
      if (__builtin_add_overflow(total, tenths / 10, &total)) return std::nullopt;
      scale /= 10;
    }
    return duration{total};
  }
  return std::nullopt;
}

std::optional<pico_usd> parse_usd(std::string_view text) {
  if (text.starts_with('$')) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  const bool digits_only =
      std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; }) &&
      fraction.find('.') == std::string_view::npos;
  if (!digits_only || point == 0 || point + 1 == text.size()) return std::nullopt;
  std::int64_t total = 0;
  const auto dollars = std::from_chars(text.data(), text.data() + point, total);
  if (dollars.ec != std::errc{}) return std::nullopt;
  std::int64_t scale = 1'000'000'000'000;
  if (__builtin_mul_overflow(total, scale, &total)) return std::nullopt;
  for (const char c : fraction) {
    if (scale == 1) return std::nullopt;  // finer than a pico-dollar
    scale /= 10;
    if (__builtin_add_overflow(total, (c - '0') * scale, &total)) return std::nullopt;
  }
  return pico_usd{total};
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  constexpr double most = std::numeric_limits<double>::max();
  if (!(value >= -most && value <= most)) return std::nullopt;  // from_chars reads "inf" and "nan"
  return value;
}

std::optional<double> parse_rate(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto number = parse_number(text.substr(0, slash));
  if (!number || !(*number > 0)) return std::nullopt;
  const auto per = text.substr(slash + 1);
  if (per == "s") return *number;
  if (per == "m") return *number / 60;
  if (per == "h") return *number / 3600;
  return std::nullopt;
}

std::optional<double> parse_percent(std::string_view text) {
  if (text.empty() || text.back() != '%') return std::nullopt;
  const auto number = parse_number(text.substr(0, text.size() - 1));
  if (!number || !(*number >= 0 && *number <= 100)) return std::nullopt;
  return *number / 100;
}

std::string to_text(duration d) {
  const std::int64_t n = d.count();
  if (n == 0) return "0s";
  for (const unit& u : units)
    if (n % u.nanoseconds == 0) return std::to_string(n / u.nanoseconds) + std::string(u.name);
  return std::to_string(n) + "ns";
}

std::string to_cents(pico_usd amount) {
  const std::int64_t cents = amount.value / 10'000'000'000;
  const std::int64_t size = cents < 0 ? -cents : cents;
  const std::string digits = std::to_string(size % 100);
  return (cents < 0 ? "-" : "") + std::to_string(size / 100) + (size % 100 < 10 ? ".0" : ".") +
         digits;
}

std::string to_short_text(duration d) {
  const double ns = static_cast<double>(d.count());
  const double size = ns < 0 ? -ns : ns;
  const auto with = [](double value, const char* unit_name) {
    std::array<char, 48> text{};
    const double shown = value < 0 ? -value : value;
    const int decimals = shown >= 100 ? 0 : shown >= 10 ? 1 : 2;
    std::snprintf(text.data(), text.size(), "%.*f %s", decimals, value, unit_name);
    return std::string(text.data());
  };
  if (size == 0) return "0 s";
  if (size < 1e3) return with(ns, "ns");
  if (size < 1e6) return with(ns / 1e3, "us");
  if (size < 1e9) return with(ns / 1e6, "ms");
  if (size < 120e9) return with(ns / 1e9, "s");
  if (size < 7200e9) return with(ns / 60e9, "min");
  return with(ns / 3600e9, "h");
}

}  // namespace stampede
