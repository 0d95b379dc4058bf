#include "reports/cost.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "deepseek/prices.hpp"
#include "reports/retries.hpp"

namespace stampede {
namespace {

// Why an attempt that was billed bought no answer.
cost_cause waste_of(const attempt_record& r) {
  if (r.decided == decision::ignore) return cost_cause::abandoned;
  switch (r.result) {
    case outcome::timed_out:
    case outcome::cancelled:
    case outcome::budget_spent:
    case outcome::unfinished: return cost_cause::abandoned;
    default: return is_content_failure(r.result) ? cost_cause::unusable : cost_cause::retried;
  }
}

bool is_used(const attempt_record& r) {
  return r.result == outcome::success && r.decided == decision::deliver;
}

std::optional<double> ratio(double part, double whole) {
  return whole > 0 ? std::optional(part / whole) : std::nullopt;
}

}  // namespace

std::string_view name_of(cost_cause c) {
  static constexpr std::array<std::string_view, cost_cause_count> names{
      "useful", "fallback", "retried", "abandoned", "unusable"};
  return names[static_cast<std::size_t>(c)];
}

std::optional<double> cost_measures::overhead() const {
  return ratio(to_usd(not_useful()), to_usd(billed));
}

std::optional<double> cost_measures::per_success_usd() const {
  return ratio(to_usd(billed), static_cast<double>(successes));
}

std::optional<double> cost_measures::per_million_calls_usd() const {
  return ratio(to_usd(billed) * 1e6, static_cast<double>(calls));
}

std::vector<priced_model> price_list_of(const run_info& info) {
  std::vector<priced_model> list;
  for (const group_info& g : info.groups) {
    const auto model = deepseek::resolve_model(g.model, info.service_date);
    if (!model) continue;
    const bool known = std::ranges::count(list, model->id, &priced_model::model) > 0;
    if (!known)
      list.push_back({model->id, deepseek::price_list_since(model->id, info.service_date),
                      deepseek::price_at(model->id, info.service_date)});
  }
  return list;
}

pico_usd cost_measures::at_retry_rate(double factor) const {
  return billed + pico_usd{std::llround(static_cast<double>(tried_again.value) * (factor - 1))};
}

cost_fold::cost_fold(deepseek::date start, const std::vector<group_info>& groups) : start_(start) {
  for (const group_info& g : groups) {
    const auto model = deepseek::resolve_model(g.model, start);
    first_model_.push_back(model ? std::optional(model->id) : std::nullopt);
  }
}

// A fallback's charge above what the group's own model takes for the same tokens. Nothing
// where the answer stated no usage: then there is nothing to compare.
pico_usd cost_fold::dearer_by(const attempt_record& r) const {
  if (!r.fallback || r.group >= first_model_.size() || !first_model_[r.group]) return {};
  if (r.usage == token_usage{}) return {};
  const pico_usd own = deepseek::price(
      r.usage, deepseek::price_at(*first_model_[r.group], deepseek::date_at(start_, r.ended)));
  return std::max(pico_usd{}, r.charge - own);
}

void cost_fold::add(const attempt_record& r) {
  m_.estimate += r.estimate;
  if (r.charge.value == 0) return;
  m_.billed += r.charge;
  ++m_.billed_attempts;
  if (r.decided == decision::retry || r.decided == decision::fall_back) m_.tried_again += r.charge;
  const auto cause = [this](cost_cause c) -> pico_usd& {
    return m_.by_cause[static_cast<std::size_t>(c)];
  };
  if (!is_used(r)) {
    cause(waste_of(r)) += r.charge;
    return;
  }
  const pico_usd extra = dearer_by(r);
  cause(cost_cause::fallback) += extra;
  cause(cost_cause::useful) += r.charge - extra;
}

void cost_fold::add(const call_record& r) {
  ++m_.calls;
  if (r.result == outcome::success) ++m_.successes;
}

void cost_fold::merge(const cost_fold& other) {
  const cost_measures& o = other.m_;
  for (std::size_t i = 0; i < m_.by_cause.size(); ++i) m_.by_cause[i] += o.by_cause[i];
  m_.billed += o.billed;
  m_.estimate += o.estimate;
  m_.tried_again += o.tried_again;
  m_.billed_attempts += o.billed_attempts;
  m_.calls += o.calls;
  m_.successes += o.successes;
}

void ledger_fold::add(const exchange_record& r) {
  ++m_.exchanges;
  if (r.charge.value == 0) return;
  m_.charged += r.charge;
  m_.hit_tokens += r.usage.hit;
  m_.miss_tokens += r.usage.miss;
  m_.output_tokens += r.usage.output;
  const deepseek::date at = deepseek::date_at(start_, r.ended);
  if (at != priced_at_ || r.model != priced_model_) {
    priced_at_ = at;
    priced_model_ = r.model;
    price_ = deepseek::price_at(static_cast<deepseek::model_id>(r.model), at);
  }
  m_.hit += price_.hit * r.usage.hit;
  m_.miss += price_.miss * r.usage.miss;
  m_.output += price_.output * r.usage.output;
}

}  // namespace stampede
