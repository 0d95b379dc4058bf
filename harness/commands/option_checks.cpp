#include "harness/commands/option_checks.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <string>

namespace stampede {

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const auto complaint = [least, most](const std::string& text) -> std::string {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec == std::errc{} && read.ptr == end && number >= least && number <= most) return "";
    return fmt::format("takes a whole number from {} to {}, not '{}'", least, most, text);
  };
  return CLI::Validator(complaint, "");
}

void add_seed(CLI::App& command, std::optional<std::uint64_t>& seed) {
  command.add_option("--seed", seed, "instead of the scenario's")
      ->check(whole_number(0, greatest_seed));
}

}  // namespace stampede
