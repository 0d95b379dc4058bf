// Words for a TOML syntax error: what the parser said, on one line, and for the mistakes
// people make in scenarios (a duration without quotes, a key twice) what would be right.
//
// Pure. Use: `const auto c = reword_toml_error(text, place, error.description());`
#pragma once

#include <string>
#include <string_view>

#include "core/config_table.hpp"

namespace stampede {

struct toml_complaint {
  config_place place;
  std::string message;
};

toml_complaint reword_toml_error(std::string_view text, config_place place,
                                 std::string_view description);

}  // namespace stampede
