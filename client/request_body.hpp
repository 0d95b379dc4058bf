// The bytes of a chat completion request: the client's own writer, so that what the mock
// reads was not written by the mock. Deterministic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stampede {

struct chat_message {
  std::string role;
  std::string content;
};

struct chat_request {
  std::string model;
  std::vector<chat_message> messages;
  std::int64_t max_tokens = 0;  // 0: not sent
  bool stream = false;
  bool thinking = false;
  bool json_mode = false;
};

// JSON for POST /chat/completions: `thinking` is always stated, since the service's default
// is enabled; reasoning_effort goes with it; streams ask for their usage.
std::string request_body(const chat_request& request);

}  // namespace stampede
