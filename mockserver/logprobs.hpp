// The logprobs member of a chat completion: the log probability of each token, and of its
// likeliest alternatives. Drawn from answer.text; a token's and its alternatives'
// probabilities never add up to more than one. Pure.
//
// Use: `put_logprobs(put, a, 0, visible_tokens(a));`
#pragma once

#include "mockserver/answer.hpp"
#include "mockserver/text_sink.hpp"

namespace stampede {

// The value for tokens [first, end): null where none were asked for. Tokens of a tool call
// have none.
void put_logprobs(text_sink& put, const answer& a, std::int32_t first, std::int32_t end);

}  // namespace stampede
