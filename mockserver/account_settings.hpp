// One [[server.account]] of a scenario: its keys, its money, when it says that little is left.
//
// Money is read from text ("5.00", dollars) and kept in pico-dollars; times are scenario time.
// An account without `granted` and `topped_up` has money without end.
//
// Use: settings.accounts = parse_accounts(read);
// Errors: config_error with file:line:column.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config_table.hpp"
#include "core/instant.hpp"
#include "core/money.hpp"

namespace stampede {

// rotations = [{ at = "60s", revoke = "sk-old", add = "sk-new" }]: from `at` on the one is
// answered 401 and the other works. Either may be absent.
struct key_rotation {
  instant at{};
  std::string revoke;
  std::string add;
};

struct account_settings {
  std::string name = "default";         // name; needed where there are several accounts
  std::vector<std::string> keys;        // keys = ["sk-..."] (needed)
  std::vector<std::string> revoked;     // revoked = ["sk-..."]: were keys, are answered 401
  std::vector<key_rotation> rotations;  // rotations
  std::optional<pico_usd> granted;      // granted = "5.00": spent first
  instant granted_until = never;        // granted_until = "10m": what is left of it lapses
  std::optional<pico_usd> topped_up;    // topped_up = "20.00"
  std::optional<pico_usd> alert_below;  // alert_below = "1.00": said once, on crossing

  bool has_limit() const { return granted || topped_up; }
};

// All of them, from the [server] table being read.
std::vector<account_settings> parse_accounts(config_reader& server);

// Plain words, one line.
std::string describe(const account_settings& account);

}  // namespace stampede
