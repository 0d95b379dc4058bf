// What a job will cost before it is launched: calls times tokens at a date's prices, what
// retries add, and what caching and fewer retries would save. Exact integers.
//
// Retried calls are those whose first answer was billed and could not be used: each bills the
// same again. Use: `const cost_estimate e = estimate({.calls = 1'000'000, ...});`
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/money.hpp"
#include "deepseek/models.hpp"
#include "deepseek/prices.hpp"

namespace stampede {

struct job {
  std::int64_t calls = 1'000'000;
  std::int64_t cached_tokens = 2000;  // prompt prefix that can be served from the cache
  std::int64_t prompt_tokens = 200;   // the rest of the prompt
  std::int64_t output_tokens = 300;
  deepseek::model_id model = deepseek::model_id::v4_flash;
  deepseek::date date = deepseek::default_date;
  double hit_rate = 1;    // of the cached tokens, served from it
  double retry_rate = 0;  // billed and tried again, per call
};

struct priced_tokens {
  std::string kind;
  std::int64_t tokens = 0;
  pico_usd per_token;
  pico_usd cost;
};

struct job_variant {
  std::string change;  // "without the cache"
  pico_usd total;
};

struct cost_estimate {
  job of;
  deepseek::date price_list{};
  std::vector<priced_tokens> lines;  // cached input, other input, output
  pico_usd once;                     // every call billed once
  pico_usd retried;
  pico_usd total;
  std::vector<job_variant> variants;
};

// The job is worth more than money can count here, nine million dollars.
class too_expensive : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

cost_estimate estimate(const job& j);

std::string render_estimate_terminal(const cost_estimate& e);
std::string render_estimate_json(const cost_estimate& e);

}  // namespace stampede
