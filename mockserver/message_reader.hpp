// The JSON body of POST /anthropic/v1/messages, read into the same facts as a chat completion.
//
// What that surface ignores (cache_control, top_k, budget_tokens, ...) is passed over. Pure.
// Use: read_message(body, request);
#pragma once

#include <string_view>

#include "mockserver/request.hpp"

namespace stampede {

// Fills request.chat, request.model and, where the body is no such request, request.problem.
void read_message(std::string_view body, server_request& request);

}  // namespace stampede
