// Quantities as text, both ways: "250ms" <-> 250 ms. Locale-free and exact.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/instant.hpp"
#include "core/money.hpp"

namespace stampede {

// A non-negative decimal number with one unit of ns, us, ms, s, m, h ("1.5s"). Nothing
// on any other text, on more precision than a nanosecond, or on overflow.
std::optional<duration> parse_duration(std::string_view text);

// A positive number per second, minute or hour: "20/s", "50/m", "90/h" -> per second.
std::optional<double> parse_rate(std::string_view text);

// "25%" -> 0.25; nothing unless within 0 % and 100 %.
std::optional<double> parse_percent(std::string_view text);

// A non-negative amount in dollars, "5.00" or "$5.00". Nothing on any other text, on more than
// twelve decimals, or beyond what pico_usd holds.
std::optional<pico_usd> parse_usd(std::string_view text);

// A whole text as a decimal number ("1.5", "-3"); nothing on trailing characters,
// infinities and NaN.
std::optional<double> parse_number(std::string_view text);

// Exact, in the largest unit that gives a whole number: "90s", "1500ms", "2m", "0s".
std::string to_text(duration d);

// Dollars and cents, what is less than a cent cut off: "5.00", "-0.02", never "-0.00".
std::string to_cents(pico_usd amount);

// For people: three significant digits, "1.24 s", "35.2 ms".
std::string to_short_text(duration d);

}  // namespace stampede
