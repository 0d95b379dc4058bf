#include "harness/sim/verdicts.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "mockserver/answer_text.hpp"
#include "mockserver/bodies.hpp"

namespace stampede {
namespace {

// A run has a handful of shapes; texts that differ from answer to answer push each other out.
constexpr std::size_t most_known = 32;

// What decides beside texts, status and kind of body. Of a refusal little does.
std::uint32_t flags_of(const answer& a, expected_answer expected) {
  std::uint32_t flags = static_cast<std::uint32_t>(a.tail) << 4 |
                        static_cast<std::uint32_t>(a.finish) << 2 |
                        static_cast<std::uint32_t>(a.words);
  const auto add = [&flags](auto... bits) { ((flags = flags << 1 | (bits ? 1u : 0u)), ...); };
  add(is_stream(a), expected.stream, expected.json_mode);
  if (a.status != 200) return flags;
  add(a.include_usage, a.thinking, a.json_mode, a.empty_content, calls_tool(a), a.top_logprobs >= 0,
      a.content_bytes == 0, a.content_bytes > 0, a.cut_at == 0, a.cut_at > 0, a.usage.output == 0,
      a.reasoning == a.usage.output);
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
  segment with_skipped = piece;
  with_skipped.skip = 0;
  append_segment(a, with_skipped, body);
  const std::string_view bytes = body;
  const auto skip = static_cast<std::size_t>(piece.skip);
  answer_decoder decoder(expected);
  decoder.begin(a.status);
  decoder.feed(bytes.substr(0, skip));  // came before
  const auto fed = decoder.feed(bytes.substr(skip));
  return {bytes.size() - skip, fed.payload, fed.tokens};
}

sim_verdict verdict_cache::of(const answer& a, expected_answer expected) {
  const bool own_shape = (a.cut_at > 0 && is_stream(a)) || a.spoil_at >= 0;
  if (verify_bytes_ || own_shape) return decode(a, expected);
  const std::uint64_t shape = std::uint64_t{flags_of(a, expected)} << 24 |
                              std::uint64_t{static_cast<std::uint16_t>(a.status)} << 8 |
                              static_cast<std::uint8_t>(a.body);
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const entry& e) {
    return e.shape == shape && e.message == a.message && e.code == a.code &&
           e.blank_text == a.blank_text;
  });
  if (found != known_.end()) {
    const sim_verdict verdict = found->verdict;
    ++found->asked;
    const bool rises = found != known_.begin() && (found - 1)->asked < found->asked;
    if (rises) std::swap(*found, *(found - 1));
    return verdict;
  }
  const sim_verdict verdict = decode(a, expected);
  if (known_.size() == most_known) known_.pop_back();
  known_.push_back(
      {shape, std::string(a.message), std::string(a.code), std::string(a.blank_text), verdict});
  return verdict;
}

}  // namespace stampede
