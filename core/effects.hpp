// The list a machine appends its effects to; the engine owns it, carries the effects out
// in order and clears it.
//
// Use: `add<send_attempt>(out) = {id, attempt, chain};`
#pragma once

#include <utility>
#include <variant>
#include <vector>

namespace stampede {

template <class Effect>
using effects = std::vector<Effect>;

// A new effect of that kind, made where it stays: to copy what was just written in pieces has the
// processor wait for all writes before.
template <class Kind, class... Kinds>
Kind& add(effects<std::variant<Kinds...>>& out) {
  return std::get<Kind>(out.emplace_back(std::in_place_type<Kind>));
}

}  // namespace stampede
