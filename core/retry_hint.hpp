// What the header x-should-retry of an answer says: "true" or "false". The SDKs of OpenAI and
// Anthropic obey it before they look at the status.
#pragma once

#include <cstdint>

namespace stampede {

enum class retry_hint : std::uint8_t { none, yes, no };

}  // namespace stampede
