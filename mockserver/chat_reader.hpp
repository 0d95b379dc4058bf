// The JSON body of a chat completion, read into the facts of a server_request as its text
// streams by. Stops at the first problem. Pure.
#pragma once

#include <string_view>

#include "mockserver/request.hpp"

namespace stampede {

// Fills request.chat, request.model and, where the body is not a chat request, request.problem.
void read_chat(std::string_view body, server_request& request);

}  // namespace stampede
