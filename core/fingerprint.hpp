// A hash of what happened in a run, to compare runs with: equal runs have equal fingerprints.
//
// Fed with integers only, in the order things happened; not cryptographic. The version of what is
// fed is part of it, so a changed encoding cannot pass for a changed behaviour.
//
// Use: fingerprint f(version); f.add(1); f.add(2, 3, 4); print(fingerprint_text(f.value()));
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/draw.hpp"

namespace stampede {

class fingerprint {
 public:
  explicit fingerprint(std::uint64_t version) : state_(version) {}

  void add(std::uint64_t word) { state_ = mix64(state_ ^ word) + golden_64; }

  // The words of a record. Multiplied in pairs, with keys of their places, so that none has to wait
  // until the one before is mixed in (the way of wyhash).
  template <std::integral... Words>
  requires(sizeof...(Words) > 1) void add(Words... words) {
    constexpr std::size_t pairs = (sizeof...(words) + 1) / 2;
    const std::array<std::uint64_t, 2 * pairs> all{static_cast<std::uint64_t>(words)...};
    std::uint64_t sum = sizeof...(words);
    for (std::size_t i = 0; i < all.size(); i += 2)
      sum += folded(all[i] ^ key(i), all[i + 1] ^ key(i + 1));
    add(sum);
  }

  std::uint64_t value() const { return state_; }

 private:
  static constexpr std::uint64_t key(std::size_t place) { return mix64((place + 1) * golden_64); }
  static constexpr std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
    __extension__ using u128 = unsigned __int128;
    const u128 product = static_cast<u128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::uint64_t state_;
};

// Sixteen hexadecimal digits.
inline std::string fingerprint_text(std::uint64_t value) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = 0; i < 16; ++i) out[i] = digits[(value >> (60 - 4 * i)) & 15];
  return out;
}

}  // namespace stampede
