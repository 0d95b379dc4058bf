#include "mockserver/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"
#include "deepseek/concurrency.hpp"

namespace stampede {
namespace {

// Requests at a time for each dollar left: the service was seen to allow 5 to 39 with little
// money, and 200 or more after ten dollars came in.
constexpr std::int64_t concurrency_per_usd = 25;
// A hundred refusals of late halve a dynamic limit.
constexpr std::int64_t refusals_that_halve = 100;
constexpr std::int64_t pico_per_usd = 1'000'000'000'000;

// Keys of a server that knows none beforehand: whatever a client makes up is remembered.
constexpr std::uint32_t most_unnamed = 65'536;

// What an account whose money has no end shows.
constexpr account_balance endless{{}, {1'000'000 * pico_per_usd}};

std::int64_t tens_of_seconds(instant t) { return t.time_since_epoch() / std::chrono::seconds(10); }

pico_usd granted_at(const account_settings& is, pico_usd left, instant now) {
  return now < is.granted_until ? left : pico_usd{};
}

}  // namespace

std::string masked_key(std::string_view key) {
  constexpr std::size_t shown = 4;
  return "****" + std::string(key.size() < 3 * shown ? "" : key.substr(key.size() - shown));
}

accounts::accounts(const server_settings& settings)
    : settings_(settings), any_key_(settings.accounts.empty()) {
  const auto open_account = [this](const account_settings& is) {
    row a;
    a.is = is;
    a.granted = is.granted.value_or(pico_usd{});
    a.topped_up = is.topped_up.value_or(pico_usd{});
    accounts_.push_back(std::move(a));
  };
  if (any_key_) open_account({});
  for (const account_settings& is : settings.accounts) {
    const auto number = static_cast<std::uint32_t>(accounts_.size());
    open_account(is);
    for (const std::string& key : is.keys) add_key(key, number);
    for (const key_rotation& r : is.rotations) {
      if (!r.revoke.empty()) keys_[numbers_.find(r.revoke)->second].until = r.at;
      if (!r.add.empty()) keys_[add_key(r.add, number)].from = r.at;
    }
  }
  alerts_.reserve(accounts_.size());
}

// ---- keys

std::uint32_t accounts::add_key(std::string_view key, std::uint32_t account) {
  const auto number = static_cast<std::uint32_t>(keys_.size());
  const auto place = numbers_.emplace(std::string(key), number).first;
  keys_.push_back({place->first, account, {}, never});
  return number;
}

const accounts::key_row* accounts::find(std::string_view key) const {
  // Most fleets use one key, so the last answer is the likeliest.
  if (last_asked_ < keys_.size() && keys_[last_asked_].text == key) return &keys_[last_asked_];
  const auto found = numbers_.find(key);
  if (found == numbers_.end()) return nullptr;
  last_asked_ = found->second;
  return &keys_[found->second];
}

std::optional<caller> accounts::known(std::string_view key) const {
  const key_row* found = find(key);
  if (!found) return std::nullopt;
  return caller{static_cast<std::uint32_t>(found - keys_.data()), found->account};
}

bool accounts::works(std::optional<caller> known, instant now) const {
  if (any_key_) return true;  // its form is validation's business
  return known && keys_[known->key].from <= now && now < keys_[known->key].until;
}

caller accounts::caller_of(std::string_view key) {
  const auto found = known(key);
  if (found) return *found;
  if (keys_.size() < most_unnamed) return {add_key(key, 0), 0};
  if (keys_.size() == most_unnamed) keys_.emplace_back();
  return {most_unnamed, 0};
}

// ---- money

bool accounts::can_pay(caller who, instant now) const {
  const auto left = balance(who.account, now);
  return !left || left->total() > pico_usd{};
}

void accounts::debit(caller who, pico_usd charge, instant now) {
  row& a = accounts_[who.account];
  a.spent += charge;
  if (!a.is.has_limit()) return;
  a.granted = granted_at(a.is, a.granted, now);
  const pico_usd from_granted = std::min(a.granted, charge);
  a.granted = a.granted - from_granted;
  a.topped_up = a.topped_up - (charge - from_granted);
  const pico_usd left = a.granted + a.topped_up;
  if (a.alerted || !a.is.alert_below || left >= *a.is.alert_below) return;
  a.alerted = true;
  alerts_.push_back({now, who, left});
}

std::optional<account_balance> accounts::balance(std::uint32_t account, instant now) const {
  const row& a = accounts_[account];
  if (!a.is.has_limit()) return std::nullopt;
  return account_balance{granted_at(a.is, a.granted, now), a.topped_up};
}

std::string accounts::balance_json(std::uint32_t account, instant now) const {
  const auto limited = balance(account, now);
  const account_balance shown = limited.value_or(endless);
  // The total is that of the amounts as shown.
  constexpr std::int64_t cent = pico_per_usd / 100;
  const pico_usd total{(shown.granted.value / cent + shown.topped_up.value / cent) * cent};
  return fmt::format(
      "{{\"is_available\":{},\"balance_infos\":[{{\"currency\":\"USD\",\"total_balance\":\"{}\","
      "\"granted_balance\":\"{}\",\"topped_up_balance\":\"{}\"}}]}}",
      !limited || limited->total() > pico_usd{}, to_cents(total), to_cents(shown.granted),
      to_cents(shown.topped_up));
}

std::string accounts::in_words(const low_balance& alert) const {
  const account_settings& is = accounts_[alert.who.account].is;
  return fmt::format("low balance at {:.3f} s: account '{}' (key {}) has ${} left, less than ${}",
                     to_seconds(alert.at), is.name, masked_key(key_of(alert.who)),
                     to_cents(alert.left), to_cents(is.alert_below.value_or(pico_usd{})));
}

std::vector<account_statement> accounts::statements(instant now) const {
  std::vector<account_statement> all;
  for (std::uint32_t i = 0; i < accounts_.size(); ++i) {
    all.push_back({accounts_[i].is.name, accounts_[i].spent, balance(i, now), {}});
  }
  for (const low_balance& alert : alerts_) all[alert.who.account].alert = in_words(alert);
  return all;
}

std::optional<std::uint32_t> accounts::named(std::string_view name) const {
  for (std::uint32_t i = 0; i < accounts_.size(); ++i) {
    if (accounts_[i].is.name == name) return i;
  }
  return std::nullopt;
}

bool accounts::is_low(std::uint32_t account, instant now) const {
  const auto left = balance(account, now);
  const auto& line = accounts_[account].is.alert_below;
  return left && line && left->total() < *line;
}

std::uint64_t accounts::alerts_of(std::uint32_t account) const {
  return static_cast<std::uint64_t>(
      std::count_if(alerts_.begin(), alerts_.end(),
                    [account](const low_balance& alert) { return alert.who.account == account; }));
}

bool accounts::top_up(std::uint32_t account, pico_usd amount, instant now) {
  row& a = accounts_[account];
  if (!a.is.has_limit()) return true;
  std::int64_t more = 0;
  std::int64_t total = 0;
  if (__builtin_add_overflow(a.topped_up.value, amount.value, &more) ||
      __builtin_add_overflow(more, a.granted.value, &total))
    return false;
  a.topped_up.value = more;
  a.alerted = is_low(account, now) && a.alerted;
  return true;
}

void accounts::take_all(std::uint32_t account) {
  row& a = accounts_[account];
  a.granted = a.topped_up = {};
  if (!a.is.has_limit()) a.is.topped_up = pico_usd{};
}

// ---- how much at a time

std::uint32_t accounts::open(caller who, deepseek::model_id model) const {
  return accounts_[who.account].open[static_cast<std::size_t>(model)];
}

std::uint32_t accounts::recent_refusals(const row& a, instant now) {
  const std::int64_t halvings = tens_of_seconds(now) - a.halved_at;
  return halvings < 32 ? a.refusals >> halvings : 0;
}

void accounts::note_refusal(caller who, instant now) {
  row& a = accounts_[who.account];
  a.refusals = std::min(recent_refusals(a, now), 1'000'000'000U) + 1;
  a.halved_at = tens_of_seconds(now);
}

std::optional<std::uint32_t> accounts::concurrency(caller who, deepseek::model_id model,
                                                   std::int32_t load, instant now) const {
  const row& a = accounts_[who.account];
  std::int64_t most = settings_.account_concurrency;
  if (settings_.concurrency_by_date) {
    most = deepseek::published_concurrency(model);
    if (!deepseek::concurrency_at(model, deepseek::date_at(settings_.date, now))) {
      const std::int64_t refused = recent_refusals(a, now);
      most = most * (1000 - load) * refusals_that_halve / (1000 * (refusals_that_halve + refused));
    }
  } else if (most == 0 && !settings_.concurrency_by_balance) {
    return std::nullopt;
  } else if (most == 0) {
    most = deepseek::published_concurrency(model);
  }
  if (const auto left = balance(who.account, now); left && settings_.concurrency_by_balance) {
    most = std::min(most, left->total().value / (pico_per_usd / concurrency_per_usd));
  }
  return static_cast<std::uint32_t>(std::max<std::int64_t>(most, 1));
}

bool accounts::within_rate(caller who, std::int32_t load, instant now) {
  if (!settings_.rate_limit) return true;
  const rate_by_load& r = *settings_.rate_limit;
  double per_second = r.most;
  if (load > r.from) {
    per_second -= (r.most - r.least) * (load - r.from) / (1000 - r.from);
  }
  // A token bucket of a second's worth, kept as the instant at which it will be full again.
  row& a = accounts_[who.account];
  const instant full_at = std::max(a.rate_full_at, now);
  const duration gap{static_cast<std::int64_t>(1e9 / per_second)};
  if (full_at > now && full_at - now + gap > std::chrono::seconds(1)) return false;
  a.rate_full_at = after(full_at, gap);
  return true;
}

}  // namespace stampede
