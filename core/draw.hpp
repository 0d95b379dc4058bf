// Randomness without state: a draw is a pure function of what it is drawn for.
//
// Adding a client or swapping a policy therefore shifts nobody else's draws, and two
// policies meet the same arrivals, service times and faults (common random numbers).
// Each word of the key goes through the splitmix64 finaliser (Stafford's mix 13), which
// passes avalanche tests; all distributions are our own, because the standard library's
// differ between implementations.
//
// Use: `duration wait = uniform_duration(draw({seed, rep, entity, purpose::jitter, k}), 1s);`
#pragma once

#include <cstdint>

#include "core/instant.hpp"

namespace stampede {

// What a draw is for: draws of different purposes are independent.
enum class purpose : std::uint32_t {
  arrival = 1,
  think_time,
  output_tokens,
  prompt_tokens,
  service_time,
  time_to_first_token,
  token_rate,
  jitter,
  fault,
  tie,
  answer_text,
  request_text,
  network,
  throttle,
};

constexpr std::uint64_t mix64(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return x;
}

// The golden ratio in 64 bits: keeps words of a key that are 0 from meeting in a mix.
inline constexpr std::uint64_t golden_64 = 0x9e3779b97f4a7c15ULL;

// A run's seed, mixed once for all that is drawn from it.
struct draw_seed {
  std::uint64_t mixed;

  constexpr draw_seed(std::uint64_t seed = 0) : mixed(mix64(seed + golden_64)) {}
};

struct draw_key {
  draw_seed seed{};
  std::uint32_t replication = 0;
  std::uint64_t entity = 0;
  purpose why = purpose::arrival;
  std::uint64_t index = 0;
};

// An entity number for one call: unique over instances and their calls.
constexpr std::uint64_t call_entity(std::uint32_t instance, std::uint32_t serial) {
  return (std::uint64_t{instance} << 32) | serial;
}

// What the draws of one (seed, entity, index) have in common: most of their work.
struct draw_stem {
  std::uint64_t mixed = 0;

  draw_stem() = default;
  constexpr draw_stem(draw_seed seed, std::uint64_t entity, std::uint64_t index)
      : mixed(mix64(mix64(seed.mixed ^ (entity + golden_64)) ^ (index + 2 * golden_64))) {}

  constexpr std::uint64_t draw(std::uint32_t replication, purpose why) const {
    return mix64(mixed ^ ((std::uint64_t{replication} << 32 | static_cast<std::uint32_t>(why)) +
                          3 * golden_64));
  }
};

// 64 uniform bits.
constexpr std::uint64_t draw(const draw_key& key) {
  return draw_stem(key.seed, key.entity, key.index).draw(key.replication, key.why);
}

// In [0, 1): the top 53 bits.
constexpr double unit_interval(std::uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

// An integer in [0, bound), bias below 2^-64 * bound.
constexpr std::uint64_t uniform_below(std::uint64_t bits, std::uint64_t bound) {
  __extension__ using u128 = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<u128>(bits) * bound) >> 64);
}

// In [0, width), to the nanosecond.
constexpr duration uniform_duration(std::uint64_t bits, duration width) {
  return duration{
      static_cast<std::int64_t>(uniform_below(bits, static_cast<std::uint64_t>(width.count())))};
}

}  // namespace stampede
