// What a refusal repeats of a client's own text: all of it, or the first 200 bytes, cut between
// two characters, and "...". Otherwise an answer would be as long as the client likes.
// printable_ascii is for what need not be UTF-8, as a header: it would break the answer's JSON.
//
// Use: `"unknown variant `" + echo_of(name) + '`'`
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace stampede {

inline std::string echo_of(std::string_view text, std::size_t longest = 200) {
  if (text.size() <= longest) return std::string(text);
  const auto inside_character = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  std::size_t end = longest;
  while (end > longest - 4 && inside_character(end)) --end;
  return std::string(text.substr(0, end)) + "...";
}

inline std::string printable_ascii(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace stampede
