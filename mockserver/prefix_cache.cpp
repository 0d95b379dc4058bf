#include "mockserver/prefix_cache.hpp"

#include <algorithm>
#include <utility>

#include "core/draw.hpp"
#include "core/text_words.hpp"

namespace stampede {
namespace {

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;

// Both halves of a product, so that every bit counts: a third of mix64's time, which is most of
// what reading a prompt takes.
std::uint64_t joined(std::uint64_t state, std::uint64_t word) {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(state ^ word) * 0xbf58476d1ce4e5b9ULL;
  return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product) ^ golden;
}

std::uint64_t hashed(std::uint64_t state, std::string_view text) {
  for (const char c : text) state = joined(state, static_cast<unsigned char>(c));
  return joined(state, text.size() + 256);
}

}  // namespace

void prompt_digest::role(std::string_view name) {
  // Where in the unit the role changes is part of the prompt.
  state_ = hashed(joined(joined(state_, word_), bytes_), name);
  word_ = 0;
}

void prompt_digest::close_unit() {
  if (bytes_ < cache_unit_bytes) return;
  units_.push_back(state_);
  bytes_ = 0;
}

void prompt_digest::text(std::string_view content) {
  const char* at = content.data();
  const char* const end = at + content.size();
  const auto take_byte = [&] {
    word_ = word_ << 8 | static_cast<unsigned char>(*at++);
    if (++bytes_ % 8 != 0) return;
    state_ = joined(state_, std::exchange(word_, 0));
    close_unit();
  };
  while (at != end && bytes_ % 8 != 0) take_byte();
  while (end - at >= 8) {
    const std::size_t words =
        std::min(cache_unit_bytes - bytes_, static_cast<std::size_t>(end - at)) / 8;
    std::uint64_t state = state_;
    for (const char* const stop = at + 8 * words; at != stop; at += 8) {
      state = joined(state, word_of(at));
    }
    state_ = state;
    bytes_ += 8 * words;
    close_unit();
  }
  while (at != end) take_byte();
}

void prompt_digest::tools(std::string_view definition) { tools_ = hashed(tools_, definition); }

std::vector<std::uint64_t> prompt_digest::take() {
  std::vector<std::uint64_t> units = std::exchange(units_, {});
  if (tools_ != 0) make_private(units, tools_);
  return units;
}

void make_private(std::span<std::uint64_t> units, std::uint64_t owner) {
  for (std::uint64_t& unit : units) unit = joined(unit, owner);
}

std::int32_t prefix_cache::hit_tokens(std::span<const std::uint64_t> units) {
  std::size_t known = 0;
  while (known < units.size() && where_.find(units[known])) ++known;
  return static_cast<std::int32_t>(known) * cache_unit_tokens;
}

void prefix_cache::remember(std::span<const std::uint64_t> units) {
  // The end first, so that the beginning, which others may share, is the last to go.
  const std::size_t kept = std::min<std::size_t>(units.size(), most_);
  for (std::size_t i = kept; i-- > 0;) {
    if (const std::uint32_t* known = where_.find(units[i])) {
      const std::uint32_t at = *known;
      take_out(at);
      put_newest(at);
      continue;
    }
    std::uint32_t at = static_cast<std::uint32_t>(nodes_.size());
    if (at < most_) {
      nodes_.emplace_back();
    } else {
      at = oldest_;
      take_out(at);
      where_.erase(nodes_[at].unit);
    }
    nodes_[at].unit = units[i];
    where_.at(units[i]) = at;
    put_newest(at);
  }
}

void prefix_cache::take_out(std::uint32_t at) {
  const node& n = nodes_[at];
  (n.newer == nobody ? newest_ : nodes_[n.newer].older) = n.older;
  (n.older == nobody ? oldest_ : nodes_[n.older].newer) = n.newer;
}

void prefix_cache::put_newest(std::uint32_t at) {
  nodes_[at].newer = nobody;
  nodes_[at].older = newest_;
  (newest_ == nobody ? oldest_ : nodes_[newest_].newer) = at;
  newest_ = at;
}

}  // namespace stampede
