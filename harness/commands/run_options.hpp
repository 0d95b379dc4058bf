// What `stampede run` is asked for, and what of it does not go together.
//
// Use: run_options o; add_options(*command, o); ... const run_options sound = checked(o);
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/compare.hpp"

namespace stampede {

struct run_options {
  std::vector<std::string> files;
  std::string engine;  // "sim", "live" or "both"; empty until it is checked
  std::optional<std::uint64_t> seed;
  double speed = 1;
  std::uint32_t replications = 1;
  std::string out = "stampede-report";
  std::vector<std::string> changes;
  std::string journal;
  std::string records;
  std::string baseline;
  bool update_baseline = false;
  std::vector<std::string> vary;
  std::string fail_on_regression;
  compare_options comparison;  // what that says, once it is checked
  bool verify_bytes = false;
  bool json = false;
  std::string client;
  std::uint32_t instances = 1;
};

void add_options(CLI::App& command, run_options& o);

// Throws config_error where options contradict each other.
run_options checked(run_options o);

}  // namespace stampede
