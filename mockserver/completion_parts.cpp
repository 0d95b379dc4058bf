#include "mockserver/completion_parts.hpp"

#include "mockserver/answer_text.hpp"

namespace stampede {

void put_identity(text_sink& put, const answer& a, std::string_view object) {
  put("{\"id\":\"");
  put(completion_id(a));
  put("\",\"object\":\"");
  put(object);
  put("\",\"created\":");
  put_number(put, a.created);
  put(",\"model\":\"");
  put(deepseek::name_of(a.model));
  put("\"");
}

void put_fingerprint(text_sink& put, const answer& a) {
  put(",\"system_fingerprint\":\"");
  put(a.model == deepseek::model_id::v4_pro ? "fp_9954b31ca7_prod0820_fp8_kvcache_20260402"
                                            : "fp_058df29938_prod0820_fp8_kvcache_20260402");
  put("\"");
}

std::string_view finish_text(const answer& a) {
  const bool left_out = a.tail == answer_tail::no_reason || a.tail == answer_tail::neither ||
                        (a.tail == answer_tail::no_done && !is_stream(a));
  if (left_out) return "null";
  switch (a.finish) {
    case finish_kind::stop: return "\"stop\"";
    case finish_kind::length: return "\"length\"";
    case finish_kind::tool_calls: return "\"tool_calls\"";
    case finish_kind::insufficient_system_resource: return "\"insufficient_system_resource\"";
  }
  return "null";
}

void put_usage(text_sink& put, const answer& a) {
  const token_usage& u = a.usage;
  put("{\"prompt_tokens\":");
  put_number(put, std::int64_t{u.hit} + u.miss);
  put(",\"completion_tokens\":");
  put_number(put, u.output);
  put(",\"total_tokens\":");
  put_number(put, std::int64_t{u.hit} + u.miss + u.output);
  put(",\"prompt_tokens_details\":{\"cached_tokens\":");
  put_number(put, u.hit);
  put("}");
  if (a.thinking) {
    put(",\"completion_tokens_details\":{\"reasoning_tokens\":");
    put_number(put, a.reasoning);
    put("}");
  }
  put(",\"prompt_cache_hit_tokens\":");
  put_number(put, u.hit);
  put(",\"prompt_cache_miss_tokens\":");
  put_number(put, u.miss);
  put("}");
}

void put_chunk_end(text_sink& put, const answer& a) {
  put(",\"finish_reason\":null}]");
  if (a.include_usage) put(",\"usage\":null");
  put("}\n\n");
}

void put_stream_end(text_sink& put, const answer& a) {
  put(",\"finish_reason\":");
  put(finish_text(a));
  put("}],\"usage\":");
  put_usage(put, a);
  put("}\n\n");
  if (a.tail != answer_tail::no_done) put("data: [DONE]\n\n");
}

}  // namespace stampede
