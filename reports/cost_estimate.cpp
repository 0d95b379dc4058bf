#include "reports/cost_estimate.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/text.hpp"
#include "reports/text_table.hpp"

namespace stampede {
namespace {

constexpr std::int64_t most_money = 9'000'000'000'000'000'000;  // nine million dollars

[[noreturn]] void refuse() {
  throw too_expensive("this job comes to more than nine million dollars: price a part of it");
}

[[noreturn]] void refuse_tokens() {
  throw too_expensive("there are more tokens in this job than can be counted");
}

pico_usd times(pico_usd per_token, std::int64_t tokens) {
  if (per_token.value > 0 && tokens > most_money / per_token.value) refuse();
  return per_token * tokens;
}

std::int64_t part_of(std::int64_t whole, double share) {
  const double part = static_cast<double>(whole) * share;
  // Before it is rounded: beyond an int64 that gives anything.
  if (part > static_cast<double>(most_money)) refuse();
  return std::llround(part);
}

std::int64_t product(std::int64_t calls, std::int64_t tokens) {
  if (tokens > 0 && calls > most_money / tokens) refuse_tokens();
  return calls * tokens;
}

pico_usd sum_of(const std::vector<priced_tokens>& lines) {
  pico_usd sum;
  for (const priced_tokens& l : lines) {
    if (sum.value > most_money - l.cost.value) refuse();
    sum += l.cost;
  }
  return sum;
}

// Without the variants.
cost_estimate priced(const job& j) {
  cost_estimate e;
  e.of = j;
  e.price_list = deepseek::price_list_since(j.model, j.date);
  const deepseek::token_price price = deepseek::price_at(j.model, j.date);
  const std::int64_t cacheable = product(j.calls, j.cached_tokens);
  const std::int64_t hits = part_of(cacheable, j.hit_rate);
  const std::int64_t fresh = product(j.calls, j.prompt_tokens);
  if (fresh > most_money - (cacheable - hits)) refuse_tokens();
  const std::int64_t others = fresh + cacheable - hits;
  const std::int64_t output = product(j.calls, j.output_tokens);
  e.lines = {{"cached input", hits, price.hit, times(price.hit, hits)},
             {"other input", others, price.miss, times(price.miss, others)},
             {"output", output, price.output, times(price.output, output)}};
  e.once = sum_of(e.lines);
  e.retried = {part_of(e.once.value, j.retry_rate)};
  if (e.retried.value > most_money - e.once.value) refuse();
  e.total = e.once + e.retried;
  return e;
}

std::string per_million(pico_usd per_token) { return money_text(per_token * 1'000'000); }

}  // namespace

cost_estimate estimate(const job& j) {
  cost_estimate e = priced(j);
  const auto add = [&e](const std::string& change, const job& other) {
    try {
      e.variants.push_back({change, priced(other).total});
    } catch (const too_expensive&) {
      // The job itself can be priced: that row is left out.
    }
  };
  job other = j;
  if (j.cached_tokens > 0) {
    other.hit_rate = 0;
    if (j.hit_rate > 0) add("without the cache", other);
    other.hit_rate = 1;
    if (j.hit_rate < 1) add("with every cached token hit", other);
    other = j;
  }
  if (j.retry_rate > 0) {
    other.retry_rate = 0;
    add("without retries", other);
    other.retry_rate = j.retry_rate / 2;
    add("at half the retry rate", other);
    other.retry_rate = j.retry_rate * 2;
    add("at double the retry rate", other);
    other = j;
  }
  for (int i = 0; i < deepseek::model_count; ++i) {
    other.model = static_cast<deepseek::model_id>(i);
    if (other.model != j.model) add("on " + std::string(deepseek::name_of(other.model)), other);
  }
  return e;
}

std::string render_estimate_terminal(const cost_estimate& e) {
  const job& j = e.of;
  std::string out =
      fmt::format("{} on {}, prices of {} (price list of {})\n", plural(j.calls, "call", "calls"),
                  deepseek::name_of(j.model), moment_text(j.date), moment_text(e.price_list));
  text_table bill("lrrr");
  bill.row({"", "tokens", "a million", "cost"});
  for (const priced_tokens& l : e.lines)
    bill.row({l.kind, count_text(l.tokens), per_million(l.per_token), money_text(l.cost)});
  if (j.retry_rate > 0)
    bill.row({fmt::format("retried, {} of calls", percent_text(j.retry_rate)), "", "",
              money_text(e.retried)});
  bill.row({"total", "", "", money_text(e.total)});
  bill.row({"a call", "", "", money_text(pico_usd{j.calls > 0 ? e.total.value / j.calls : 0})});
  out += bill.text("  ") + "\nWhat would change it\n";
  text_table changes("lrr");
  for (const job_variant& v : e.variants) {
    const pico_usd difference = v.total - e.total;
    changes.row({v.change, money_text(v.total),
                 (difference.value > 0 ? "+" : "") + money_text(difference)});
  }
  return out + changes.text("  ");
}

std::string render_estimate_json(const cost_estimate& e) {
  using json = nlohmann::ordered_json;
  const job& j = e.of;
  json lines = json::array();
  for (const priced_tokens& l : e.lines)
    lines.push_back({{"kind", l.kind},
                     {"tokens", l.tokens},
                     {"usd_per_million_tokens", to_usd(l.per_token) * 1e6},
                     {"cost_usd", to_usd(l.cost)}});
  json variants = json::array();
  for (const job_variant& v : e.variants)
    variants.push_back({{"change", v.change},
                        {"total_usd", to_usd(v.total)},
                        {"difference_usd", to_usd(v.total - e.total)}});
  const json all{{"calls", j.calls},
                 {"model", deepseek::name_of(j.model)},
                 {"date", moment_text(j.date)},
                 {"price_list", moment_text(e.price_list)},
                 {"cached_tokens_per_call", j.cached_tokens},
                 {"prompt_tokens_per_call", j.prompt_tokens},
                 {"output_tokens_per_call", j.output_tokens},
                 {"cache_hit_rate", j.hit_rate},
                 {"retry_rate", j.retry_rate},
                 {"lines", lines},
                 {"once_usd", to_usd(e.once)},
                 {"retried_usd", to_usd(e.retried)},
                 {"total_usd", to_usd(e.total)},
                 {"variants", variants}};
  return all.dump(2) + "\n";
}

}  // namespace stampede
