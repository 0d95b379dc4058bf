// Where the money went: the ledger's charges by cause, in exact pico-dollars.
//
// A fold over attempt records that carry the server's charge. Every charged dollar has
// exactly one cause, so the causes add up to what was billed. Prices are those of the run's
// first day plus the time passed.
// Use: `cost_fold f(date, groups); f.add(attempt); f.add(call); f.finish()`
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/money.hpp"
#include "core/records.hpp"
#include "deepseek/models.hpp"
#include "deepseek/prices.hpp"
#include "reports/run_info.hpp"

namespace stampede {

enum class cost_cause : std::uint8_t {
  useful,     // answers the caller could use
  fallback,   // what those cost more because a dearer model gave them
  retried,    // attempts that failed, though billed
  abandoned,  // answers nobody waited for
  unusable,   // 200s with truncated, empty or malformed content
};
inline constexpr int cost_cause_count = 5;
std::string_view name_of(cost_cause c);

struct cost_measures {
  std::array<pico_usd, cost_cause_count> by_cause{};
  pico_usd billed;       // the sum of the causes
  pico_usd estimate;     // what our client believes it owes
  pico_usd tried_again;  // of the bill, attempts that were followed by another
  std::int64_t billed_attempts = 0;
  std::int64_t calls = 0;
  std::int64_t successes = 0;

  pico_usd of(cost_cause c) const { return by_cause[static_cast<std::size_t>(c)]; }
  pico_usd not_useful() const { return billed - of(cost_cause::useful); }
  std::optional<double> overhead() const;  // not_useful / billed, 0 to 1
  std::optional<double> per_success_usd() const;
  std::optional<double> per_million_calls_usd() const;
  // The bill if `factor` times as many billed attempts were tried again, the answers the same:
  // double the retry rate and you double the part of the bill that gets retried.
  pico_usd at_retry_rate(double factor) const;
  pico_usd estimate_error() const { return estimate - billed; }
};

// The server's own books, every exchange whoever asked.
struct ledger_measures {
  std::int64_t exchanges = 0;
  pico_usd charged;
  pico_usd hit, miss, output;  // the same by token kind, at the prices of its end
  std::int64_t hit_tokens = 0, miss_tokens = 0, output_tokens = 0;
};

// What tokens cost when the run began, and since when they have.
struct priced_model {
  deepseek::model_id model = deepseek::model_id::v4_flash;
  deepseek::date since{};
  deepseek::token_price per_token;
};

// Of the models the run asked at first, each once.
std::vector<priced_model> price_list_of(const run_info& info);

class cost_fold {
 public:
  cost_fold(deepseek::date start, const std::vector<group_info>& groups);
  void add(const attempt_record& r);
  void add(const call_record& r);
  void merge(const cost_fold& other);
  cost_measures finish() const { return m_; }

 private:
  pico_usd dearer_by(const attempt_record& r) const;

  deepseek::date start_;
  std::vector<std::optional<deepseek::model_id>> first_model_;  // by group
  cost_measures m_;
};

class ledger_fold {
 public:
  explicit ledger_fold(deepseek::date start) : start_(start) {}
  void add(const exchange_record& r);
  ledger_measures finish() const { return m_; }

 private:
  deepseek::date start_;
  // The price asked for last: it holds for the whole second.
  std::uint8_t priced_model_ = 0;
  deepseek::date priced_at_ = deepseek::date::min();
  deepseek::token_price price_;
  ledger_measures m_;
};

}  // namespace stampede
