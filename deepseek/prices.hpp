// What tokens cost, by model and date (USD list prices, exact in pico-dollars a token).
//
// Use: `const pico_usd bill = price(usage, price_at(model_id::v4_flash, default_date));`
#pragma once

#include "core/money.hpp"
#include "core/records.hpp"
#include "deepseek/models.hpp"

namespace stampede::deepseek {

struct token_price {  // per token
  pico_usd hit;
  pico_usd miss;
  pico_usd output;
};

token_price price_at(model_id model, date on);

// From when on the price list that holds then has been in force.
date price_list_since(model_id model, date on);

// The guide's reckoning: hit, miss and output tokens each at their price.
pico_usd price(const token_usage& usage, const token_price& per_token);

}  // namespace stampede::deepseek
