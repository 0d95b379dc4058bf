// A retry policy: a [client] table of a scenario, and the same struct in C++. What it is made of
// is one file each: backoff, retry_after_rule, retry_budget, breaker, throttle, ...
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
#include "client/concurrency_limit.hpp"
#include "client/content_policy.hpp"
#include "client/retry_after_rule.hpp"
#include "client/retry_budget.hpp"
#include "client/throttle.hpp"
#include "core/config_table.hpp"

namespace stampede {

// Which broken connections are tried again: those that brought nothing to the service, or all.
enum class transport_retries : std::uint8_t { none, connect, all };

struct client_policy {
  std::string name = "guide";
  std::uint32_t max_attempts = 5;  // for each model of the chain; 0: no limit
  backoff_policy backoff;
  retry_after_rule retry_after;
  duration time_budget{0};                 // of a call: nothing starts after it; 0: none
  duration deadline{0};                    // of a call: its caller leaves then; 0: none
  std::int32_t server_error_retries = -1;  // retries after a 500; -1: as any other
  bool retry_status_codes = true;          // false: no error status is retried
  std::vector<int> retry_statuses;         // none named: 408, 409, 429 and every 5xx
  bool heed_should_retry = false;          // x-should-retry of an error goes before all of these
  transport_retries retry_transport = transport_retries::all;
  bool retry_timeouts = true;
  bool retry_persistent = false;    // "every exception": errors that no retry mends, too
  duration timeout{0};              // without payload; 0: none
  duration thinking_timeout{0};     // the same for a thinking call
  duration silence_timeout{0};      // without any byte; 0: none
  bool pace_after_timeout = false;  // the instance's next calls wait as a retry would
  breaker_policy breaker;
  retry_budget_policy retry_budget;
  throttle_policy throttle;
  concurrency_policy concurrency;
  std::vector<std::string> fallback;  // models after the call's own
  content_policy content;             // of a 200
  bool retry_partial = false;         // retry a stream part of which was delivered
  bool sleep_after_last = false;      // waits once more before it gives up
  std::vector<client_policy> outer;   // layers around this one, the nearest first

  // Whether calls of an instance bear on each other beyond breakers and pacing.
  bool remembers() const {
    return retry_budget.kind != retry_budget_kind::none || throttle.kind != throttle_kind::none ||
           concurrency.kind != concurrency_kind::none;
  }
  friend bool operator==(const client_policy&, const client_policy&) = default;
};

// Layers of a stack, all told.
inline constexpr std::size_t most_layers = 4;

// A preset by name; nothing for unknown ones. `guide` is the default.
std::optional<client_policy> find_preset(std::string_view name);
std::vector<std::string_view> preset_names();

// `layers`, the outermost first, stacked as their programs do: each takes what the one below
// gives up for one failed try of its own. Nothing where a name is unknown or there are too many.
std::optional<client_policy> stack(const std::vector<std::string>& layers);

// Reads a [client] table; throws config_error.
client_policy parse_policy(const config_table& table);

// Plain words, one line a rule: for `stampede validate`.
std::vector<std::string> describe(const client_policy& policy);

// The delays other than zero that the policy names: what a compressed clock must resolve.
std::vector<duration> delays_of(const client_policy& policy);

}  // namespace stampede
