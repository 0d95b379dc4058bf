#include "reports/text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/units.hpp"

namespace stampede {
namespace {

// `decimals` places, trailing zeros beyond `least` dropped.
std::string trimmed(double value, int decimals, int least) {
  std::string text = fmt::format("{:.{}f}", value, decimals);
  const auto point = text.find('.');
  if (point == std::string::npos) return text;
  while (text.back() == '0' && text.size() - point - 1 > static_cast<std::size_t>(least))
    text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string grouped(std::string digits) {
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  const auto point = digits.find('.');
  std::size_t at = point == std::string::npos ? digits.size() : point;
  while (at > first + 3) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

// The length of the UTF-8 sequence that starts at `at`, 0 where there is none.
std::size_t sequence_at(std::string_view s, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > s.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  const unsigned char second = byte(at + 1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second >= 0xA0;
  const bool too_high = lead == 0xF4 && second >= 0x90;
  return overlong || surrogate || too_high ? 0 : length;
}

}  // namespace

std::string count_text(std::int64_t n) { return grouped(fmt::format("{}", n)); }

std::string percent_text(double share) {
  const double percent = share * 100;
  const double size = std::abs(percent);
  int decimals = size < 10 || size > 90 ? 2 : 1;
  if (size < 100 && size >= 99.99) decimals = 4;
  std::string digits = trimmed(size, decimals, 0);
  // Never round to none or all where it is neither: 99.99997 % is not 100 %, 0.004 % not 0 %.
  constexpr int most_decimals = 14;  // as far as a double tells a share from 1
  while (decimals < most_decimals &&
         ((digits == "0" && size > 0) || (digits == "100" && std::abs(size - 100) > 0)))
    digits = trimmed(size, ++decimals, 0);
  return (percent < 0 && digits != "0" ? "-" : "") + digits + "%";
}

std::string factor_text(double value) {
  const double size = std::abs(value);
  return grouped(trimmed(value, size < 10 ? 3 : size < 100 ? 2 : 1, 0));
}

std::string money_text(double pico_dollars) {
  const double usd = pico_dollars / 1e12;
  const double size = std::abs(usd);
  int decimals = 2;
  if (size > 0 && size < 1)
    decimals = std::min(12, 2 - static_cast<int>(std::floor(std::log10(size))));
  const std::string digits = grouped(trimmed(size, decimals, 2));
  return (usd < 0 ? "-$" : "$") + digits;
}

std::string money_text(pico_usd amount) { return money_text(static_cast<double>(amount.value)); }

std::string time_text(duration d) { return to_short_text(d); }

std::string moment_text(instant t) { return trimmed(to_seconds(t), 1, 0) + " s"; }

std::string date_text(deepseek::date d) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(d)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

std::string moment_text(deepseek::date d) {
  const auto day = std::chrono::floor<std::chrono::days>(d);
  const std::chrono::hh_mm_ss time(d - day);
  if (time.to_duration() == std::chrono::seconds{0}) return date_text(d);
  return fmt::format("{}T{:02}:{:02}:{:02}Z", date_text(d), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

std::string plural(std::int64_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count_text(n), n == 1 ? one : many);
}

std::string html_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string as_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = sequence_at(bytes, at);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      ++at;
      continue;
    }
    out += bytes.substr(at, length);
    at += length;
  }
  return out;
}

}  // namespace stampede
