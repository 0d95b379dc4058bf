#include "mockserver/account_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/units.hpp"

namespace stampede {
namespace {

std::optional<pico_usd> read_usd(config_reader& read, std::string_view key) {
  const auto text = read.text(key);
  if (!text) return std::nullopt;
  const auto amount = parse_usd(*text);
  if (!amount) {
    read.fail(key, fmt::format("'{}' must be an amount of dollars such as \"5.00\", not \"{}\"",
                               key, *text));
  }
  return amount;
}

key_rotation parse_rotation(const config_table& table, const account_settings& account) {
  config_reader read(table);
  key_rotation r;
  read.need("at");
  r.at = after(run_start, read.time("at").value_or(duration::zero()));
  r.revoke = read.text("revoke").value_or("");
  r.add = read.text("add").value_or("");
  read.done();
  if (r.revoke.empty() && r.add.empty()) {
    read.fail("at", "this rotation changes nothing: give it 'revoke' or 'add'");
  }
  const bool was_added =
      std::any_of(account.rotations.begin(), account.rotations.end(),
                  [&](const key_rotation& e) { return e.add == r.revoke && e.at <= r.at; });
  if (!r.revoke.empty() && !was_added &&
      std::find(account.keys.begin(), account.keys.end(), r.revoke) == account.keys.end()) {
    read.fail("revoke", "'revoke' must be a key the account has by then");
  }
  return r;
}

account_settings parse_account(const config_table& table) {
  config_reader read(table);
  account_settings a;
  a.name = read.text("name").value_or(a.name);
  read.need("keys");
  a.keys = read.texts("keys");
  if (a.keys.empty()) read.fail("keys", "an account needs a key");
  a.revoked = read.texts("revoked");
  for (const config_table* rotation : read.tables("rotations")) {
    a.rotations.push_back(parse_rotation(*rotation, a));
  }
  a.granted = read_usd(read, "granted");
  if (const auto until = read.time("granted_until", duration{1})) {
    if (!a.granted) read.fail("granted_until", "'granted_until' needs 'granted'");
    a.granted_until = after(run_start, *until);
  }
  a.topped_up = read_usd(read, "topped_up");
  a.alert_below = read_usd(read, "alert_below");
  if (a.alert_below && !a.has_limit()) {
    read.fail("alert_below",
              "'alert_below' needs 'granted' or 'topped_up': without them the "
              "account's money has no end");
  }
  read.done();
  return a;
}

}  // namespace

std::vector<account_settings> parse_accounts(config_reader& server) {
  std::vector<account_settings> accounts;
  std::set<std::string> names;
  std::set<std::string> keys;
  for (const config_table* table : server.tables("account")) {
    accounts.push_back(parse_account(*table));
    const account_settings& a = accounts.back();
    const config_reader at(*table);
    if (!names.insert(a.name).second) {
      at.fail("name", fmt::format("there is another account '{}': give each its own name", a.name));
    }
    const auto take = [&](const std::string& key, std::string_view where) {
      if (!keys.insert(key).second) at.fail(where, "a key is listed twice");
    };
    for (const std::string& key : a.keys) take(key, "keys");
    for (const std::string& key : a.revoked) take(key, "revoked");
    for (const key_rotation& r : a.rotations) {
      if (!r.add.empty()) take(r.add, "rotations");
    }
  }
  return accounts;
}

std::string describe(const account_settings& a) {
  std::string text =
      fmt::format("account '{}': {} key{}", a.name, a.keys.size(), a.keys.size() == 1 ? "" : "s");
  if (!a.revoked.empty()) text += fmt::format(", {} revoked", a.revoked.size());
  for (const key_rotation& r : a.rotations) {
    text += fmt::format(", at {} {}", to_text(r.at - run_start),
                        r.revoke.empty() ? "one more key"
                        : r.add.empty()  ? "one is revoked"
                                         : "one is replaced");
  }
  if (!a.has_limit()) return text + ", money without end";
  if (a.granted) {
    text += fmt::format(", ${} granted", to_cents(*a.granted));
    if (a.granted_until != never) text += " until " + to_text(a.granted_until - run_start);
  }
  text += fmt::format(", ${} topped up", to_cents(a.topped_up.value_or(pico_usd{})));
  if (a.alert_below) text += fmt::format(", an alert below ${}", to_cents(*a.alert_below));
  return text;
}

}  // namespace stampede
