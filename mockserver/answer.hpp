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
  error_json,  // the envelope: message, type, null, code
  error_text,  // `message` alone, as plain text
  blank,       // nothing at all
};

// What is unusual about the headers of a refusal.
enum class head_form : std::uint8_t {
  usual,
  octet_stream,  // Content-Type: application/octet-stream
  gateway,       // no Content-Type, "Authorization Required" for a reason phrase
  allow_get,     // Allow: GET
  allow_post,    // Allow: POST
};

enum class finish_kind : std::uint8_t { stop, length, tool_calls, insufficient_system_resource };

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
  duration retry_after = no_duration;  // sent in seconds of scenario time, rounded up
  std::int16_t fault = -1;             // index of the fault that decided, -1 for none
  std::string_view fault_kind;         // "truncate"
  deepseek::model_id model = deepseek::model_id::v4_flash;
  dialect words = dialect::chat;
  bool stream = false;
  bool include_usage = false;
  bool thinking = false;
  bool json_mode = false;
  finish_kind finish = finish_kind::stop;
  bool empty_content = false;  // `blank_text` instead of the content
  std::string_view blank_text;
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
inline bool is_stream(const answer& a) { return a.stream && a.status == 200; }

// A piece of an answer. The first one with `head` carries the status line and headers.
struct segment {
  bool head = false;
  bool keep_alive = false;  // an SSE comment when streaming, a blank line when not
  std::int32_t first = 0;   // tokens [first, first + count) of the answer
  std::int32_t count = 0;
  std::int64_t cut_at = -1;  // the body ends after so many bytes of this segment; -1: whole
  bool last = false;         // the rest of the body comes with it
  friend bool operator==(const segment&, const segment&) = default;
};

}  // namespace stampede
