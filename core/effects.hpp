// The list a machine appends its effects to; the engine owns it, carries the effects out
// in order and clears it.
#pragma once

#include <vector>

namespace stampede {

template <class Effect>
using effects = std::vector<Effect>;

}  // namespace stampede
