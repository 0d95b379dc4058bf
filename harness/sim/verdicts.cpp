#include "harness/sim/verdicts.hpp"

#include <algorithm>
#include <cstring>

#include "core/check.hpp"
#include "core/draw.hpp"
#include "mockserver/answer_text.hpp"
#include "mockserver/bodies.hpp"

namespace stampede {
namespace {

std::uint64_t hash_of(std::string_view text, std::uint64_t from) {
  from = mix64(from ^ text.size());
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t n = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), n);
    from = mix64(from ^ word);
    text.remove_prefix(n);
  }
  return from;
}

std::uint32_t flags_of(const answer& a, expected_answer expected) {
  const bool bits[] = {is_stream(a),        a.include_usage,      a.thinking,
                       a.json_mode,         a.empty_content,      calls_tool(a),
                       a.top_logprobs >= 0, a.content_bytes == 0, a.content_bytes > 0,
                       expected.stream,     expected.json_mode,   a.cut_at == 0,
                       a.cut_at > 0,        a.usage.output == 0,  a.reasoning == a.usage.output};
  std::uint32_t flags =
      static_cast<std::uint32_t>(a.finish) << 2 | static_cast<std::uint32_t>(a.words);
  for (const bool bit : bits) flags = flags << 1 | (bit ? 1u : 0u);
  return flags;
}

sim_verdict decode(const answer& a, expected_answer expected) {
  std::string body;
  append_segment(a,
                 {.head = true,
                  .keep_alive = false,
                  .first = 0,
                  .count = a.usage.output,
                  .cut_at = a.cut_at,
                  .last = true},
                 body);
  answer_decoder decoder(expected);
  decoder.begin(a.status);
  decoder.feed(body);
  const decoded d = decoder.end();
  const bool stated = !(d.usage == token_usage{});
  STAMPEDE_CHECK(!stated || d.usage == a.usage);  // the two readings of one answer
  return {d.result, stated};
}

}  // namespace

sim_piece read_piece(const answer& a, const segment& piece, expected_answer expected) {
  std::string body;
  append_segment(a, piece, body);
  answer_decoder decoder(expected);
  decoder.begin(a.status);
  const auto fed = decoder.feed(body);
  return {body.size(), fed.payload, fed.tokens};
}

sim_verdict verdict_cache::of(const answer& a, expected_answer expected) {
  if (verify_bytes_ || (a.cut_at > 0 && is_stream(a))) return decode(a, expected);
  const std::uint64_t texts = hash_of(a.blank_text, hash_of(a.code, hash_of(a.message, 0)));
  const shape key{a.status, static_cast<std::uint8_t>(a.body), flags_of(a, expected), texts};
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  const sim_verdict verdict = decode(a, expected);
  known_.emplace(key, verdict);
  return verdict;
}

}  // namespace stampede
