// Money as an integer count of pico-dollars (1e-12 USD): exact for every token price the
// service has had. Range +-9.2 million dollars.
#pragma once

#include <compare>
#include <cstdint>

namespace stampede {

struct pico_usd {
  std::int64_t value = 0;

  friend constexpr auto operator<=>(const pico_usd&, const pico_usd&) = default;
  constexpr pico_usd& operator+=(pico_usd other) {
    value += other.value;
    return *this;
  }
  friend constexpr pico_usd operator+(pico_usd a, pico_usd b) { return {a.value + b.value}; }
  friend constexpr pico_usd operator-(pico_usd a, pico_usd b) { return {a.value - b.value}; }
  friend constexpr pico_usd operator*(pico_usd a, std::int64_t n) { return {a.value * n}; }
};

constexpr double to_usd(pico_usd m) { return static_cast<double>(m.value) / 1e12; }

}  // namespace stampede
