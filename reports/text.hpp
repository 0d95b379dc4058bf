// Numbers and words as people read them in verdicts, findings, terminals and pages.
// Locale-free; rounding is for display only. Use: `money_text(bill) // "$168.00"`
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/instant.hpp"
#include "core/money.hpp"
#include "deepseek/models.hpp"

namespace stampede {

std::string count_text(std::int64_t n);   // "12,345"
std::string percent_text(double share);   // 0.6884 -> "68.84%"
std::string factor_text(double value);    // "1.81"
std::string money_text(pico_usd amount);  // "$168.00", "$0.000168"
std::string money_text(double pico_dollars);
std::string time_text(duration d);          // "68.5 s"
std::string date_text(deepseek::date d);    // "2026-04-25"
std::string moment_text(deepseek::date d);  // "2026-04-26T12:15:00Z", the date alone at midnight
std::string moment_text(instant t);         // "68 s", from the start of the run

std::string plural(std::int64_t n, std::string_view one, std::string_view many);  // "1 call"

// Escaped for HTML text and quoted attributes.
std::string html_escaped(std::string_view text);

// Bytes that are not UTF-8 become U+FFFD, so that every renderer may assume good text.
std::string as_utf8(std::string_view bytes);

}  // namespace stampede
