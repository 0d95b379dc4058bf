// What an answer will say: how much of it reasons, what its content is, and where that ends.
#include <algorithm>

#include "mockserver/answer_text.hpp"
#include "mockserver/server_core.hpp"
#include "mockserver/service_texts.hpp"

namespace stampede {

// Half of a thinking answer is reasoning. `wanted` tokens are the whole answer; the tokens of a
// tool call count as they are, unless the workload was declared.
void server_core::plan_text(exchange& x, const chat_facts& chat, std::int32_t wanted,
                            bool declared) {
  answer& a = x.said;
  const std::int32_t reasoning = a.thinking ? wanted / 2 : 0;
  if (chat.calls_tool && a.words != dialect::text) {
    call_tool(x, chat);
    if (declared) {
      a.tool_tokens = wanted - reasoning;
    } else {
      wanted = reasoning + a.tool_tokens;
    }
  }
  const std::int64_t most = chat.max_tokens.value_or(wanted);
  a.usage.output = static_cast<std::int32_t>(std::min<std::int64_t>(wanted, most));
  a.reasoning = std::min(reasoning, a.usage.output);
  if (a.usage.output < wanted) {
    a.finish = finish_kind::length;
  } else if (calls_tool(a)) {
    a.finish = finish_kind::tool_calls;
  }
  if (chat.stop.empty() || calls_tool(a)) return;
  const auto stop = find_stop(a, chat.stop);
  if (!stop) return;
  a.finish = finish_kind::stop;
  a.usage.output = stop->tokens;
  a.content_bytes = stop->bytes;
  x.message = chat.stop[stop->which];
  a.stop_sequence = x.message;
}

void server_core::call_tool(exchange& x, const chat_facts& chat) {
  answer& a = x.said;
  x.message = chat.tool_name;
  x.message += chat.tool_arguments;
  const std::string_view both = x.message;
  a.tool_name = both.substr(0, chat.tool_name.size());
  a.tool_arguments = both.substr(chat.tool_name.size());
  a.tool_tokens = estimate_tokens(static_cast<std::int64_t>(both.size()));
}

// What a fault makes of the answer: its text, its end, its speed.
void server_core::edit_answer(exchange& x, const plan_edit& edit) {
  answer& a = x.said;
  if (const auto* cut = std::get_if<cut_body>(&edit)) {
    x.cut = *cut;
    if (cut->inside == cut_inside::utf8) a.letters = alphabet::accented;
    if (cut->inside == cut_inside::escape) a.letters = alphabet::escaped;
  } else if (const auto* part = std::get_if<cut_generation>(&edit)) {
    if (cut_short(x, *part)) a.finish = finish_kind::insufficient_system_resource;
  } else if (const auto* blank = std::get_if<blank_content>(&edit)) {
    a.empty_content = true;
    if (a.finish == finish_kind::tool_calls) a.finish = finish_kind::stop;
    a.blank_text = blank->text;
  } else if (const auto* fail = std::get_if<fail_generation>(&edit)) {
    fail_short(x, *fail);
  } else if (const auto* slow = std::get_if<slow_generation>(&edit)) {
    x.tokens_per_second = slow->tokens_per_second;
  } else if (const auto* out = std::get_if<leave_out>(&edit)) {
    a.tail = out->what;
  } else {
    x.spoil = std::get<spoil_body>(edit);
  }
}

void server_core::fail_short(exchange& x, const fail_generation& fail) {
  answer& a = x.said;
  cut_short(x, fail.after);
  const service_text text = service_text_of(fail.status);
  a.message = fail.message.empty() ? text.message : fail.message;
  a.type = text.type;
  a.code = text.code;
  a.tail = answer_tail::error;
  if (!a.stream) a.body = body_kind::error_json;
}

// The generation ends early, unless it was done before.
bool server_core::cut_short(exchange& x, const cut_generation& cut) {
  answer& a = x.said;
  const std::int32_t whole = a.usage.output;
  const auto part = static_cast<std::int32_t>(cut.fraction * static_cast<double>(whole));
  const std::int32_t at = cut.tokens >= 0 ? cut.tokens : part;
  if (at >= whole) return false;
  if (x.declared_work > duration::zero()) {
    __extension__ using wide = __int128;
    const wide work_done = static_cast<wide>(x.declared_work.count()) * at / whole;
    x.declared_work = std::max(duration{1}, duration{static_cast<std::int64_t>(work_done)});
  }
  a.usage.output = at;
  a.reasoning = std::min(a.reasoning, at);
  a.content_bytes = -1;
  a.stop_sequence = {};
  return true;
}

}  // namespace stampede
