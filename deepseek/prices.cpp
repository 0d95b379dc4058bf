#include "deepseek/prices.hpp"

#include <array>
#include <span>

namespace stampede::deepseek {
namespace {

// One row of the price list: what a million tokens cost from `from` on, in millionths of a
// dollar (0.028 USD is 28'000). A micro-dollar a million tokens is a pico-dollar a token.
struct price_row {
  date from;
  std::int64_t hit;
  std::int64_t miss;
  std::int64_t output;
  bool peak_hours;  // the row is the peak price; outside the peak hours half of it is due
};

constexpr date day(int year, unsigned month, unsigned day_of_month, int hour = 0, int minute = 0) {
  return std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} /
                               std::chrono::day{day_of_month}} +
         std::chrono::hours{hour} + std::chrono::minutes{minute};
}

constexpr date launch = day(2026, 4, 24);
constexpr date hit_cut = day(2026, 4, 26, 12, 15);
constexpr date peak_pricing = day(2026, 8, 16);

// The last row is the flash line's V4.1: the price list goes on under that name.
constexpr std::array<price_row, 4> flash_rows{{
    {launch, 28'000, 140'000, 280'000, false},
    {hit_cut, 2'800, 140'000, 280'000, false},
    {peak_pricing, 14'000, 440'000, 1'320'000, true},
    {day(2026, 9, 10), 6'000, 300'000, 1'200'000, true},
}};

// From the hit cut on, pro was sold at a quarter of its list price (14'500 / 1'740'000 /
// 3'480'000): a promotion that was prolonged and then made permanent. When exactly it began is
// not certain; here it begins with the hit cut, so that the guide's date has the list prices
// its arithmetic uses.
constexpr std::array<price_row, 3> pro_rows{{
    {launch, 145'000, 1'740'000, 3'480'000, false},
    {hit_cut, 3'625, 435'000, 870'000, false},
    {peak_pricing, 44'000, 1'320'000, 3'960'000, true},
}};

std::span<const price_row> rows_of(model_id model) {
  if (model == model_id::v4_pro) return pro_rows;
  return flash_rows;
}

const price_row* row_at(model_id model, date on) {
  const auto rows = rows_of(model);
  const price_row* row = &rows.front();  // before the launch: the launch prices
  for (const price_row& later : rows)
    if (later.from <= on) row = &later;
  return row;
}

// Monday to Friday, 01:00-04:00 and 06:00-10:00 UTC.
bool is_peak(date on) {
  const auto midnight = std::chrono::floor<std::chrono::days>(on);
  const std::chrono::weekday weekday{midnight};
  if (weekday == std::chrono::Saturday || weekday == std::chrono::Sunday) return false;
  const auto hour = std::chrono::floor<std::chrono::hours>(on - midnight).count();
  return (hour >= 1 && hour < 4) || (hour >= 6 && hour < 10);
}

}  // namespace

date price_list_since(model_id model, date on) { return row_at(model, on)->from; }

token_price price_at(model_id model, date on) {
  const price_row* row = row_at(model, on);
  const std::int64_t part = row->peak_hours && !is_peak(on) ? 2 : 1;
  return {{row->hit / part}, {row->miss / part}, {row->output / part}};
}

pico_usd price(const token_usage& usage, const token_price& per_token) {
  return per_token.hit * usage.hit + per_token.miss * usage.miss + per_token.output * usage.output;
}

}  // namespace stampede::deepseek
