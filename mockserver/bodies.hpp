// Answers as bytes: the JSON and SSE of deepseek-api.md, sections 3 and 4, in the captured
// order of keys. Pure: an answer renders to the same bytes every time.
//
// The text of an answer is made of five-letter words drawn from answer.text, one a token; in
// JSON mode it is a JSON object around them. Reasoning comes first.
//
// Use: `append_segment(answer, segment, body);` for each segment in turn.
#pragma once

#include <cstdint>
#include <string>

#include "mockserver/answer.hpp"

namespace stampede {

// The bytes of `piece` as body text (no HTTP framing), cut where it says.
void append_segment(const answer& a, const segment& piece, std::string& out);

// Size of the whole body without keep-alives, before any cut.
std::int64_t body_bytes(const answer& a);

// Size of a stream's body up to and including its first `tokens` tokens.
std::int64_t stream_bytes(const answer& a, std::int32_t tokens);

// "8-4-4-4-12" digits of a version 4 UUID, and 32 hex digits, drawn from answer.text.
std::string completion_id(const answer& a);
std::string trace_id(const answer& a);

}  // namespace stampede
