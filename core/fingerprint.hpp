// A hash of what happened in a run, to compare runs with: equal runs have equal fingerprints.
//
// Fed with integers only, in the order things happened; not cryptographic. The version is
// part of it, so a changed encoding cannot pass for a changed behaviour.
//
// Use: fingerprint f; f.add(1); f.add(2); print(fingerprint_text(f.value()));
#pragma once

#include <cstdint>
#include <string>

#include "core/draw.hpp"

namespace stampede {

class fingerprint {
 public:
  static constexpr std::uint64_t version = 1;

  void add(std::uint64_t word) { state_ = mix64(state_ ^ word) + 0x9e3779b97f4a7c15ULL; }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = version;
};

// Sixteen hexadecimal digits.
inline std::string fingerprint_text(std::uint64_t value) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = 0; i < 16; ++i) out[i] = digits[(value >> (60 - 4 * i)) & 15];
  return out;
}

}  // namespace stampede
