// The accounts behind the keys: who may ask, how much at a time, and with what money.
//
// A key belongs to an account; every account has its money (granted first, then topped up, each
// completion debited exactly), its requests under way by model, and what it was refused lately.
// Where a scenario names no account, every key there is belongs to one without any limit.
//
// Money is pico-dollars; time is scenario time, the service's date the settings' date plus the
// time passed. Deterministic. Once its keys are known, a request costs no allocation. Keys are
// shown by their last four characters only.
//
// Use: accounts books(settings);
//      if (!books.works(books.known(key), now)) ...;  const caller who = books.caller_of(key);
//      if (!books.can_pay(who, now)) ...;  books.debit(who, charge, now);
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/instant.hpp"
#include "core/money.hpp"
#include "deepseek/models.hpp"
#include "mockserver/settings.hpp"

namespace stampede {

struct caller {
  std::uint32_t key = 0;
  std::uint32_t account = 0;
};

struct account_balance {
  pico_usd granted;
  pico_usd topped_up;  // below zero by what was under way when the money ran out
  pico_usd total() const { return granted + topped_up; }
};

// What an account came to.
struct account_statement {
  std::string name;
  pico_usd spent;                       // all its debits
  std::optional<account_balance> left;  // nothing where its money has no end
  std::string alert;                    // low_balance in words; empty where none was said
};

// Said once, when an account's money falls below its alert line.
struct low_balance {
  instant at{};
  caller who;  // whose debit it was
  pico_usd left;
};

class accounts {
 public:
  explicit accounts(const server_settings& settings);

  // Whose `key` is; nothing where it has neither asked before nor belongs to an account.
  std::optional<caller> known(std::string_view key) const;
  // Whether such a key may ask: not unknown, not revoked, not of later.
  bool works(std::optional<caller> known, instant now) const;
  // Of a key that works. Where no account is named a new key gets the next number, and all
  // beyond the first 65,536 share one, whose text is empty.
  caller caller_of(std::string_view key);
  std::string_view key_of(caller who) const { return keys_[who.key].text; }

  std::size_t keys() const { return keys_.size(); }  // numbered so far
  std::size_t size() const { return accounts_.size(); }

  // ---- money
  bool can_pay(caller who, instant now) const;
  void debit(caller who, pico_usd charge, instant now);
  // Nothing for an account whose money has no end.
  std::optional<account_balance> balance(std::uint32_t account, instant now) const;
  pico_usd spent(std::uint32_t account) const { return accounts_[account].spent; }
  // The body of GET /user/balance.
  std::string balance_json(std::uint32_t account, instant now) const;
  const std::vector<low_balance>& alerts() const { return alerts_; }  // in order of time
  std::string in_words(const low_balance& alert) const;
  std::vector<account_statement> statements(instant now) const;
  std::optional<std::uint32_t> named(std::string_view name) const;
  std::string_view name_of(std::uint32_t account) const { return accounts_[account].is.name; }
  bool is_low(std::uint32_t account, instant now) const;  // below its alert line
  std::uint64_t alerts_of(std::uint32_t account) const;
  // Changes nothing where the account's money has no end. False, and nothing, where it would be
  // more than pico_usd holds.
  bool top_up(std::uint32_t account, pico_usd amount, instant now);
  void take_all(std::uint32_t account);  // from then on its money has an end: now

  // ---- how much at a time
  std::uint32_t open(caller who, deepseek::model_id model) const;
  void enter(caller who, deepseek::model_id model) { ++open_of(who, model); }
  void leave(caller who, deepseek::model_id model) { --open_of(who, model); }
  // The most requests at a time now, of a server `load` thousandths full; nothing for no limit.
  std::optional<std::uint32_t> concurrency(caller who, deepseek::model_id model, std::int32_t load,
                                           instant now) const;
  // Whether one more request starts within rate_by_load; if so it is counted.
  bool within_rate(caller who, std::int32_t load, instant now);
  void note_refusal(caller who, instant now);  // a 429 of the server's own

 private:
  struct key_row {
    std::string_view text;  // in numbers_
    std::uint32_t account = 0;
    instant from{};
    instant until = never;
  };
  struct row {
    account_settings is;
    pico_usd granted;
    pico_usd topped_up;
    pico_usd spent;
    bool alerted = false;
    std::array<std::uint32_t, deepseek::model_count> open{};
    std::uint32_t refusals = 0;  // of late: halved every ten seconds
    std::int64_t halved_at = 0;  // tens of seconds
    instant rate_full_at{};      // when the rate's bucket will be full again
  };

  std::uint32_t add_key(std::string_view key, std::uint32_t account);
  const key_row* find(std::string_view key) const;
  std::uint32_t& open_of(caller who, deepseek::model_id model) {
    return accounts_[who.account].open[static_cast<std::size_t>(model)];
  }
  static std::uint32_t recent_refusals(const row& a, instant now);

  const server_settings& settings_;
  bool any_key_;                                               // no account is named
  std::map<std::string, std::uint32_t, std::less<>> numbers_;  // only looked up
  std::vector<key_row> keys_;
  std::vector<row> accounts_;
  std::vector<low_balance> alerts_;
  mutable std::uint32_t last_asked_ = 0;
};

// The last four characters of a key that is long enough to hide the rest.
std::string masked_key(std::string_view key);

}  // namespace stampede
