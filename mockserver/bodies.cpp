#include "mockserver/bodies.hpp"

#include <algorithm>
#include <array>

#include "mockserver/answer_text.hpp"
#include "mockserver/anthropic_bodies.hpp"
#include "mockserver/chat_bodies.hpp"
#include "mockserver/fim_bodies.hpp"

namespace stampede {
namespace {

void put_error(text_sink& put, const answer& a) {
  // Anthropic's clients skip what has no event's name.
  if (is_stream(a)) put(a.words == dialect::anthropic ? "event: error\ndata: " : "data: ");
  put("{\"error\":{\"message\":\"");
  put_escaped(put, a.message);
  put("\",\"type\":\"");
  put_escaped(put, a.type);
  put("\",\"param\":null,\"code\":\"");
  put_escaped(put, a.code);
  put("\"}}");
  if (is_stream(a)) put("\n\n");
}

template <class Stream>
void put_piece(text_sink& put, const answer& a, const segment& piece) {
  const Stream stream(a);
  const std::int32_t end = std::min(piece.first + piece.count, visible_tokens(a));
  if (piece.first == 0 && (piece.count > 0 || piece.last)) stream.open(put);
  for (std::int32_t i = piece.first; i < end; ++i) stream.token(put, i);
  if (!piece.last) return;
  if (a.tail == answer_tail::error) {
    put_error(put, a);
  } else {
    stream.close(put);
  }
}

void put_stream(text_sink& put, const answer& a, const segment& piece) {
  switch (a.words) {
    case dialect::chat: put_piece<chat_stream>(put, a, piece); break;
    case dialect::text: put_piece<text_stream>(put, a, piece); break;
    case dialect::anthropic: put_piece<message_stream>(put, a, piece); break;
  }
}

void put_completion(text_sink& put, const answer& a) {
  switch (a.words) {
    case dialect::chat: put_chat_completion(put, a); break;
    case dialect::text: put_text_completion(put, a); break;
    case dialect::anthropic: put_message_answer(put, a); break;
  }
}

constexpr std::string_view models_body =
    "{\"object\":\"list\",\"data\":["
    "{\"id\":\"deepseek-v4-flash\",\"object\":\"model\",\"owned_by\":\"deepseek\"},"
    "{\"id\":\"deepseek-v4-pro\",\"object\":\"model\",\"owned_by\":\"deepseek\"}]}";

// What is not a stream of tokens.
void put_whole(text_sink& put, const answer& a) {
  switch (a.body) {
    case body_kind::completion: put_completion(put, a); break;
    case body_kind::models: put(models_body); break;
    case body_kind::error_json: put_error(put, a); break;
    case body_kind::balance:
    case body_kind::page:
    case body_kind::error_text: put(a.message); break;
    case body_kind::blank: break;
  }
}

bool streams_tokens(const answer& a) { return a.body == body_kind::completion && a.stream; }

// Breaks the JSON of a segment, whose bytes begin at `from`, where that place is in it.
void spoil(const answer& a, const segment& piece, std::size_t from, std::string& out) {
  const std::int64_t before = streams_tokens(a) ? stream_bytes(a, piece.first) : 0;
  const std::int64_t place = a.spoil_at - before;
  if (place < 0 || place >= static_cast<std::int64_t>(out.size() - from)) return;
  const std::size_t at = from + static_cast<std::size_t>(place);
  if (a.spoiled == spoiling::quote_missing) {
    out.erase(at, 1);
  } else {
    out.insert(at + 1, 1, '\x01');
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
  {
    text_sink put(out);
    if (streams_tokens(a)) {
      put_stream(put, a, piece);
    } else if (piece.last || piece.cut_at >= 0) {
      put_whole(put, a);
    }
  }
  if (a.spoil_at >= 0 && !piece.keep_alive) spoil(a, piece, before, out);
  if (piece.cut_at >= 0 && out.size() - before > static_cast<std::size_t>(piece.cut_at)) {
    out.resize(before + static_cast<std::size_t>(piece.cut_at));
  }
  if (piece.skip > 0) out.erase(before, static_cast<std::size_t>(piece.skip));
}

std::string whole_body(const answer& a) {
  std::string body;
  segment all;
  all.count = a.usage.output;
  all.last = true;
  append_segment(a, all, body);
  return body;
}

std::int64_t body_bytes(const answer& a) {
  text_sink put;
  if (!streams_tokens(a)) {
    put_whole(put, a);
    return put.bytes();
  }
  const std::int32_t visible = visible_tokens(a);
  segment rest;
  rest.first = visible;
  rest.last = true;
  put_stream(put, a, rest);
  return stream_bytes(a, visible) + put.bytes();
}

std::int64_t stream_bytes(const answer& a, std::int32_t tokens) {
  if (tokens == 0) return 0;
  if (a.words == dialect::chat) {
    const chat_stream stream(a);
    if (stream.has_even_chunks()) return stream.bytes(tokens);
  }
  text_sink put;
  segment piece;
  piece.count = tokens;
  put_stream(put, a, piece);
  return put.bytes();
}

}  // namespace stampede
