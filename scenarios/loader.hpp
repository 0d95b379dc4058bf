// Reads scenario files. All failures are config_error: one line with file:line:column.
// Touches the disk only in load_scenario, library_scenarios and preset_scenarios.
//
// Use: `const scenario s = load_scenario("rate_limit_storm");`
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/scenario.hpp"

namespace stampede {

// A file by path, or one of the library by name: "rate_limit_storm" is looked for in the
// working directory's scenarios/library, beside the executable's share directory, and in the
// source tree it was built from. Each of `changes` is a TOML assignment laid over the file,
// such as `client.preset = "guide-snippet"`.
scenario load_scenario(const std::string& path_or_name,
                       const std::vector<std::string>& changes = {});

// The same from text; `file` is what messages call it.
scenario parse_scenario(std::string_view toml, const std::string& file,
                        const std::vector<std::string>& changes = {});

// Only the tree: what `parse_scenario` reads its keys from.
config_table parse_config(std::string_view toml, const std::string& file);

// The names of the library's scenarios, sorted.
std::vector<std::string> library_scenarios();
// And of the scenarios that show what a preset does wrong: its name with underscores.
std::vector<std::string> preset_scenarios();

}  // namespace stampede
