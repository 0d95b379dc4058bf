// stampede run SCENARIO --client 'command' --instances N: the scenario's server and faults, met
// by processes instead of the scenario's own fleet.
// Use: `return run_clients({.file = "storm.toml", .command = "python bot.py"});`
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stampede {

struct clients_options {
  std::string file;
  std::string command;
  std::uint32_t instances = 1;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> changes;
  std::string out;
  bool json = false;
};

// The exit status. Throws what loading, listening and writing throw.
int run_clients(const clients_options& o);

}  // namespace stampede
