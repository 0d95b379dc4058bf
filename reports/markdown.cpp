#include "reports/markdown.hpp"

#include "reports/text.hpp"

namespace stampede {

std::string markdown_escaped(std::string_view text) {
  std::string out;
  for (const char c : html_escaped(as_utf8(text))) {
    switch (c) {
      case '\n':
      case '\r': out += ' '; break;
      case '|':
      case '*':
      case '_':
      case '`':
      case '[':
      case ']':
      case '\\': out += '\\'; [[fallthrough]];
      default: out += c;
    }
  }
  return out;
}

std::string markdown_table(const std::vector<std::vector<std::string>>& rows) {
  std::string out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out += "|";
    for (const std::string& cell : rows[i]) {
      const bool ours = cell.size() > 1 && (cell.front() == '`' || cell.starts_with("**"));
      out += " " + (ours ? cell : markdown_escaped(cell)) + " |";
    }
    out += "\n";
    if (i > 0) continue;
    out += "|---|";
    for (std::size_t k = 1; k < rows[0].size(); ++k) out += "---:|";
    out += "\n";
  }
  return out;
}

}  // namespace stampede
