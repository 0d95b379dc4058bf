#include "mockserver/bodies.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/draw.hpp"

namespace stampede {
namespace {

// Five letters each, so that a text's size follows from its number of tokens.
constexpr std::array<std::string_view, 64> words{
    "about", "above", "after", "again", "along", "among", "apple", "basic", "begin", "below",
    "bring", "brown", "carry", "cause", "clear", "close", "cloud", "count", "cover", "daily",
    "doubt", "early", "earth", "eight", "every", "field", "final", "first", "floor", "force",
    "front", "given", "glass", "grand", "green", "group", "happy", "heart", "heavy", "horse",
    "house", "judge", "large", "later", "learn", "level", "light", "local", "maybe", "metal",
    "money", "month", "never", "night", "north", "ocean", "offer", "often", "order", "other",
    "paper", "party", "plain", "quiet"};
constexpr std::int64_t word_bytes = 5;

constexpr std::string_view json_before = R"({\"answer\":\")";  // escaped: it sits in a string
constexpr std::string_view json_after = R"(\"})";

// Two places to render to: a string, and a count of what the string would hold.
struct to_string {
  std::string& out;
  void operator()(std::string_view text) { out.append(text); }
};
struct to_count {
  std::int64_t bytes = 0;
  void operator()(std::string_view text) { bytes += static_cast<std::int64_t>(text.size()); }
};

template <class Sink>
void put_number(Sink& put, std::int64_t value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  put({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

// Any text as the inside of a JSON string.
template <class Sink>
void put_escaped(Sink& put, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"': put("\\\""); break;
      case '\\': put("\\\\"); break;
      case '\n': put("\\n"); break;
      case '\r': put("\\r"); break;
      case '\t': put("\\t"); break;
      default:
        if (byte < 0x20) {
          const std::array<char, 6> code{'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
          put({code.data(), code.size()});
        } else {
          put({&c, 1});
        }
    }
  }
}

std::int32_t content_tokens(const answer& a) { return a.usage.output - a.reasoning; }

// Token `i` of the answer, as it stands in a JSON string.
template <class Sink>
void put_token(Sink& put, const answer& a, std::int32_t i) {
  const bool reasons = i < a.reasoning;
  const std::int32_t place = reasons ? i : i - a.reasoning;
  const bool json = a.json_mode && !reasons;
  if (place == 0) {
    if (json) put(json_before);
  } else {
    put(" ");
  }
  put(words[mix64(a.text + static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15ULL) & 63]);
  // A text cut off by max_tokens ends in the middle of its object, as the service's does.
  if (json && i + 1 == a.usage.output && a.finish == finish_kind::stop) put(json_after);
}

template <class Sink>
void put_tokens(Sink& put, const answer& a, std::int32_t first, std::int32_t end) {
  for (std::int32_t i = first; i < end; ++i) put_token(put, a, i);
}

// The same, in closed form.
std::int64_t token_bytes(const answer& a, std::int32_t first, std::int32_t end) {
  if (end <= first) return 0;
  std::int64_t bytes = (word_bytes + 1) * (end - first);
  if (first == 0 && a.reasoning > 0) --bytes;       // no space before the first of the reasoning
  if (first <= a.reasoning && a.reasoning < end) {  // the first of the content
    --bytes;
    if (a.json_mode) bytes += static_cast<std::int64_t>(json_before.size());
  }
  if (a.json_mode && end == a.usage.output && content_tokens(a) > 0 &&
      a.finish == finish_kind::stop) {
    bytes += static_cast<std::int64_t>(json_after.size());
  }
  return bytes;
}

std::string hex_digits(std::uint64_t high, std::uint64_t low) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string digits(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    digits[i] = hex[(high >> (60 - 4 * i)) & 15];
    digits[16 + i] = hex[(low >> (60 - 4 * i)) & 15];
  }
  return digits;
}

std::string_view fingerprint_of(deepseek::model_id m) {
  return m == deepseek::model_id::v4_pro ? "fp_9954b31ca7_prod0820_fp8_kvcache_20260402"
                                         : "fp_058df29938_prod0820_fp8_kvcache_20260402";
}

std::string_view finish_text(finish_kind f) {
  switch (f) {
    case finish_kind::stop: return "\"stop\"";
    case finish_kind::length: return "\"length\"";
    case finish_kind::tool_calls: return "\"tool_calls\"";
    case finish_kind::insufficient_system_resource: return "\"insufficient_system_resource\"";
  }
  return "null";
}

template <class Sink>
void put_usage(Sink& put, const answer& a) {
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

template <class Sink>
void put_completion(Sink& put, const answer& a, bool with_tokens) {
  put("{\"id\":\"");
  put(completion_id(a));
  put("\",\"object\":\"chat.completion\",\"created\":");
  put_number(put, a.created);
  put(",\"model\":\"");
  put(deepseek::name_of(a.model));
  put("\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"");
  if (a.empty_content) {
    put_escaped(put, a.blank_text);
  } else if (with_tokens) {
    put_tokens(put, a, a.reasoning, a.usage.output);
  }
  put("\"");
  if (a.thinking) {
    put(",\"reasoning_content\":\"");
    if (with_tokens) put_tokens(put, a, 0, a.reasoning);
    put("\"");
  }
  put("},\"logprobs\":null,\"finish_reason\":");
  put(finish_text(a.finish));
  put("}],\"usage\":");
  put_usage(put, a);
  put(",\"system_fingerprint\":\"");
  put(fingerprint_of(a.model));
  put("\"}");
}

// ---- streams

// Everything of a chunk before its delta: the same for all chunks of an answer.
std::string chunk_start(const answer& a) {
  std::string text = "data: {\"id\":\"";
  to_string put{text};
  put(completion_id(a));
  put("\",\"object\":\"chat.completion.chunk\",\"created\":");
  put_number(put, a.created);
  put(",\"model\":\"");
  put(deepseek::name_of(a.model));
  put("\",\"system_fingerprint\":\"");
  put(fingerprint_of(a.model));
  put("\",\"choices\":[{\"index\":0,\"delta\":");
  return text;
}

constexpr std::string_view chunk_end = ",\"logprobs\":null,\"finish_reason\":null}]";

template <class Sink>
void put_chunk_end(Sink& put, const answer& a) {
  put(chunk_end);
  if (a.include_usage) put(",\"usage\":null");
  put("}\n\n");
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

template <class Sink>
void put_role_chunk(Sink& put, const answer& a, std::string_view start) {
  put(start);
  put(a.thinking ? "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"\"}"
                 : "{\"role\":\"assistant\",\"content\":\"\"}");
  put_chunk_end(put, a);
}

template <class Sink>
void put_token_chunk(Sink& put, const answer& a, std::string_view start, std::int32_t token) {
  const delta_frame frame = token < a.reasoning ? reasoning_frame() : content_frame(a);
  put(start);
  put(frame.before);
  put_token(put, a, token);
  put(frame.after);
  put_chunk_end(put, a);
}

template <class Sink>
void put_last_chunks(Sink& put, const answer& a, std::string_view start) {
  const delta_frame frame = content_frame(a);
  if (a.empty_content && !a.blank_text.empty()) {
    put(start);
    put(frame.before);
    put_escaped(put, a.blank_text);
    put(frame.after);
    put_chunk_end(put, a);
  }
  put(start);
  put(frame.before);
  put(frame.after);
  put(",\"logprobs\":null,\"finish_reason\":");
  put(finish_text(a.finish));
  put("}],\"usage\":");
  put_usage(put, a);
  put("}\n\ndata: [DONE]\n\n");
}

std::int32_t visible_tokens(const answer& a) {
  return a.empty_content ? a.reasoning : a.usage.output;
}

void append_stream(const answer& a, const segment& piece, std::string& out) {
  const std::string start = chunk_start(a);
  to_string put{out};
  const std::int32_t end = std::min(piece.first + piece.count, visible_tokens(a));
  if (piece.first == 0 && (piece.count > 0 || piece.last)) put_role_chunk(put, a, start);
  for (std::int32_t i = piece.first; i < end; ++i) put_token_chunk(put, a, start, i);
  if (piece.last) put_last_chunks(put, a, start);
}

template <class Sink>
void put_error(Sink& put, const answer& a) {
  put("{\"error\":{\"message\":\"");
  put_escaped(put, a.message);
  put("\",\"type\":\"");
  put_escaped(put, a.type);
  put("\",\"param\":null,\"code\":\"");
  put_escaped(put, a.code);
  put("\"}}");
}

constexpr std::string_view models_body =
    "{\"object\":\"list\",\"data\":["
    "{\"id\":\"deepseek-v4-flash\",\"object\":\"model\",\"owned_by\":\"deepseek\"},"
    "{\"id\":\"deepseek-v4-pro\",\"object\":\"model\",\"owned_by\":\"deepseek\"}]}";

void append_last(const answer& a, std::string& out) {
  to_string put{out};
  switch (a.body) {
    case body_kind::completion: put_completion(put, a, true); break;
    case body_kind::models: put(models_body); break;
    case body_kind::error_json:
      if (is_stream(a)) put("data: ");
      put_error(put, a);
      if (is_stream(a)) put("\n\n");
      break;
    case body_kind::balance:
    case body_kind::error_text: put(a.message); break;
    case body_kind::blank: break;
  }
}

}  // namespace

std::string_view name_of(ending e) {
  constexpr std::array<std::string_view, 4> names{"clean", "truncated", "reset", "silent"};
  return names[static_cast<std::size_t>(e)];
}

void append_segment(const answer& a, const segment& piece, std::string& out) {
  const std::size_t before = out.size();
  if (piece.keep_alive) out += is_stream(a) ? ": keep-alive\n\n" : "\n";
  if (a.body == body_kind::completion && a.stream) {
    append_stream(a, piece, out);
  } else if (piece.last) {
    append_last(a, out);
  }
  if (piece.cut_at >= 0 && out.size() - before > static_cast<std::size_t>(piece.cut_at)) {
    out.resize(before + static_cast<std::size_t>(piece.cut_at));
  }
}

std::int64_t body_bytes(const answer& a) {
  to_count put;
  if (a.body != body_kind::completion) {
    std::string text;
    append_last(a, text);
    return static_cast<std::int64_t>(text.size());
  }
  if (a.stream) {
    const std::string start = chunk_start(a);
    if (visible_tokens(a) == 0) put_role_chunk(put, a, start);
    put_last_chunks(put, a, start);
    return put.bytes + stream_bytes(a, visible_tokens(a));
  }
  put_completion(put, a, false);
  put.bytes += token_bytes(a, 0, a.reasoning);
  if (!a.empty_content) put.bytes += token_bytes(a, a.reasoning, a.usage.output);
  return put.bytes;
}

std::int64_t stream_bytes(const answer& a, std::int32_t tokens) {
  if (tokens == 0) return 0;
  const std::string start = chunk_start(a);
  to_count role;
  put_role_chunk(role, a, start);
  to_count end;
  put_chunk_end(end, a);
  const auto frame_bytes = [&](const delta_frame& f) {
    return static_cast<std::int64_t>(start.size() + f.before.size() + f.after.size()) + end.bytes;
  };
  const std::int64_t reasoning = std::min(tokens, a.reasoning);
  const std::int64_t content = tokens - reasoning;
  return role.bytes + reasoning * frame_bytes(reasoning_frame()) +
         content * frame_bytes(content_frame(a)) + token_bytes(a, 0, tokens);
}

std::string completion_id(const answer& a) {
  const std::uint64_t high = (mix64(a.text + 1) & ~0xf000ULL) | 0x4000ULL;
  const std::uint64_t low = (mix64(a.text + 2) & ~(3ULL << 62)) | (1ULL << 63);
  std::string digits = hex_digits(high, low);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) digits.insert(at, 1, '-');
  return digits;
}

std::string trace_id(const answer& a) { return hex_digits(mix64(a.text + 3), mix64(a.text + 4)); }

}  // namespace stampede
