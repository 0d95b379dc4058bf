#include "mockserver/chat_reader.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "mockserver/body_skim.hpp"
#include "mockserver/conversation.hpp"
#include "mockserver/echo.hpp"

namespace stampede {
namespace {

enum field_id : std::uint8_t {
  id_none,
  id_model,
  id_messages,
  id_message,
  id_role,
  id_content,
  id_part_type,
  id_part_text,
  id_reasoning,
  id_tool_call,
  id_tool_call_id,
  id_answered_id,
  id_stream,
  id_include_usage,
  id_thinking,
  id_effort,
  id_format,
  id_max_tokens,
  id_temperature,
  id_top_p,
  id_presence,
  id_frequency,
  id_logprobs,
  id_top_logprobs,
  id_stop,
  id_stop_element,
  id_tool,
  id_tool_name,
  id_parameters,
  id_choice,
  id_choice_name,
  id_user,
};

using names = std::string_view;

constexpr std::array<names, 5> roles{"system", "user", "assistant", "tool", "latest_reminder"};
constexpr std::array<names, 3> thinking_types{"adaptive", "enabled", "disabled"};
constexpr std::array<names, 7> efforts{"none", "minimal", "low", "medium", "high", "xhigh", "max"};
constexpr std::array<names, 3> formats{"text", "json_object", "json_schema"};
constexpr std::array<names, 1> part_types{"text"};

constexpr body_field told_at_once(body_field f) {
  f.told_at_once = true;
  return f;
}
constexpr body_field told_of_whole(body_field f) {
  f.told_of_whole = true;
  return f;
}
constexpr body_field text_or_object(body_field f, std::string_view expected) {
  f.takes |= takes_text;
  f.expected = expected;
  return f;
}

constexpr body_field part_fields[] = {needed(text("type", id_part_type)),
                                      text("text", id_part_text)};
constexpr body_field part = object("", id_none, part_fields, "struct ContentPart");

constexpr body_field call_function_fields[] = {needed(text("name", id_none)),
                                               text("arguments", id_none)};
constexpr body_field call_fields[] = {
    needed(text("id", id_tool_call_id)),
    needed(object("function", id_none, call_function_fields, "struct FunctionCall"))};
constexpr body_field tool_call = object("", id_tool_call, call_fields, "struct ToolCall");

constexpr body_field message_fields[] = {
    told_at_once(needed(one_of(text("role", id_role), roles))),
    text_or_list("content", id_content, part),
    text("reasoning_content", id_reasoning),
    list("tool_calls", id_none, tool_call),
    text("tool_call_id", id_answered_id),
};
constexpr body_field message =
    told_of_whole(object("", id_message, message_fields, "struct Message"));

constexpr body_field thinking_fields[] = {
    needed(one_of(text("type", id_thinking), thinking_types))};
constexpr body_field format_fields[] = {needed(one_of(text("type", id_format), formats))};
constexpr body_field stream_fields[] = {flag("include_usage", id_include_usage)};
constexpr body_field stop = text("", id_stop_element);

constexpr body_field function_fields[] = {
    needed(text("name", id_tool_name)),
    with_text(object("parameters", id_parameters, {}, "a map")),
};
constexpr body_field tool_fields[] = {
    needed(object("function", id_none, function_fields, "struct Function"))};
constexpr body_field tool = object("", id_tool, tool_fields, "struct Tool");

constexpr body_field choice_function_fields[] = {needed(text("name", id_choice_name))};
constexpr body_field choice_fields[] = {
    needed(object("function", id_none, choice_function_fields, "struct FunctionName"))};
constexpr std::string_view choice_expected = "one of `none`, `auto`, `required` or a tool";

constexpr body_field fields[] = {
    needed(list("messages", id_messages, message)),
    needed(text("model", id_model)),
    flag("stream", id_stream),
    object("stream_options", id_none, stream_fields, "struct StreamOptions"),
    object("thinking", id_none, thinking_fields, "struct Thinking"),
    one_of(text("reasoning_effort", id_effort), efforts),
    object("response_format", id_none, format_fields, "struct ResponseFormat"),
    u32("max_tokens", id_max_tokens),
    real("temperature", id_temperature),
    real("top_p", id_top_p),
    real("presence_penalty", id_presence),
    real("frequency_penalty", id_frequency),
    flag("logprobs", id_logprobs),
    u8("top_logprobs", id_top_logprobs),
    text_or_list("stop", id_stop, stop),
    list("tools", id_none, tool),
    text_or_object(object("tool_choice", id_choice, choice_fields, choice_expected),
                   choice_expected),
    text("user_id", id_user),
};
constexpr body_field top = object("", id_none, fields, "struct ChatCompletionRequest");

class chat_listener final : public body_listener {
 public:
  explicit chat_listener(server_request& request)
      : request_(request), chat_(request.chat), talk_(request.chat) {}

  std::string value(const body_field& f, const body_value& v) override;
  void opened(const body_field& f) override;
  std::string closed(const body_field& f, std::string_view text) override;
  void finish() { talk_.finish(request_.model); }

 private:
  std::string message_value(const body_field& f, const body_value& v);

  server_request& request_;
  chat_facts& chat_;
  conversation talk_;
  bool has_content_ = false;  // of the message being read, as the next ones
  bool answers_call_ = false;
  std::string answered_;
  std::string_view role_;
};

std::string chat_listener::value(const body_field& f, const body_value& v) {
  switch (f.id) {
    case id_model:
      request_.model = v.text;
      chat_.has_model = true;
      break;
    case id_stream: chat_.stream = v.flag; break;
    case id_include_usage: chat_.include_usage = v.flag; break;
    case id_thinking: chat_.thinking = v.text != "disabled"; break;
    case id_effort: talk_.effort(v.text); break;
    case id_format:
      chat_.json_mode = v.text == "json_object";
      chat_.json_schema = v.text == "json_schema";
      break;
    case id_max_tokens: chat_.max_tokens = v.whole; break;
    case id_temperature: chat_.temperature = v.real; break;
    case id_top_p: chat_.top_p = v.real; break;
    case id_presence: chat_.presence_penalty = v.real; break;
    case id_frequency: chat_.frequency_penalty = v.real; break;
    case id_logprobs: chat_.logprobs = v.flag; break;
    case id_top_logprobs: chat_.top_logprobs = v.whole; break;
    case id_stop:
    case id_stop_element:
      ++chat_.stops;
      chat_.stop.emplace_back(v.text);
      break;
    case id_tool_name: talk_.tool_name(v.text); break;
    case id_choice:
      if (v.text != "none" && v.text != "auto" && v.text != "required") {
        return "invalid value: string \"" + echo_of(v.text) + "\", expected " +
               std::string(choice_expected);
      }
      talk_.choose(v.text == "none", v.text == "required");
      break;
    case id_choice_name:
      talk_.choose(false, true);
      talk_.choose_tool(v.text);
      break;
    case id_user: chat_.user_id = v.text; break;
    default: return message_value(f, v);
  }
  return {};
}

std::string chat_listener::message_value(const body_field& f, const body_value& v) {
  switch (f.id) {
    case id_role:
      role_ = *std::find(roles.begin(), roles.end(), v.text);
      talk_.role(role_);
      break;
    case id_content:
    case id_part_text:
      has_content_ = true;
      talk_.content(v.text);
      break;
    case id_part_type:
      if (v.text == "text") break;
      request_.problem.image = v.text == "image_url";
      return unknown_variant(v.text, part_types);
    case id_reasoning: talk_.turns().reasoning(); break;
    case id_tool_call_id: talk_.turns().tool_call(v.text); break;
    case id_answered_id:
      answers_call_ = true;
      answered_ = v.text;
      break;
    default: break;
  }
  return {};
}

void chat_listener::opened(const body_field& f) {
  if (f.id == id_content) has_content_ = true;
  if (f.id == id_tool) talk_.begin_tool();
  if (f.id != id_message) return;
  ++chat_.messages;
  talk_.turns().begin_turn();
  has_content_ = answers_call_ = false;
}

std::string chat_listener::closed(const body_field& f, std::string_view text) {
  if (f.id == id_parameters) talk_.tool_schema(text);
  if (f.id != id_message) return {};
  if (role_ == "tool" && answers_call_) talk_.turns().tool_result(answered_);
  talk_.turns().end_turn();
  if (!has_content_ && role_ != "assistant") return "missing field `content`";
  if (role_ == "tool" && !answers_call_) return "missing field `tool_call_id`";
  return {};
}

}  // namespace

void read_chat(std::string_view body, server_request& request) {
  read_body<chat_listener>(body, top, request);
}

}  // namespace stampede
