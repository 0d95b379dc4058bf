#include "reports/flat_json.hpp"

namespace stampede {

std::string with_flat_lists(const std::string& pretty) {
  std::string out;
  out.reserve(pretty.size());
  for (std::size_t at = 0; at < pretty.size();) {
    const char c = pretty[at];
    if (c == '"') {
      std::size_t end = at + 1;
      while (pretty[end] != '"') end += pretty[end] == '\\' ? 2 : 1;
      out.append(pretty, at, end + 1 - at);
      at = end + 1;
      continue;
    }
    const std::size_t close = c == '[' ? pretty.find_first_of("[]{\"", at + 1) : std::string::npos;
    if (close == std::string::npos || pretty[close] != ']') {
      out += c;
      ++at;
      continue;
    }
    for (; at <= close; ++at) {
      const bool blank = pretty[at] == '\n' || pretty[at] == ' ';
      if (!blank) out += pretty[at];
      if (pretty[at] == ',') out += ' ';
    }
  }
  return out;
}

}  // namespace stampede
