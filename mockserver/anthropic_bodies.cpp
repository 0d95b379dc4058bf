#include "mockserver/anthropic_bodies.hpp"

#include "mockserver/answer_text.hpp"

namespace stampede {
namespace {

constexpr std::int32_t tokens_per_ping = 16;

// A message that ran out of tokens while thinking has no block of text; any other has one, be it
// empty, unless it calls a tool.
bool has_text_block(const answer& a) {
  return !calls_tool(a) && (content_tokens(a) > 0 || a.reasoning == 0 || a.empty_content);
}

// Whether its tool call was generated to the end.
bool call_is_whole(const answer& a) { return content_tokens(a) >= a.tool_tokens; }

// How this API words a lack of resources is not known. What its clients know for a generation
// that was cut is max_tokens.
std::string_view stop_reason(const answer& a) {
  switch (a.finish) {
    case finish_kind::stop: return a.stop_sequence.empty() ? "\"end_turn\"" : "\"stop_sequence\"";
    case finish_kind::length:
    case finish_kind::insufficient_system_resource: return "\"max_tokens\"";
    case finish_kind::tool_calls: return "\"tool_use\"";
  }
  return "null";
}

void put_stop(text_sink& put, const answer& a) {
  const bool left_out =
      a.tail != answer_tail::whole && !(a.tail == answer_tail::no_done && is_stream(a));
  put("\"stop_reason\":");
  put(left_out ? "null" : stop_reason(a));
  put(",\"stop_sequence\":");
  if (a.stop_sequence.empty()) {
    put("null");
  } else {
    put("\"");
    put_escaped(put, a.stop_sequence);
    put("\"");
  }
}

// input_tokens are those that were not cached, as in Anthropic's own answers.
void put_message_usage(text_sink& put, const answer& a, std::int32_t output) {
  put("{\"input_tokens\":");
  put_number(put, a.usage.miss);
  put(",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":");
  put_number(put, a.usage.hit);
  put(",\"output_tokens\":");
  put_number(put, output);
  put("}");
}

// Up to its content.
void put_message_start(text_sink& put, const answer& a) {
  put("{\"id\":\"");
  put(completion_id(a));
  put("\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"");
  put(deepseek::name_of(a.model));
  put("\",\"content\":[");
}

// Up to its input.
void put_tool_use(text_sink& put, const answer& a) {
  put("{\"type\":\"tool_use\",\"id\":\"");
  put(tool_call_id(a));
  put("\",\"name\":\"");
  put_escaped(put, a.tool_name);
  put("\",\"input\":");
}

void put_content(text_sink& put, const answer& a) {
  if (a.reasoning > 0) {
    put("{\"type\":\"thinking\",\"thinking\":\"");
    put_tokens(put, a, 0, a.reasoning);
    put("\"}");
  }
  if (a.reasoning > 0 && (calls_tool(a) || has_text_block(a))) put(",");
  if (calls_tool(a)) {
    put_tool_use(put, a);
    put(call_is_whole(a) && !a.tool_arguments.empty() ? a.tool_arguments : "{}");
    put("}");
  } else if (has_text_block(a)) {
    put("{\"type\":\"text\",\"text\":\"");
    if (a.empty_content) put_escaped(put, a.blank_text);
    put_tokens(put, a, a.reasoning, a.usage.output);
    put("\"}");
  }
}

}  // namespace

void put_message_answer(text_sink& put, const answer& a) {
  put_message_start(put, a);
  put_content(put, a);
  put("],");
  put_stop(put, a);
  put(",\"usage\":");
  put_message_usage(put, a, a.usage.output);
  put("}");
}

void message_stream::open(text_sink& put) const {
  put("event: message_start\ndata: {\"type\":\"message_start\",\"message\":");
  put_message_start(put, a_);
  put("],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":");
  put_message_usage(put, a_, 0);
  put("}}\n\n");
}

void message_stream::start_block(text_sink& put, int index) const {
  put("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":");
  put_number(put, index);
  put(",\"content_block\":");
  if (index < content_index()) {
    put("{\"type\":\"thinking\",\"thinking\":\"\"}");
  } else if (calls_tool(a_)) {
    put_tool_use(put, a_);
    put("{}}");
  } else {
    put("{\"type\":\"text\",\"text\":\"\"}");
  }
  put("}\n\n");
}

void message_stream::stop_block(text_sink& put, int index) const {
  put("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":");
  put_number(put, index);
  put("}\n\n");
}

namespace {

// Up to the inside of the delta's text.
void put_delta(text_sink& put, int index, std::string_view type, std::string_view member) {
  put("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":");
  put_number(put, index);
  put(",\"delta\":{\"type\":\"");
  put(type);
  put("\",\"");
  put(member);
  put("\":\"");
}

constexpr std::string_view delta_end = "\"}}\n\n";

}  // namespace

void message_stream::token(text_sink& put, std::int32_t i) const {
  if (i < a_.reasoning) {
    if (i == 0) start_block(put, 0);
    if (i % tokens_per_ping == 0) put("event: ping\ndata: {\"type\":\"ping\"}\n\n");
    put_delta(put, 0, "thinking_delta", "thinking");
  } else {
    const int index = content_index();
    if (i == a_.reasoning) {
      if (index > 0) stop_block(put, 0);
      start_block(put, index);
    }
    if (calls_tool(a_)) {
      put_delta(put, index, "input_json_delta", "partial_json");
    } else {
      put_delta(put, index, "text_delta", "text");
    }
  }
  put_token(put, a_, i);
  put(delta_end);
}

void message_stream::close(text_sink& put) const {
  const int index = content_index();
  if (visible_tokens(a_) > a_.reasoning) {
    stop_block(put, index);
  } else {
    if (index > 0) stop_block(put, 0);
    if (has_text_block(a_)) {
      start_block(put, index);
      if (a_.empty_content && !a_.blank_text.empty()) {
        put_delta(put, index, "text_delta", "text");
        put_escaped(put, a_.blank_text);
        put(delta_end);
      }
      stop_block(put, index);
    }
  }
  if (a_.tail == answer_tail::neither) return;
  put("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{");
  put_stop(put, a_);
  put("},\"usage\":");
  put_message_usage(put, a_, a_.usage.output);
  put("}\n\n");
  if (a_.tail == answer_tail::no_done) return;
  put("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
}

}  // namespace stampede
