// The sign of an expectation: `>=`, `<=`, `>`, `<`, `==`, `!=`.
#pragma once

#include <cstdint>

namespace stampede {

enum class comparison : std::uint8_t { at_least, at_most, above, below, equal, different };

}  // namespace stampede
