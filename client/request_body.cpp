#include "client/request_body.hpp"

#include <nlohmann/json.hpp>

namespace stampede {

std::string request_body(const chat_request& request) {
  nlohmann::ordered_json body;
  body["model"] = request.model;
  body["messages"] = nlohmann::ordered_json::array();
  for (const chat_message& m : request.messages)
    body["messages"].push_back({{"role", m.role}, {"content", m.content}});
  if (request.max_tokens > 0) body["max_tokens"] = request.max_tokens;
  body["thinking"] = {{"type", request.thinking ? "enabled" : "disabled"}};
  if (request.thinking) body["reasoning_effort"] = "high";
  if (request.json_mode) body["response_format"] = {{"type", "json_object"}};
  body["stream"] = request.stream;
  if (request.stream) body["stream_options"] = {{"include_usage", true}};
  return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace stampede
