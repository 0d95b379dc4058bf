// A retry policy: a [client] table of a scenario, and the same struct in C++.
//
// Presets (client/presets.cpp) are named starting points; the other keys of the table
// change them. Every key with unit, default and range: docs/scenarios.md.
// Use: `const client_policy p = parse_policy(table);`
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/backoff.hpp"
#include "client/breaker.hpp"
#include "core/config_table.hpp"

namespace stampede {

// What a Retry-After header does to the policy's own delay.
enum class retry_after_use : std::uint8_t {
  ignore,
  floor,  // the longer of the two
  exact,  // instead of it
};

struct client_policy {
  std::string name = "guide";
  std::uint32_t max_attempts = 5;  // for each model of the chain; 0: no limit
  backoff_policy backoff;
  retry_after_use retry_after = retry_after_use::floor;
  duration retry_after_spread{0};          // U(0, spread) on top of a Retry-After
  duration time_budget{0};                 // of a call: nothing starts after it; 0: none
  std::int32_t server_error_retries = -1;  // retries after a 500; -1: as any other
  std::vector<int> retry_statuses;         // none named: 408, 409, 429 and every 5xx
  bool retry_transport = true;             // connection errors are retried
  bool retry_timeouts = true;
  duration timeout{0};              // without payload; 0: none
  duration thinking_timeout{0};     // the same for a thinking call
  duration silence_timeout{0};      // without any byte; 0: none
  bool pace_after_timeout = false;  // the instance's next calls wait as a retry would
  breaker_policy breaker;
  std::vector<std::string> fallback;  // models after the call's own
  bool check_content = true;          // false: any 200 that parses is a success
  bool retry_partial = false;         // retry a stream part of which was delivered
  bool sleep_after_last = false;      // waits once more before it gives up

  friend bool operator==(const client_policy&, const client_policy&) = default;
};

// A preset by name; nothing for unknown ones. `guide` is the default.
std::optional<client_policy> find_preset(std::string_view name);
std::vector<std::string_view> preset_names();

// Reads a [client] table; throws config_error.
client_policy parse_policy(const config_table& table);

// Plain words, one line a rule: for `stampede validate`.
std::vector<std::string> describe(const client_policy& policy);

// The delays other than zero that the policy names: what a compressed clock must resolve.
std::vector<duration> delays_of(const client_policy& policy);

}  // namespace stampede
