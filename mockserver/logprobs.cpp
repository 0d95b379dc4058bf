#include "mockserver/logprobs.hpp"

#include <algorithm>

#include "core/draw.hpp"
#include "mockserver/answer_text.hpp"

namespace stampede {
namespace {

// As JSON; `units` are ten-thousandths below zero.
void put_log_probability(text_sink& put, std::int64_t units) {
  put("-");
  put_number(put, units / 10'000);
  put(".");
  const std::int64_t rest = units % 10'000;
  for (std::int64_t digit = 1000; digit > 0; digit /= 10) put_number(put, rest / digit % 10);
}

void put_entry(text_sink& put, std::string_view space, std::string_view text, std::int64_t units) {
  put("{\"token\":\"");
  put(space);
  put_escaped(put, text);
  put("\",\"logprob\":");
  put_log_probability(put, units);
  put(",\"bytes\":[");
  bool first = true;
  for (const std::string_view part : {space, text}) {
    for (const char c : part) {
      if (!first) put(",");
      first = false;
      put_number(put, static_cast<unsigned char>(c));
    }
  }
  put("]");
}

// The token itself has a probability between 0.5 and 0.9; alternative n has exp(-2.5 - 0.75 n),
// which is less than 0.074 for all of them together.
void put_token_entry(text_sink& put, const answer& a, std::int32_t i) {
  token_room room;
  const std::string_view text = token_text(a, i, room);
  const auto drawn = mix64(a.text ^ mix64(static_cast<std::uint64_t>(i) + 1));
  const auto units = static_cast<std::int64_t>(1'054 + drawn % 5'877);
  put_entry(put, "", text, units);
  put(",\"top_logprobs\":[");
  for (std::int32_t which = 0; which < a.top_logprobs; ++which) {
    if (which == 0) {
      put_entry(put, "", text, units);
    } else {
      const std::string_view space = text.starts_with(' ') ? " " : "";
      put(",");
      put_entry(put, space, alternative_word(a, i, which), 25'000 + 7'500 * which);
    }
    put("}");
  }
  put("]}");
}

// A list with nothing in it is null: a chunk is about reasoning or about content.
void put_entries(text_sink& put, const answer& a, std::int32_t first, std::int32_t end) {
  if (first >= end) {
    put("null");
    return;
  }
  for (std::int32_t i = first; i < end; ++i) {
    put(i == first ? "[" : ",");
    put_token_entry(put, a, i);
  }
  put("]");
}

}  // namespace

void put_logprobs(text_sink& put, const answer& a, std::int32_t first, std::int32_t end) {
  if (a.top_logprobs < 0 || first >= end) {
    put("null");
    return;
  }
  const std::int32_t content = std::clamp(a.reasoning, first, end);
  put("{\"content\":");
  put_entries(put, a, content, calls_tool(a) ? content : end);
  if (a.thinking) {
    put(",\"reasoning_content\":");
    put_entries(put, a, first, content);
  }
  put("}");
}

}  // namespace stampede
