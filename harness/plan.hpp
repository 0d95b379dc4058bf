// A scenario made ready to run: every table parsed by its owner, every group given its
// client set-up and its share of the instance numbers.
//
// Use: `const run_plan plan = build_plan(load_scenario("rate_limit_storm"));`
// Errors: config_error, for whatever any part of the scenario says wrongly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/client_instance.hpp"
#include "mockserver/faults/registry.hpp"
#include "mockserver/settings.hpp"
#include "reports/expectations.hpp"
#include "reports/run_info.hpp"
#include "scenarios/scenario.hpp"

namespace stampede {

struct group_setup {
  group_plan plan;
  client_setup client;
  std::uint32_t first_instance = 0;
};

struct run_plan {
  scenario what;
  std::uint64_t seed = 1;
  server_settings server;
  std::vector<group_setup> groups;
  std::vector<expectation> expectations;

  std::uint32_t instances() const;
  // Faults remember what they did, so each run gets its own.
  std::vector<fault_rule> make_faults() const { return parse_faults(what.faults); }
};

run_plan build_plan(scenario what, std::optional<std::uint64_t> seed = std::nullopt);

// The key a group presents that names none.
std::string fleet_key(const run_plan& plan);

// Every API key the plan names: the server's, its accounts' and the fleet's. The longest first.
std::vector<std::string> api_keys_of(const run_plan& plan);

// `text` with these keys, and every other sk-..., masked but for the last four characters.
std::string with_keys_masked(std::string_view text, const std::vector<std::string>& keys);

// What a report says about a run of this plan, before it has run.
run_info info_of(const run_plan& plan, const std::string& engine, double speed);

// Adds what came of the faults in each run of the plan: what no run's requests met is a warning.
void note_faults(run_info& info, const std::vector<std::vector<fault_statement>>& runs);

// Plain words about everything the plan will do, a line each; headings end in a colon.
std::vector<std::string> describe(const run_plan& plan);

// A compressed clock resolves delays of 2 ms of wall time: the largest speed at which the
// shortest delay the plan names is that long, and which delay it is.
struct speed_limit {
  double most = 0;
  duration shortest{0};
};
speed_limit speed_limit_of(const run_plan& plan);

// Most connections a live run is expected to hold open at once, counting both ends.
std::uint64_t expected_sockets(const run_plan& plan);

}  // namespace stampede
