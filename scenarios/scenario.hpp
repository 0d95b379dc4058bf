// A scenario, read: what the fleet is, what it asks for and for how long. What the server,
// the faults, the client policies and the expectations are stays in config_tables, which
// their owners parse (mockserver, mockserver/faults, client, reports).
//
// Every key with its unit, default and range: docs/scenarios.md.
// Use: `const scenario s = load_scenario("storm.toml");`
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config_table.hpp"
#include "core/distribution.hpp"
#include "core/instant.hpp"

namespace stampede {

enum class arrival_kind : std::uint8_t {
  closed_loop,  // each instance asks again `think_time` after its last answer, or at a pace
  constant,     // open loop, evenly spaced
  poisson,      // open loop, exponential gaps
  all_at_once,  // every instance asks `calls` times at `at`
};

// The group's total rate from `at` on, in calls per second.
struct rate_point {
  instant at;
  double per_second = 0;
};

struct arrival_plan {
  arrival_kind kind = arrival_kind::closed_loop;
  distribution think_time;        // closed_loop, nanoseconds after an answer; paced: after a call
  bool paced = false;             // closed_loop: counted from when the last call was wanted
  duration spread{0};             // closed_loop: first calls are uniform over this
  std::vector<rate_point> rates;  // open loop, by time; the first at the start of the run
  bool ramp = false;              // straight lines between the points, else steps
  instant at{};                   // all_at_once
  std::uint32_t calls = 0;        // most calls an instance makes; 0 is no limit
};

struct workload_plan {
  std::string model = "deepseek-v4-flash";
  std::uint32_t turns = 1;         // a conversation's calls, each resending what came before
  std::int32_t cached_tokens = 0;  // prompt prefix found in the cache
  distribution prompt_tokens;      // fresh prompt tokens of a turn
  distribution output_tokens;
  std::optional<distribution> service_time;  // work of an answer, instead of the server's
                                             // time_to_first_token and tokens_per_second
  bool stream = false;
  bool thinking = false;
  bool json_mode = false;
};

struct group_plan {
  std::string name;
  config_place place;
  std::uint32_t instances = 1;
  std::string api_key;  // absent: the first key the server knows
  arrival_plan arrivals;
  workload_plan workload;
  config_table client;  // [client] with the group's own on top
};

struct scenario {
  std::string path;
  std::string source;                // the text as read, kept for the report
  std::vector<std::string> changes;  // laid over it, in order
  std::string name;
  std::string description;
  std::uint64_t seed = 1;
  duration length{0};         // `duration`: new calls start until then
  duration drain{0};          // calls under way may go on for this long after it
  duration network_delay{0};  // one way, in the sim
  std::vector<group_plan> fleet;
  config_table server;               // [server]
  std::vector<config_table> faults;  // [[fault]]
  config_table expect;               // [expect]
};

}  // namespace stampede
