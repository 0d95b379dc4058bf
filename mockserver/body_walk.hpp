// Reads a JSON body as its text streams by, held against a tree of body_fields: known values
// go to a listener, everything else is passed over, no tree is built.
//
// The first thing wrong with the shape is noted with path, line and column; the rest of the
// body is then only looked at for being JSON, since a body that is none is told first. Pure.
//
// Use: walk_body(body, top, listener, request.problem);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mockserver/body_shape.hpp"
#include "mockserver/request.hpp"

namespace stampede {

// One of them, as the field takes it.
struct body_value {
  std::uint8_t kind = 0;  // of value_kind
  std::string_view text{};
  bool flag = false;
  std::int64_t whole = 0;
  double real = 0;  // of whole numbers too
};

// The reader of a dialect. What it returns is what is wrong, in serde's words; "" if nothing.
class body_listener {
 public:
  virtual ~body_listener() = default;
  virtual std::string value(const body_field& f, const body_value& v) = 0;
  virtual void opened(const body_field& f) = 0;  // an object or a list
  // `text` is all of it, from bracket to bracket, where the field wants_text; its white space and
  // numbers may be written otherwise. It lives as long as the call. Not called once something is
  // wrong.
  virtual std::string closed(const body_field& f, std::string_view text) = 0;
};

void walk_body(std::string_view body, const body_field& top, body_listener& listener,
               request_problem& problem);

// "unknown variant `x`, expected one of `a`, `b`, `c`"
std::string unknown_variant(std::string_view found, std::span<const std::string_view> variants);

}  // namespace stampede
