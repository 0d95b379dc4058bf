// Where a fault cuts or spoils a body, when it asks for more than a number of bytes. Places
// count bytes from the body's start; a cut at n leaves the first n bytes. Pure.
//
// Use: `at = cut_place(whole_body(answer), cut_inside::utf8, at);`
#pragma once

#include <cstdint>
#include <string_view>

namespace stampede {

enum class cut_inside : std::uint8_t {
  anywhere,
  utf8,            // a UTF-8 sequence of several bytes
  escape,          // a JSON escape: behind its backslash
  frame,           // the JSON of a server-sent event
  between_frames,  // no event: behind one and before the next
};

// The first such place at or behind `at`, else the last one before it; `at` itself where the
// body has none. Never at the body's start or end.
std::int64_t cut_place(std::string_view body, cut_inside what, std::int64_t at);

// The first quotation mark at or behind `at` that begins or ends a JSON string, else the last
// one before it; -1 where there is none.
std::int64_t quote_place(std::string_view body, std::int64_t at);

}  // namespace stampede
