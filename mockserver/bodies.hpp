// Answers as bytes, in the dialect the answer names: chat_bodies, fim_bodies, anthropic_bodies;
// errors and lists. An answer renders to the same bytes every time. What its text is made of:
// answer_text.hpp.
//
// Use: `append_segment(answer, segment, body);` for each segment in turn.
#pragma once

#include <cstdint>
#include <string>

#include "mockserver/answer.hpp"

namespace stampede {

// The bytes of `piece` as body text (no HTTP framing), cut where it says.
void append_segment(const answer& a, const segment& piece, std::string& out);

// All of it, before any cut, without keep-alives.
std::string whole_body(const answer& a);

// Size of the whole body without keep-alives, before any cut.
std::int64_t body_bytes(const answer& a);

// Size of a stream's body up to and including its first `tokens` visible tokens.
std::int64_t stream_bytes(const answer& a, std::int32_t tokens);

}  // namespace stampede
