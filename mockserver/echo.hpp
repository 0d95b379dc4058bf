// What a refusal repeats of a client's own text: all of it, or the first 200 bytes, cut between
// two characters, and "...". Otherwise an answer would be as long as the client likes.
//
// Use: `"unknown variant `" + echo_of(name) + '`'`
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stampede {

inline std::string echo_of(std::string_view text) {
  constexpr std::size_t longest = 200;
  if (text.size() <= longest) return std::string(text);
  const auto inside_character = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  std::size_t end = longest;
  while (end > longest - 4 && inside_character(end)) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace stampede
