#include "mockserver/fim_bodies.hpp"

#include "mockserver/answer_text.hpp"
#include "mockserver/completion_parts.hpp"

namespace stampede {
namespace {

constexpr std::string_view object_name = "text_completion";
constexpr std::string_view behind_text = "\",\"logprobs\":null";

}  // namespace

void put_text_completion(text_sink& put, const answer& a) {
  put_identity(put, a, object_name);
  put(",\"choices\":[{\"index\":0,\"text\":\"");
  if (a.empty_content) put_escaped(put, a.blank_text);
  put_tokens(put, a, a.reasoning, a.usage.output);
  put(behind_text);
  put(",\"finish_reason\":");
  put(finish_text(a));
  put("}],\"usage\":");
  put_usage(put, a);
  put_fingerprint(put, a);
  put("}");
}

text_stream::text_stream(const answer& a) : a_(a), start_("data: ") {
  text_sink put(start_);
  put_identity(put, a, object_name);
  put_fingerprint(put, a);
  put(",\"choices\":[{\"index\":0,\"text\":\"");
}

void text_stream::token(text_sink& put, std::int32_t i) const {
  put(start_);
  put_token(put, a_, i);
  put(behind_text);
  put_chunk_end(put, a_);
}

void text_stream::close(text_sink& put) const {
  if (a_.empty_content && !a_.blank_text.empty()) {
    put(start_);
    put_escaped(put, a_.blank_text);
    put(behind_text);
    put_chunk_end(put, a_);
  }
  if (a_.tail == answer_tail::neither) return;
  put(start_);
  put(behind_text);
  put_stream_end(put, a_);
}

}  // namespace stampede
