// What an answer says, token by token, whichever dialect it is written in.
//
// A completion's tokens are numbered from 0: first those of its reasoning, then those of its
// content, which is words, a JSON object around words, or the arguments of a tool call. A word
// has five letters and is one token, the space before it included; a tool call's arguments are
// spread evenly over as many tokens as name and arguments take at four bytes each. Drawn from
// answer.text; pure.
//
// Use: `for (std::int32_t i = 0; i < visible_tokens(a); ++i) put_token(put, a, i);`
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mockserver/answer.hpp"
#include "mockserver/text_sink.hpp"

namespace stampede {

inline std::int32_t content_tokens(const answer& a) { return a.usage.output - a.reasoning; }

// Whether its content is a tool call. An answer that ran out of tokens before it is none.
inline bool calls_tool(const answer& a) {
  return !a.tool_name.empty() && !a.empty_content && content_tokens(a) > 0;
}

// Tokens that show in the body: all but blanked content and what a stop sequence cut off.
std::int32_t visible_tokens(const answer& a);

// A token's text in `room`, or in the answer's own; unescaped. Together the tokens are the
// text of the reasoning, and of the content or of the arguments.
using token_room = std::array<char, 32>;
std::string_view token_text(const answer& a, std::int32_t i, token_room& room);

// As the inside of a JSON string: one token, and visible ones in [first, end).
void put_token(text_sink& put, const answer& a, std::int32_t i);
void put_tokens(text_sink& put, const answer& a, std::int32_t first, std::int32_t end);

// Whether token_bytes knows the sizes of its tokens without looking at them.
bool has_even_tokens(const answer& a);
std::int64_t token_bytes(const answer& a, std::int32_t first, std::int32_t end);

// The word that stands for alternative `which` (from 1, at most 20) of token i.
std::string_view alternative_word(const answer& a, std::int32_t i, std::int32_t which);

// Where the first of the stop sequences to be complete ends the content: `bytes` of it stay,
// after `tokens` of the answer were generated.
struct stop_place {
  std::int32_t tokens = 0;
  std::int64_t bytes = 0;
  std::size_t which = 0;
};
std::optional<stop_place> find_stop(const answer& a, std::span<const std::string> stops);

// "8-4-4-4-12" digits of a version 4 UUID, 32 hex digits, and "call_00_" with 22 letters or
// digits.
std::string completion_id(const answer& a);
std::string trace_id(const answer& a);
std::string tool_call_id(const answer& a);

}  // namespace stampede
