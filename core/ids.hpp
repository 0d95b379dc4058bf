// Names of the things a run is made of.
//
// A call_id and an exchange_id carry the slot their machine keeps them in (reused) and a
// serial number (never reused), so an event for something that has ended is recognised.
#pragma once

#include <compare>
#include <cstdint>

namespace stampede {

// One client process of the fleet, numbered from 0 over all groups.
struct instance_id {
  std::uint32_t value = 0;
  friend auto operator<=>(const instance_id&, const instance_id&) = default;
};

// One call of one instance. `serial` counts the instance's calls from 0.
struct call_id {
  std::uint32_t slot = 0;
  std::uint32_t serial = 0;
  friend auto operator<=>(const call_id&, const call_id&) = default;
};

// One request the server holds. `serial` counts the server's requests from 0.
struct exchange_id {
  std::uint32_t slot = 0;
  std::uint32_t serial = 0;
  friend auto operator<=>(const exchange_id&, const exchange_id&) = default;
};

}  // namespace stampede
