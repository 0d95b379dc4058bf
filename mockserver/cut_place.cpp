#include "mockserver/cut_place.hpp"

#include <algorithm>

namespace stampede {
namespace {

// Whether the byte before `n` is a backslash that begins an escape.
bool behind_escape(std::string_view body, std::size_t n) {
  std::size_t backslashes = 0;
  while (backslashes < n && body[n - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

bool inside_frame(std::string_view body, std::size_t n) {
  if (body[n - 1] == '\n' || body[n] == '\n') return false;
  constexpr std::string_view lead = "data: {";
  const std::size_t line = body.rfind('\n', n - 1) + 1;  // npos + 1 is 0
  return n > line + lead.size() && body.substr(line, lead.size()) == lead;
}

bool fits(std::string_view body, cut_inside what, std::size_t n) {
  switch (what) {
    case cut_inside::anywhere: return true;
    case cut_inside::utf8: return (static_cast<unsigned char>(body[n]) & 0xc0) == 0x80;
    case cut_inside::escape: return behind_escape(body, n);
    case cut_inside::frame: return inside_frame(body, n);
    case cut_inside::between_frames: return n >= 2 && body.substr(n - 2, 2) == "\n\n";
  }
  return false;
}

// The nearest place in [least, size) that `fits`: at or behind `at`, else before it.
template <class Fits>
std::int64_t nearest(std::string_view body, std::int64_t least, std::int64_t at, std::int64_t none,
                     const Fits& fits_at) {
  const auto size = static_cast<std::int64_t>(body.size());
  const std::int64_t from = std::max(at, least);
  for (std::int64_t n = from; n < size; ++n)
    if (fits_at(static_cast<std::size_t>(n))) return n;
  for (std::int64_t n = std::min(from, size) - 1; n >= least; --n)
    if (fits_at(static_cast<std::size_t>(n))) return n;
  return none;
}

}  // namespace

std::int64_t cut_place(std::string_view body, cut_inside what, std::int64_t at) {
  if (what == cut_inside::anywhere) return at;
  return nearest(body, 1, at, at, [&](std::size_t n) { return fits(body, what, n); });
}

std::int64_t quote_place(std::string_view body, std::int64_t at) {
  return nearest(body, 0, at, -1,
                 [&](std::size_t n) { return body[n] == '"' && !behind_escape(body, n); });
}

}  // namespace stampede
