// A random scenario from a seed, as the TOML text of a file.
//
// Text, so that what failed can be saved, read, shrunk by hand and run like any other file.
// Every family of keys is drawn: faults and policies on and off for each seed, sizes from one
// to some thousands. Deterministic: one seed, one text, on every machine. The text always
// loads, and its run always ends.
// Use: `const run_plan plan = build_plan(parse_scenario(random_scenario(7), "seed 7"));`
#pragma once

#include <cstdint>
#include <string>

#include "harness/fuzz/dice.hpp"

namespace stampede {

std::string random_scenario(std::uint64_t seed);

// What all parts of one scenario agree on.
struct scenario_frame {
  duration length{0};
  duration drain{0};
  std::int64_t calls = 1;  // aimed at, over the whole run
  // Some calls retry without limit. Then every wait takes time, or a run would not end.
  bool unlimited = false;
};

// Its parts, each a table or some of them: [prefix] and what belongs to it.
std::string random_client(dice& d, const scenario_frame& frame, const std::string& prefix);
std::string random_server(dice& d, const scenario_frame& frame);
std::string random_fault(dice& d, const scenario_frame& frame);

// A TOML value that is a time or a distribution of times; a count or one of counts.
std::string random_times(dice& d, duration least, duration most);
std::string random_counts(dice& d, std::int64_t least, std::int64_t most);

}  // namespace stampede
