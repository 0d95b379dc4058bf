// HTTP/1.1 around an answer's segments: status line, headers, Content-Length or chunks.
//
// A non-stream answer in one segment has a Content-Length; whatever goes out in several
// segments, and every stream, is chunked (to an HTTP/1.0 client: ended by closing). A cut
// answer whose ending is clean has whole framing around its cut body; with another ending,
// fewer bytes come than the framing promised. Pure.
//
// Use: append_wire(answer, piece, {}, out);  // for each segment in turn
#pragma once

#include <string>

#include "mockserver/answer.hpp"
#include "mockserver/page.hpp"

namespace stampede {

struct wire_form {
  bool keep_alive = true;  // what the Connection header says
  bool chunks = true;      // false for HTTP/1.0
  bool head_only = false;  // the request was a HEAD
};

void append_wire(const answer& a, const segment& piece, const wire_form& form, std::string& out);

// The two headers that tell when to come back; empty where they are not sent.
struct retry_headers {
  std::string milliseconds;  // retry-after-ms
  std::string value;         // Retry-After
};
retry_headers retry_headers_of(const answer& a);
void append_page(const page& p, const wire_form& form, std::string& out);

// Whether the answer that starts with `first_piece` states its length.
bool states_length(const answer& a, const segment& first_piece);

}  // namespace stampede
