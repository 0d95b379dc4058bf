// The JSON body of POST /beta/completions (fill in the middle): prompt and suffix instead of
// messages, no thinking. Pure. Use: read_completion(body, request);
#pragma once

#include <string_view>

#include "mockserver/request.hpp"

namespace stampede {

// Fills request.chat (the prompt counts as its one message), request.model and, where the body
// is no such request, request.problem.
void read_completion(std::string_view body, server_request& request);

}  // namespace stampede
