#include "mockserver/chat_bodies.hpp"

#include <algorithm>

#include "mockserver/answer_text.hpp"
#include "mockserver/completion_parts.hpp"
#include "mockserver/logprobs.hpp"

namespace stampede {
namespace {

// Up to the inside of the arguments' string.
void put_tool_call(text_sink& put, const answer& a) {
  put("[{\"index\":0,\"id\":\"");
  put(tool_call_id(a));
  put("\",\"type\":\"function\",\"function\":{\"name\":\"");
  put_escaped(put, a.tool_name);
  put("\",\"arguments\":\"");
}

void put_message(text_sink& put, const answer& a) {
  const bool calls = calls_tool(a);
  put("{\"role\":\"assistant\",\"content\":");
  if (calls) {
    put(a.thinking ? "null" : "\"\"");
  } else {
    put("\"");
    if (a.empty_content) {
      put_escaped(put, a.blank_text);
    } else {
      put_tokens(put, a, a.reasoning, a.usage.output);
    }
    put("\"");
  }
  if (a.thinking) {
    put(",\"reasoning_content\":\"");
    put_tokens(put, a, 0, a.reasoning);
    put("\"");
  }
  if (calls) {
    put(",\"tool_calls\":");
    put_tool_call(put, a);
    put_tokens(put, a, a.reasoning, a.usage.output);
    put("\"}}]");
  }
  put("}");
}

// The chunk's delta around its text.
struct delta_frame {
  std::string_view before;
  std::string_view after;
};

delta_frame reasoning_frame() { return {"{\"content\":null,\"reasoning_content\":\"", "\"}"}; }
delta_frame content_frame(const answer& a) {
  return a.thinking ? delta_frame{"{\"content\":\"", "\",\"reasoning_content\":null}"}
                    : delta_frame{"{\"content\":\"", "\"}"};
}
delta_frame arguments_frame() {
  return {"{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"", "\"}}]}"};
}
delta_frame frame_of(const answer& a, std::int32_t token) {
  if (token < a.reasoning) return reasoning_frame();
  return calls_tool(a) ? arguments_frame() : content_frame(a);
}

constexpr std::string_view no_logprobs = ",\"logprobs\":null";

}  // namespace

void put_chat_completion(text_sink& put, const answer& a) {
  put_identity(put, a, "chat.completion");
  put(",\"choices\":[{\"index\":0,\"message\":");
  put_message(put, a);
  put(",\"logprobs\":");
  put_logprobs(put, a, 0, visible_tokens(a));
  put(",\"finish_reason\":");
  put(finish_text(a));
  put("}],\"usage\":");
  put_usage(put, a);
  put_fingerprint(put, a);
  put("}");
}

chat_stream::chat_stream(const answer& a) : a_(a), start_("data: ") {
  text_sink put(start_);
  put_identity(put, a, "chat.completion.chunk");
  put_fingerprint(put, a);
  put(",\"choices\":[{\"index\":0,\"delta\":");
}

void chat_stream::open(text_sink& put) const {
  put(start_);
  put(a_.thinking ? "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"\"}"
                  : "{\"role\":\"assistant\",\"content\":\"\"}");
  put(no_logprobs);
  put_chunk_end(put, a_);
}

void chat_stream::tool_start(text_sink& put) const {
  put(start_);
  put("{\"tool_calls\":");
  put_tool_call(put, a_);
  put("\"}}]}");
  put(no_logprobs);
  put_chunk_end(put, a_);
}

void chat_stream::token(text_sink& put, std::int32_t i) const {
  const bool in_call = i >= a_.reasoning && calls_tool(a_);
  if (in_call && i == a_.reasoning) tool_start(put);
  const delta_frame frame = frame_of(a_, i);
  put(start_);
  put(frame.before);
  put_token(put, a_, i);
  put(frame.after);
  put(",\"logprobs\":");
  put_logprobs(put, a_, i, in_call ? i : i + 1);
  put_chunk_end(put, a_);
}

void chat_stream::close(text_sink& put) const {
  const delta_frame frame = content_frame(a_);
  if (a_.empty_content && !a_.blank_text.empty()) {
    put(start_);
    put(frame.before);
    put_escaped(put, a_.blank_text);
    put(frame.after);
    put(no_logprobs);
    put_chunk_end(put, a_);
  }
  if (a_.tail == answer_tail::neither) return;
  put(start_);
  put(frame.before);
  put(frame.after);
  put(no_logprobs);
  put_stream_end(put, a_);
}

bool chat_stream::has_even_chunks() const { return has_even_tokens(a_) && a_.top_logprobs < 0; }

std::int64_t chat_stream::bytes(std::int32_t tokens) const {
  text_sink opening;
  open(opening);
  text_sink around;
  around(start_);
  around(no_logprobs);
  put_chunk_end(around, a_);
  const auto chunk_bytes = [&](const delta_frame& f) {
    return static_cast<std::int64_t>(f.before.size() + f.after.size()) + around.bytes();
  };
  const std::int64_t reasoning = std::min(tokens, a_.reasoning);
  const std::int64_t content = tokens - reasoning;
  return opening.bytes() + reasoning * chunk_bytes(reasoning_frame()) +
         content * chunk_bytes(content_frame(a_)) + token_bytes(a_, 0, tokens);
}

}  // namespace stampede
