// What chat completions and text completions have in common: their first members, usage and
// the names of their finishes. Pure.
//
// Use: `put_identity(put, a, "chat.completion"); put(",\"usage\":"); put_usage(put, a);`
#pragma once

#include <string_view>

#include "mockserver/answer.hpp"
#include "mockserver/text_sink.hpp"

namespace stampede {

// {"id":...,"object":...,"created":...,"model":"..."
void put_identity(text_sink& put, const answer& a, std::string_view object);

// ,"system_fingerprint":"..."
void put_fingerprint(text_sink& put, const answer& a);

// In quotes.
std::string_view finish_text(const answer& a);  // as JSON

void put_usage(text_sink& put, const answer& a);

// The end of a chunk behind its finish_reason: the last one's with usage, then [DONE].
void put_chunk_end(text_sink& put, const answer& a);
void put_stream_end(text_sink& put, const answer& a);

}  // namespace stampede
