// A request as the server understands it, before anything is decided about it.
//
// read_request is pure. It reads the headers and, where an answer is to be generated, the JSON
// body (with nlohmann's SAX interface: no tree is built), notes the facts the model needs, and
// where the body is not what the API takes, the first problem with its path, line and column.
// What a problem or a fact means for the answer is validation's business. The sim engine fills
// the struct itself, without bytes, and may reuse one for many attempts.
//
// Use: `const server_request r = read_request("POST", "/chat/completions", headers, body);`
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/instant.hpp"

namespace stampede {

enum class route : std::uint8_t {
  chat,         // POST /chat/completions, /v1/chat/completions
  beta_chat,    // POST /beta/chat/completions: the same with prefix completion, strict tools
  completions,  // POST /beta/completions: fill in the middle
  messages,     // POST /anthropic/v1/messages, /anthropic/messages
  models,       // GET or HEAD /models, /v1/models
  balance,      // GET or HEAD /user/balance
  wrong_method,
  unknown,
};
std::string_view name_of(route r);  // "chat", "beta_chat", ...
// Whether it asks for an answer to be generated: what costs tokens, slots and money.
constexpr bool generates(route r) {
  return r == route::chat || r == route::beta_chat || r == route::completions ||
         r == route::messages;
}

// bearer: "Authorization: Bearer <key>" (or x-api-key on the Anthropic routes), in `key`.
enum class auth_form : std::uint8_t { bearer, missing, malformed };

// Which call a request is a try of: as `x-stampede-call: <instance>-<serial>` says, else
// numbers made from the key (instance) and from key, path and body (call).
struct call_identity {
  std::uint32_t instance = 0;
  std::uint32_t call = 0;
  bool by_header = false;
  friend bool operator==(const call_identity&, const call_identity&) = default;
};

// `x-stampede-workload: hit=2000 miss=200 output=300 work_ns=0`: what the scenario says the
// call costs, instead of estimates. work_ns = 0: the server's own speed.
struct declared_workload {
  bool declared = false;
  std::int32_t hit = 0;
  std::int32_t miss = 0;
  std::int32_t output = 0;
  duration work{0};
};

// What is wrong with the conversation's turns, the first problem found.
enum class history_problem : std::uint8_t {
  none,
  unanswered_tool_call,  // an assistant's tool_calls without a tool message for each
  orphan_tool_message,   // a tool message without its call
  missing_reasoning,     // an assistant turn with tool_calls, thinking on, no reasoning_content
  two_user_turns,        // two user turns in a row: wrong only where strict_history is on
};

// What the body asks for, whichever API it came by. Numbers are as sent; absent ones have no
// value.
struct chat_facts {
  bool has_model = false;
  bool stream = false;
  bool include_usage = false;
  std::optional<bool> thinking;  // thinking.type; absent: as the model does by default
  bool json_mode = false;        // response_format json_object
  bool json_schema = false;      // response_format json_schema, which the service has not
  bool mentions_json = false;    // any message contains "json", in any case
  bool effort_max = false;       // reasoning_effort = "max" (or its alias xhigh)
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<double> presence_penalty;
  std::optional<double> frequency_penalty;
  std::optional<bool> logprobs;
  std::optional<std::int64_t> top_logprobs;
  std::int32_t stops = 0;         // stop sequences
  std::vector<std::string> stop;  // and what they are
  std::int32_t tools = 0;
  std::int32_t bad_tool_name = -1;  // index of the first whose name is no identifier
  bool forces_tool = false;         // tool_choice required, or a named tool
  bool calls_tool = false;          // the answer is to be a call of `tool_name`
  std::string tool_name;            // the named tool, else the first
  std::string tool_arguments;       // a JSON object that fits its schema
  std::string user_id;
  history_problem history = history_problem::none;
  std::optional<std::int64_t> max_tokens;
  std::int32_t messages = 0;
  std::int64_t prompt_bytes = 0;      // of all message contents
  std::vector<std::uint64_t> prefix;  // its units, as prefix_cache knows them
};

// Why a body is not a chat request. Line and column count from 1, in bytes.
struct request_problem {
  enum class kind : std::uint8_t { none, broken_json, wrong_shape };
  kind what = kind::none;
  std::string path;    // "messages[0].role"; "" at the top
  std::string reason;  // "trailing comma", "missing field `messages`"
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool image = false;  // it is an image among the contents: later a matter of meaning
};

struct server_request {
  route where = route::chat;
  auth_form auth = auth_form::missing;
  std::string_view key;  // valid as long as the headers given
  call_identity identity;
  declared_workload workload;
  chat_facts chat;
  std::string model;  // as sent
  request_problem problem;
  std::string_view allow;  // with wrong_method: the one that would do
  // Requests of one form differ in nothing but identity, workload and max_tokens, so that what
  // was found of one holds for all; 0: nobody knows of another.
  std::uint32_t form = 0;
  // These are valid as long as what was given is.
  std::string_view path;         // of the target, without its query
  std::string_view asked_fault;  // `x-stampede-fault: 503 retry_after=2`
};

struct header_field {
  std::string_view name;  // in any case
  std::string_view value;
};

// `target` may carry a query, which is ignored.
server_request read_request(std::string_view method, std::string_view target,
                            std::span<const header_field> headers, std::string_view body);

// The same path as text that stands for ever; nothing where no route has it.
std::string_view standing_path(std::string_view path);

// What names of tools and user ids must be: ^[a-zA-Z0-9_-]+$
constexpr bool is_identifier(std::string_view text) {
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-') return false;
  }
  return !text.empty();
}

// The documented approximation: a token for every four bytes, rounded up.
constexpr std::int32_t estimate_tokens(std::int64_t bytes) {
  const std::int64_t tokens = (bytes + 3) / 4;
  return static_cast<std::int32_t>(tokens > 2'000'000'000 ? 2'000'000'000 : tokens);
}

}  // namespace stampede
