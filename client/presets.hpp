// Named policies: what programs do today, each with its source, and what they should do. A preset
// is a function that fills a client_policy, and a row of a table. What each does wrong, and the
// scenario that shows it: docs/presets.md.
//
// Use: find_preset("openai-python") (client/policy.hpp).
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "client/policy.hpp"

namespace stampede {

struct preset {
  std::string_view name;
  client_policy (*make)();
};

std::span<const preset> sdk_presets();      // presets_of_sdks.cpp: clients of language models
std::span<const preset> library_presets();  // presets_of_libraries.cpp: clients of anything

}  // namespace stampede
