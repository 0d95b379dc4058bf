// From the bytes of an answer to an outcome: JSON bodies, SSE streams, error envelopes.
//
// The content is part of the outcome: a 200 that is cut, empty or unfinished is not a
// success, nor one whose tool arguments or, in JSON mode, whose content is no whole JSON. Bytes may
// come in any pieces. Blank lines and SSE comments are keep-alive bytes, not payload. The decoder
// never throws on what a server sends.
//
// Use:  answer_decoder decoder({.stream = true});
//       decoder.begin(200);
//       const fed f = decoder.feed(bytes);   // ... until the body is over
//       const decoded d = decoder.end();
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/instant.hpp"
#include "core/records.hpp"
#include "core/retry_hint.hpp"

namespace stampede {

struct expected_answer {
  bool stream = false;
  bool json_mode = false;  // the content itself must be JSON
};

struct decoded {
  outcome result = outcome::success;
  token_usage usage;
  std::string text;       // the answer's content
  std::string reasoning;  // and its reasoning_content
  std::string message;    // the service's own error text
  std::string model;      // as the answer names it
  std::string finish_reason;
};

class answer_decoder {
 public:
  explicit answer_decoder(expected_answer expected) : expected_(expected) {}

  struct fed {
    bool payload = false;      // something other than keep-alive bytes
    std::uint32_t tokens = 0;  // stream: chunks that carried content
  };

  void begin(int status);
  fed feed(std::string_view bytes);
  // The body is over, as its framing promised.
  decoded end();

 private:
  fed feed_stream(std::string_view bytes);
  std::uint32_t on_line(std::string_view line);
  std::uint32_t on_chunk(std::string_view json);
  void end_stream();
  void end_body();
  void end_error();
  void judge_content();
  void judge_json(std::string_view text);
  std::string& arguments_of(std::int64_t call);

  expected_answer expected_;
  int status_ = 0;
  std::string body_;  // non-stream: everything; stream: the unfinished line
  bool done_seen_ = false;
  bool chunk_seen_ = false;
  std::vector<std::pair<std::int64_t, std::string>> tool_arguments_;  // by index of the call
  outcome stream_error_ = outcome::success;
  decoded result_;
};

// Retry-After as a wait from now, from its two headers: retry-after-ms (milliseconds) comes
// first, then Retry-After as seconds (decimals allowed) or as an HTTP date, of which `date`
// (the answer's Date header, else the local clock, in Unix seconds) is taken off. A date in
// the past and a negative number give a negative wait, which policies take for none; nothing
// readable gives no_duration.
duration read_retry_after(std::string_view milliseconds, std::string_view value,
                          std::int64_t date_unix_seconds);

// x-should-retry, where it is "true" or "false" to the letter, as the SDKs read it.
retry_hint read_should_retry(std::string_view value);

// An HTTP date (IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT") in Unix seconds; -1 on others.
std::int64_t parse_http_date(std::string_view text);

}  // namespace stampede
