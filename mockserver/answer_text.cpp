#include "mockserver/answer_text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/draw.hpp"

namespace stampede {
namespace {

// Five letters each, so that a text's size follows from its number of tokens.
constexpr std::array<std::string_view, 64> words{
    "about", "above", "after", "again", "along", "among", "apple", "basic", "begin", "below",
    "bring", "brown", "carry", "cause", "clear", "close", "cloud", "count", "cover", "daily",
    "doubt", "early", "earth", "eight", "every", "field", "final", "first", "floor", "force",
    "front", "given", "glass", "grand", "green", "group", "happy", "heart", "heavy", "horse",
    "house", "judge", "large", "later", "learn", "level", "light", "local", "maybe", "metal",
    "money", "month", "never", "night", "north", "ocean", "offer", "often", "order", "other",
    "paper", "party", "plain", "quiet"};
// With a character of two bytes, and as many bytes in all.
constexpr std::array<std::string_view, 8> accented_words{"caf\u00e9", "f\u00eate", "\u00e9lan",
                                                         "\u00fcber", "na\u00eff", "ros\u00e9",
                                                         "d\u00f4me", "ao\u00fbt"};
// With a quotation mark, which is two bytes in JSON: five there.
constexpr std::array<std::string_view, 8> quoting_words{"so\"l", "th\"n", "wh\"t", "ma\"y",
                                                        "of\"n", "ab\"t", "wi\"l", "no\"t"};
constexpr std::int64_t word_bytes = 5;

constexpr std::string_view json_before = R"({"answer":")";
constexpr std::string_view json_after = R"("})";
constexpr std::int64_t escapes_before = 3;  // backslashes they take inside a JSON string
constexpr std::int64_t escapes_after = 1;

std::size_t word_at(const answer& a, std::int32_t i) {
  return mix64(a.text + static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15ULL) & 63;
}

std::string_view word_of(const answer& a, std::int32_t i) {
  switch (a.letters) {
    case alphabet::plain: return words[word_at(a, i)];
    case alphabet::accented: return accented_words[word_at(a, i) % accented_words.size()];
    case alphabet::escaped: return quoting_words[word_at(a, i) % quoting_words.size()];
  }
  return {};
}

// Of the content, unescaped.
std::int64_t bytes_before_place(const answer& a, std::int32_t place) {
  if (place == 0) return 0;
  const auto opening = a.json_mode ? static_cast<std::int64_t>(json_before.size()) : 0;
  return opening + place * (word_bytes + 1) - 1;
}

// A text cut off by max_tokens or for lack of resources ends in the middle of its object, as
// the service's does.
bool closes_object(const answer& a, std::int32_t end) {
  return a.json_mode && end == a.usage.output && content_tokens(a) > 0 &&
         a.finish == finish_kind::stop;
}

// The arguments' bytes before piece `place`, never inside a character.
std::size_t arguments_before(const answer& a, std::int32_t place) {
  const std::string_view text = a.tool_arguments;
  if (place >= a.tool_tokens) return text.size();
  auto at = text.size() * static_cast<std::size_t>(place) / static_cast<std::size_t>(a.tool_tokens);
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return at;
}

// Each byte's two digits, so that a number is written in eight steps.
constexpr auto hex_pairs = [] {
  constexpr std::string_view hex = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte) {
    pairs[byte] = {hex[byte >> 4], hex[byte & 15]};
  }
  return pairs;
}();

// The last `bytes` bytes of a number.
char* put_hex(char* to, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8, to += 2) {
    std::memcpy(to, hex_pairs[value >> shift & 255].data(), 2);
  }
  return to;
}

// A space and a word, in a room that is copied at one go.
using spaced_word = std::array<char, 8>;
constexpr auto spaced_words = [] {
  std::array<spaced_word, words.size()> spaced{};
  for (std::size_t i = 0; i < words.size(); ++i) {
    spaced[i][0] = ' ';
    std::copy(words[i].begin(), words[i].end(), spaced[i].begin() + 1);
  }
  return spaced;
}();

void put_spaced_words(text_sink& put, const answer& a, std::int32_t first, std::int32_t end) {
  constexpr std::int32_t most = 64;
  constexpr std::size_t size = word_bytes + 1;
  std::array<char, most * size + sizeof(spaced_word) - size> run;
  while (first < end) {
    const std::int32_t stop = std::min(end, first + most);
    char* to = run.data();
    for (; first < stop; ++first, to += size) {
      std::memcpy(to, spaced_words[word_at(a, first)].data(), sizeof(spaced_word));
    }
    put({run.data(), static_cast<std::size_t>(to - run.data())});
  }
}

}  // namespace

std::int32_t visible_tokens(const answer& a) {
  if (a.empty_content) return a.reasoning;
  if (a.content_bytes < 0 || calls_tool(a)) return a.usage.output;
  std::int32_t shown = 0;
  while (shown < content_tokens(a) && bytes_before_place(a, shown) < a.content_bytes) ++shown;
  return a.reasoning + shown;
}

std::string_view token_text(const answer& a, std::int32_t i, token_room& room) {
  const bool in_object = a.json_mode && i >= a.reasoning;  // a JSON string inside the content
  const bool reasons = i < a.reasoning;
  const std::int32_t place = reasons ? i : i - a.reasoning;
  if (!reasons && calls_tool(a)) {
    const std::size_t from = arguments_before(a, place);
    return a.tool_arguments.substr(from, arguments_before(a, place + 1) - from);
  }
  std::size_t size = 0;
  const auto add = [&](std::string_view text) {
    std::copy(text.begin(), text.end(), room.begin() + static_cast<std::ptrdiff_t>(size));
    size += text.size();
  };
  if (place > 0) {
    add(" ");
  } else if (a.json_mode && !reasons) {
    add(json_before);
  }
  const std::string_view word = word_of(a, i);
  const std::size_t quote = in_object ? word.find('"') : std::string_view::npos;
  if (quote == std::string_view::npos) {
    add(word);
  } else {
    add(word.substr(0, quote));
    add("\\");
    add(word.substr(quote));
  }
  if (!reasons && closes_object(a, i + 1)) add(json_after);
  if (!reasons && a.content_bytes >= 0) {
    const std::int64_t left =
        std::max<std::int64_t>(a.content_bytes - bytes_before_place(a, place), 0);
    size = std::min(size, static_cast<std::size_t>(left));
  }
  return {room.data(), size};
}

void put_token(text_sink& put, const answer& a, std::int32_t i) {
  token_room room;
  const std::string_view text = token_text(a, i, room);
  const bool escapes = a.letters == alphabet::escaped;
  if (escapes || (i >= a.reasoning && (a.json_mode || calls_tool(a)))) {
    put_escaped(put, text);
  } else {
    put(text);
  }
}

void put_tokens(text_sink& put, const answer& a, std::int32_t first, std::int32_t end) {
  end = std::min(end, visible_tokens(a));
  if (put.only_counts() && has_even_tokens(a)) {
    put.count(token_bytes(a, first, end));
    return;
  }
  const bool even = has_even_tokens(a) && a.letters == alphabet::plain;
  while (first < end) {
    if (!even || first == 0 || first == a.reasoning || closes_object(a, first + 1)) {
      put_token(put, a, first++);
      continue;
    }
    // Most tokens are a space and a word: up to the next that is not, these go out many at a time.
    std::int32_t stop = closes_object(a, end) ? end - 1 : end;
    if (first < a.reasoning) stop = std::min(stop, a.reasoning);
    put_spaced_words(put, a, first, stop);
    first = stop;
  }
}

bool has_even_tokens(const answer& a) {
  const bool escaped_twice = a.json_mode && a.letters == alphabet::escaped;
  return !calls_tool(a) && a.content_bytes < 0 && !escaped_twice;
}

std::int64_t token_bytes(const answer& a, std::int32_t first, std::int32_t end) {
  if (end <= first) return 0;
  std::int64_t bytes = (word_bytes + 1) * (end - first);
  if (first == 0 && a.reasoning > 0) --bytes;       // no space before the first of the reasoning
  if (first <= a.reasoning && a.reasoning < end) {  // the first of the content
    --bytes;
    if (a.json_mode) bytes += static_cast<std::int64_t>(json_before.size()) + escapes_before;
  }
  if (closes_object(a, end)) bytes += static_cast<std::int64_t>(json_after.size()) + escapes_after;
  return bytes;
}

std::string_view alternative_word(const answer& a, std::int32_t i, std::int32_t which) {
  return words[(word_at(a, i) + static_cast<std::size_t>(which)) % words.size()];
}

std::optional<stop_place> find_stop(const answer& a, std::span<const std::string> stops) {
  std::string text;
  token_room room;
  for (std::int32_t i = a.reasoning; i < a.usage.output; ++i) {
    const std::size_t before = text.size();
    text += token_text(a, i, room);
    std::optional<stop_place> found;
    std::size_t found_end = 0;
    for (std::size_t which = 0; which < stops.size(); ++which) {
      const std::string& stop = stops[which];
      if (stop.empty()) continue;
      const std::size_t from = before < stop.size() ? 0 : before - stop.size() + 1;
      const std::size_t at = text.find(stop, from);
      if (at == std::string::npos || (found && at + stop.size() >= found_end)) continue;
      found_end = at + stop.size();
      found = stop_place{i + 1, static_cast<std::int64_t>(at), which};
    }
    if (found) return found;
  }
  return std::nullopt;
}

std::string completion_id(const answer& a) {
  const std::uint64_t high = (mix64(a.text + 1) & ~0xf000ULL) | 0x4000ULL;
  const std::uint64_t low = (mix64(a.text + 2) & ~(3ULL << 62)) | (1ULL << 63);
  std::string id(36, '-');
  char* to = put_hex(id.data(), high >> 32, 4);
  to = put_hex(to + 1, high >> 16, 2);
  to = put_hex(to + 1, high, 2);
  to = put_hex(to + 1, low >> 48, 2);
  put_hex(to + 1, low, 6);
  return id;
}

std::string trace_id(const answer& a) {
  std::string id(32, '0');
  put_hex(put_hex(id.data(), mix64(a.text + 3), 8), mix64(a.text + 4), 8);
  return id;
}

std::string tool_call_id(const answer& a) {
  constexpr std::string_view alphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string id = "call_00_";
  for (std::uint64_t i = 0; i < 22; ++i) {
    id += alphabet[mix64(a.text ^ mix64(5 + i)) % alphabet.size()];
  }
  return id;
}

}  // namespace stampede
