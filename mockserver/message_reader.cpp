#include "mockserver/message_reader.hpp"

#include <array>
#include <string>

#include "mockserver/body_skim.hpp"
#include "mockserver/conversation.hpp"

namespace stampede {
namespace {

enum field_id : std::uint8_t {
  id_none,
  id_model,
  id_message,
  id_role,
  id_content,
  id_system,
  id_block,
  id_block_type,
  id_block_text,
  id_call_id,
  id_result_id,
  id_result,
  id_stream,
  id_thinking,
  id_effort,
  id_max_tokens,
  id_temperature,
  id_top_p,
  id_stop,
  id_tool,
  id_tool_name,
  id_schema,
  id_choice,
  id_choice_name,
  id_user,
};

using names = std::string_view;

constexpr std::array<names, 2> roles{"user", "assistant"};
constexpr std::array<names, 4> block_types{"text", "thinking", "tool_use", "tool_result"};
constexpr std::array<names, 1> text_types{"text"};
constexpr std::array<names, 4> choices{"auto", "any", "tool", "none"};
constexpr std::array<names, 3> thinking_types{"adaptive", "enabled", "disabled"};
constexpr std::array<names, 7> efforts{"none", "minimal", "low", "medium", "high", "xhigh", "max"};

constexpr body_field text_fields[] = {needed(one_of(text("type", id_none), text_types)),
                                      text("text", id_block_text)};
constexpr body_field text_block = object("", id_none, text_fields, "struct TextBlock");

constexpr body_field result_fields[] = {needed(text("type", id_block_type)),
                                        text("text", id_block_text)};
constexpr body_field result_block = object("", id_none, result_fields, "struct ContentBlock");

constexpr body_field block_fields[] = {
    needed(text("type", id_block_type)),
    text("text", id_block_text),
    text("id", id_call_id),
    text("tool_use_id", id_result_id),
    text_or_list("content", id_result, result_block),
};
constexpr body_field block = object("", id_block, block_fields, "struct ContentBlock");

constexpr body_field message_fields[] = {
    needed(one_of(text("role", id_role), roles)),
    needed(text_or_list("content", id_content, block)),
};
constexpr body_field message = object("", id_message, message_fields, "struct Message");

constexpr body_field thinking_fields[] = {
    needed(one_of(text("type", id_thinking), thinking_types))};
constexpr body_field output_fields[] = {one_of(text("effort", id_effort), efforts)};
constexpr body_field metadata_fields[] = {text("user_id", id_user)};
constexpr body_field stop = text("", id_stop);
constexpr body_field tool_fields[] = {
    needed(text("name", id_tool_name)),
    with_text(object("input_schema", id_schema, {}, "a map")),
};
constexpr body_field tool = object("", id_tool, tool_fields, "struct Tool");
constexpr body_field choice_fields[] = {needed(one_of(text("type", id_choice), choices)),
                                        text("name", id_choice_name)};

constexpr body_field fields[] = {
    needed(text("model", id_model)),
    needed(list("messages", id_none, message)),
    needed(u32("max_tokens", id_max_tokens)),
    text_or_list("system", id_system, text_block),
    list("stop_sequences", id_none, stop),
    flag("stream", id_stream),
    real("temperature", id_temperature),
    real("top_p", id_top_p),
    object("thinking", id_none, thinking_fields, "struct Thinking"),
    object("output_config", id_none, output_fields, "struct OutputConfig"),
    object("metadata", id_none, metadata_fields, "struct Metadata"),
    list("tools", id_none, tool),
    object("tool_choice", id_none, choice_fields, "struct ToolChoice"),
};
constexpr body_field top = object("", id_none, fields, "struct MessagesRequest");

class message_listener final : public body_listener {
 public:
  explicit message_listener(server_request& request)
      : request_(request), chat_(request.chat), talk_(request.chat) {}

  std::string value(const body_field& f, const body_value& v) override;
  void opened(const body_field& f) override;
  std::string closed(const body_field& f, std::string_view text) override;
  void finish() { talk_.finish(request_.model); }

 private:
  std::string block_type(std::string_view name);

  server_request& request_;
  chat_facts& chat_;
  conversation talk_;
  // Of the block being read.
  std::string_view type_;
  std::string call_id_;
  std::string result_id_;
  bool inside_result_ = false;
};

// What this surface does not take is refused as a type it does not know.
std::string message_listener::block_type(std::string_view name) {
  for (const std::string_view known : block_types) {
    if (known != name) continue;
    if (!inside_result_) type_ = known;
    return {};
  }
  request_.problem.image = name == "image";
  return unknown_variant(name, block_types);
}

std::string message_listener::value(const body_field& f, const body_value& v) {
  switch (f.id) {
    case id_model:
      request_.model = v.text;
      chat_.has_model = true;
      break;
    case id_role: talk_.role(v.text); break;
    case id_system:
    case id_content:
    case id_block_text:
    case id_result: talk_.content(v.text); break;
    case id_block_type: return block_type(v.text);
    case id_call_id: call_id_ = v.text; break;
    case id_result_id: result_id_ = v.text; break;
    case id_stream: chat_.stream = v.flag; break;
    case id_thinking: chat_.thinking = v.text != "disabled"; break;
    case id_effort: talk_.effort(v.text); break;
    case id_max_tokens: chat_.max_tokens = v.whole; break;
    case id_temperature: chat_.temperature = v.real; break;
    case id_top_p: chat_.top_p = v.real; break;
    case id_stop:
      ++chat_.stops;
      chat_.stop.emplace_back(v.text);
      break;
    case id_tool_name: talk_.tool_name(v.text); break;
    case id_choice: talk_.choose(v.text == "none", v.text == "any" || v.text == "tool"); break;
    case id_choice_name: talk_.choose_tool(v.text); break;
    case id_user: chat_.user_id = v.text; break;
    default: break;
  }
  return {};
}

void message_listener::opened(const body_field& f) {
  if (f.id == id_tool) talk_.begin_tool();
  if (f.id == id_result) inside_result_ = true;
  if (f.id == id_block) {
    type_ = {};
    call_id_.clear();
    result_id_.clear();
  }
  if (f.id != id_message) return;
  ++chat_.messages;
  talk_.turns().begin_turn();
}

std::string message_listener::closed(const body_field& f, std::string_view text) {
  switch (f.id) {
    case id_schema: talk_.tool_schema(text); break;
    case id_result: inside_result_ = false; break;
    case id_message: talk_.turns().end_turn(); break;
    case id_block:
      if (type_ == "thinking") talk_.turns().reasoning();
      if (type_ == "tool_use") talk_.turns().tool_call(call_id_);
      if (type_ == "tool_result") talk_.turns().tool_result(result_id_);
      break;
    default: break;
  }
  return {};
}

}  // namespace

void read_message(std::string_view body, server_request& request) {
  read_body<message_listener>(body, top, request);
}

}  // namespace stampede
