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
#include "mockserver/account_settings.hpp"

namespace stampede {

// documented: what the guide says. observed: what was captured from the real service.
enum class server_profile : std::uint8_t { documented, observed };

// What becomes of the work for a peer that has left: dropped at once, or (as a server that
// only notices when it writes) queued and carried out to its end.
enum class abandoned_work : std::uint8_t { drop, finish };

// What a client that shuts down its side of the connection while its answer is pending says:
// that it has left, as most servers take it, or only that it has nothing more to send.
enum class half_closed : std::uint8_t { left, allowed };

// Who of those that wait is served first: the longest waiting, or the newest.
enum class queue_order : std::uint8_t { fifo, lifo };

// slow_down = { from = 0.5, to = 0.25 }: the speed of all answers falls in a straight line from
// 1 with that share of the slots in use to `to` with all of them. In thousandths.
struct slow_down {
  std::int32_t from = 500;
  std::int32_t to = 1000;
};

// rate_by_load = { most = "50/s", least = "5/s", from = 0.5 }: requests an account may start a
// second, falling in a straight line from `most` at the load `from` to `least` at full load.
// The load is busy slots and queue places by all of them.
struct rate_by_load {
  double most = 0;
  double least = 0;
  std::int32_t from = 0;  // thousandths
};

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
  std::uint32_t slots = 64;        // slots: answers worked on at once; 0 is no limit
  std::uint32_t queue_places = 0;  // queue: requests that may wait for a slot
  std::int16_t when_full = 429;    // when_full = "429" | "503"
  // retry_after = "1s" | "none": of the server's own 429 and 503. Absent: 1s in the documented
  // profile, since the guide says that they carry it; none in the observed, where none was seen.
  std::optional<duration> retry_after = std::chrono::seconds(1);
  duration keep_alive_every = std::chrono::milliseconds(12'400);  // keep_alive_every, in the queue
  duration queue_close_after = std::chrono::minutes(10);          // queue_close_after
  distribution time_to_first_token{distribution_kind::constant, 300e6, 0};  // times
  double tokens_per_second = 60;  // tokens_per_second, of one answer at full speed
  duration stream_interval = std::chrono::milliseconds(100);  // stream_interval
  // output_tokens: length of an answer whose client declares no workload. Absent: 300, but
  // no more than 8 + 4 for each prompt token, so that "ping" gets a short answer.
  std::optional<distribution> output_tokens;
  // strict_history: two user turns in a row are refused too, as the guide hints; real clients
  // do send them.
  bool strict_history = false;
  // fault_header: a request may ask for a fault with x-stampede-fault.
  bool fault_header = true;
  std::vector<std::string> api_keys;       // api_keys; empty: every well-formed sk-... key
  std::vector<account_settings> accounts;  // [[server.account]]; none: one, without any limit
  // account_concurrency = 20 | "by_date": requests at a time of an account and model, its keys
  // added up; 0 is no limit.
  std::uint32_t account_concurrency = 0;
  bool concurrency_by_date = false;
  bool concurrency_by_balance = false;     // concurrency_by_balance: no more than 25 for a dollar
  std::optional<rate_by_load> rate_limit;  // rate_by_load; absent: none
  std::optional<slow_down> slows_down;     // slow_down; absent: never
  queue_order order = queue_order::fifo;   // queue_order = "fifo" | "lifo"
  std::uint32_t prefix_cache_units = 262'144;       // prefix_cache_units, of 128 tokens; 0 is none
  abandoned_work abandoned = abandoned_work::drop;  // abandoned = "drop" | "finish"
  half_closed half_close = half_closed::left;       // half_close = "left" | "allowed"
  bool bill_abandoned = true;  // bill_abandoned: prompt and tokens generated until the peer left
  std::vector<capacity_window> capacity;  // [[server.capacity]]

  // Whether what an account may do depends on how full the server is.
  bool heeds_load() const { return concurrency_by_date || rate_limit.has_value(); }
};

server_settings parse_server(const config_table& table);

// The same for a server that starts at `at` of the scenario's time: its date and every instant
// it names count from there.
server_settings started_at(server_settings settings, instant at);

// Every configured delay that is not zero: what a compressed clock must still resolve.
std::vector<duration> delays_of(const server_settings& settings);

// Plain words, a line each, for `stampede validate`.
std::vector<std::string> describe(const server_settings& settings);

}  // namespace stampede
