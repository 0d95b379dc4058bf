// What several commands ask of their options, so that a wrong one is told in one line and alike.
//
// Use: command->add_option("--port", o->port)->check(whole_number(0, 65535));
#pragma once

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>
#include <cstdint>
#include <optional>

namespace stampede {

// As a scenario may have it: TOML knows no greater one.
inline constexpr std::uint64_t greatest_seed = 9'223'372'036'854'775'807;

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);

// --seed, instead of the scenario's.
void add_seed(CLI::App& command, std::optional<std::uint64_t>& seed);

}  // namespace stampede
