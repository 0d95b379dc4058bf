// What the server sends, without its bytes: an answer (what bodies.hpp renders from), the
// segments it goes out in, and how it ends.
//
// Plain data, cheap to copy. The views point to text that lives as long as the server_model,
// except `message`, which lives until the exchange's slot takes its next request.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/ids.hpp"
#include "core/instant.hpp"
#include "core/records.hpp"
#include "core/retry_hint.hpp"
#include "deepseek/models.hpp"
#include "mockserver/request.hpp"

namespace stampede {

// In whose words a completion is written.
enum class dialect : std::uint8_t {
  chat,       // chat.completion and its chunks
  text,       // text_completion: fill in the middle
  anthropic,  // message and its events
};

enum class body_kind : std::uint8_t {
  completion,  // in the answer's dialect, or its stream
  models,      // GET /models
  balance,     // GET /user/balance: `message` is the JSON
  page,        // `message` alone, of `content_type`: no text of the API's
  error_json,  // the envelope: message, type, null, code
  error_text,  // `message` alone, as plain text
  blank,       // nothing at all
};

// What is unusual about the headers of a refusal.
enum class head_form : std::uint8_t {
  usual,
  octet_stream,  // Content-Type: application/octet-stream
  gateway,       // no Content-Type, "Authorization Required" for a reason phrase
  allow_get,     // Allow: GET, HEAD
  allow_post,    // Allow: POST
};

// How a Retry-After is written.
enum class retry_form : std::uint8_t {
  seconds,       // whole ones, rounded up
  decimal,       // seconds with three decimals
  date,          // as an HTTP date, counted from the answer's own
  milliseconds,  // in the header retry-after-ms
  text,          // as it is
};

// The words an answer is made of.
enum class alphabet : std::uint8_t {
  plain,
  accented,  // each has a character of two bytes
  escaped,   // each has a quotation mark, which JSON escapes
};

// How its JSON is broken, in one place.
enum class spoiling : std::uint8_t {
  none,
  quote_missing,  // the quotation mark there is left out
  control_byte,   // a control byte follows it
};

// What comes behind the tokens of an answer.
enum class answer_tail : std::uint8_t {
  whole,
  no_reason,  // finish_reason is null
  no_done,    // a stream ends without [DONE]; in one piece, finish_reason is null
  neither,    // neither of the two; a stream's last chunk does not come
  error,      // a stream ends in the error of `message`, `type` and `code`
};

enum class finish_kind : std::uint8_t { stop, length, tool_calls, insufficient_system_resource };

// A wait as it is told: rounded up to what the form can say; no_duration and texts tell none.
constexpr duration told_wait(duration wait, retry_form as) {
  if (wait == no_duration || as == retry_form::text) return no_duration;
  const bool whole_seconds = as == retry_form::seconds || as == retry_form::date;
  return whole_seconds ? std::chrono::ceil<std::chrono::seconds>(wait)
                       : duration{std::chrono::ceil<std::chrono::milliseconds>(wait)};
}

// How an answer ends on the wire.
enum class ending : std::uint8_t {
  clean,      // its HTTP framing is whole; the connection can be used again
  truncated,  // closed (FIN) before the framing is whole
  reset,      // RST, after what was sent has drained
  silent,     // nothing more comes, the connection stays open
};
std::string_view name_of(ending e);

struct answer {
  call_identity identity;
  std::uint16_t attempt = 1;
  std::int16_t status = 200;
  body_kind body = body_kind::completion;
  head_form head = head_form::usual;
  std::string_view message;  // of an error
  std::string_view type;
  std::string_view code;
  duration retry_after = no_duration;  // in scenario time; it may be negative
  retry_form retry_as = retry_form::seconds;
  retry_hint should_retry = retry_hint::none;  // x-should-retry
  std::string_view retry_text;                 // with retry_form::text
  std::int16_t fault = no_fault;  // index of the fault that decided, no_fault or asked_fault
  std::string_view fault_kind;    // "truncate"
  deepseek::model_id model = deepseek::model_id::v4_flash;
  dialect words = dialect::chat;
  bool stream = false;
  bool include_usage = false;
  bool thinking = false;
  bool json_mode = false;
  finish_kind finish = finish_kind::stop;
  bool empty_content = false;  // `blank_text` instead of the content
  std::string_view blank_text;
  std::string_view content_type;  // of a page
  alphabet letters = alphabet::plain;
  answer_tail tail = answer_tail::whole;
  spoiling spoiled = spoiling::none;
  std::int64_t spoil_at = -1;       // where, in bytes of the body
  std::string_view tool_name;       // not empty: the content is a call of it, with these
  std::string_view tool_arguments;  // arguments; both live as `message` does
  std::int32_t tool_tokens = 0;     // of the whole call; fewer come if the answer is cut short
  std::int64_t content_bytes = -1;  // a stop sequence ends the content after so many; -1: none
  std::string_view stop_sequence;   // which one; lives as `message` does
  std::int8_t top_logprobs = -1;    // -1: no logprobs
  token_usage usage;                // output includes reasoning
  std::int32_t reasoning = 0;       // of usage.output, sent as reasoning_content
  std::int64_t cut_at = -1;         // the body ends after so many bytes; -1: whole
  ending ends = ending::clean;
  std::int64_t created = 0;  // seconds of the Unix era
  std::uint64_t text = 0;    // what ids and words are drawn from
};

// Whether it goes out as server-sent events. Refusals never do.
inline bool is_stream(const answer& a) {
  return a.stream && a.status == 200 && a.body != body_kind::page;
}

// A piece of an answer. The first one with `head` carries the status line and headers.
struct segment {
  bool head = false;
  bool keep_alive = false;  // an SSE comment when streaming, a blank line when not
  std::int32_t first = 0;   // tokens [first, first + count) of the answer
  std::int32_t count = 0;
  std::int64_t cut_at = -1;  // the body ends after so many bytes of this segment; -1: whole
  std::int64_t skip = 0;     // so many of its bytes have been sent before
  bool last = false;         // the rest of the body comes with it
  friend bool operator==(const segment&, const segment&) = default;
};

}  // namespace stampede
