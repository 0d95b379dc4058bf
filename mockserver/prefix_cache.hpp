// The service's prompt cache: which beginnings of a prompt it has seen, in units of 128 tokens.
//
// A token is four bytes by the documented estimate, so a unit is 512 bytes of message contents.
// Each unit is known by a number made from all bytes up to its end, with the roles between
// them, so that equal numbers mean equal beginnings; what is left over at the end of a prompt
// is no unit, and a prompt of less than 128 tokens never hits. Tool definitions stand before
// the messages in the prompt: another set of them is another prompt from its start.
//
// Remembers a number of units, the last used: of a conversation nobody continues the end is
// forgotten first. Deterministic; about 40 bytes a unit, taken as the cache fills.
//
// Use: prompt_digest digest; digest.role("user"); digest.text("..."); facts.prefix = digest.take();
//      prefix_cache cache(262'144);
//      const std::int32_t hit = cache.hit_tokens(units);  cache.remember(units);
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/big_vector.hpp"
#include "mockserver/number_map.hpp"

namespace stampede {

inline constexpr std::int32_t cache_unit_tokens = 128;
inline constexpr std::size_t cache_unit_bytes = 512;

class prompt_digest {
 public:
  void role(std::string_view name);  // of the contents that follow; takes no bytes of a unit
  void text(std::string_view content);
  void tools(std::string_view definition);  // at any time; for the whole prompt
  // The units so far, from the first on.
  std::vector<std::uint64_t> take();

 private:
  void close_unit();  // where it is full

  std::uint64_t state_ = 0x243f6a8885a308d3ULL;
  std::uint64_t tools_ = 0;
  std::uint64_t word_ = 0;  // bytes of this unit not in state_ yet
  std::size_t bytes_ = 0;   // of this unit
  std::vector<std::uint64_t> units_;
};

// `units` as another owner's: nobody meets what somebody else has sent.
void make_private(std::span<std::uint64_t> units, std::uint64_t owner);

class prefix_cache {
 public:
  explicit prefix_cache(std::uint32_t most_units) : most_(most_units) {}

  // Tokens of the longest beginning that is known.
  std::int32_t hit_tokens(std::span<const std::uint64_t> units);
  void remember(std::span<const std::uint64_t> units);
  std::size_t size() const { return nodes_.size(); }

 private:
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};
  struct node {
    std::uint64_t unit = 0;
    std::uint32_t newer = nobody;
    std::uint32_t older = nobody;
  };

  void take_out(std::uint32_t at);
  void put_newest(std::uint32_t at);

  std::uint32_t most_;
  number_map<std::uint32_t> where_;
  big_vector<node> nodes_;
  std::uint32_t newest_ = nobody;
  std::uint32_t oldest_ = nobody;
};

}  // namespace stampede
