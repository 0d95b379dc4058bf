// What the mock server is like: its capacity, its speed, its answers' look. Read from the
// [server] table of a scenario; every key with its default is listed at its member.
//
// Use: `const server_settings s = parse_server(scenario.server);`
// Errors: config_error with file:line:column.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config_table.hpp"
#include "core/distribution.hpp"
#include "core/instant.hpp"
#include "deepseek/models.hpp"

namespace stampede {

// documented: what the guide says. observed: what was captured from the real service.
enum class server_profile : std::uint8_t { documented, observed };

// What becomes of the work for a peer that has left: dropped at once, or (as a server that
// only notices when it writes) queued and carried out to its end.
enum class abandoned_work : std::uint8_t { drop, finish };

// [[server.capacity]]: from `at` for `length`, another speed or number of slots. Where two
// overlap, the later-listed decides what it sets.
struct capacity_window {
  instant at{};                        // at = "60s" (needed)
  duration length = forever;           // for = "10s"; absent: to the end of the run
  std::optional<std::int32_t> speed;   // speed = 0.25, in thousandths of the normal rate
  std::optional<std::uint32_t> slots;  // slots = 16; 0: none at all
};

struct server_settings {
  server_profile profile = server_profile::documented;  // profile = "documented" | "observed"
  deepseek::date date = deepseek::default_date;         // date = "2026-04-25"
  std::uint32_t slots = 64;             // slots: answers worked on at once; 0 is no limit
  std::uint32_t queue_places = 0;       // queue: requests that may wait for a slot
  std::int16_t when_full = 429;         // when_full = "429" | "503"
  std::optional<duration> retry_after;  // retry_after: of that refusal; absent: none
  duration keep_alive_every = std::chrono::milliseconds(12'400);  // keep_alive_every, in the queue
  duration queue_close_after = std::chrono::minutes(10);          // queue_close_after
  distribution time_to_first_token{distribution_kind::constant, 300e6, 0};  // times
  double tokens_per_second = 60;  // tokens_per_second, of one answer at full speed
  duration stream_interval = std::chrono::milliseconds(100);  // stream_interval
  // output_tokens: length of an answer whose client declares no workload. Absent: 300, but
  // no more than 8 + 4 for each prompt token, so that "ping" gets a short answer.
  std::optional<distribution> output_tokens;
  std::vector<std::string> api_keys;                // api_keys; empty: every well-formed sk-... key
  std::uint32_t account_concurrency = 0;            // account_concurrency, a key; 0 is no limit
  abandoned_work abandoned = abandoned_work::drop;  // abandoned = "drop" | "finish"
  bool bill_abandoned = true;  // bill_abandoned: prompt and tokens generated until the peer left
  std::vector<capacity_window> capacity;  // [[server.capacity]]
};

server_settings parse_server(const config_table& table);

// Every configured delay that is not zero: what a compressed clock must still resolve.
std::vector<duration> delays_of(const server_settings& settings);

// Plain words, a line each, for `stampede validate`.
std::vector<std::string> describe(const server_settings& settings);

}  // namespace stampede
