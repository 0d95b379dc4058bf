#include "reports/text_table.hpp"

#include <algorithm>
#include <sstream>

#include "core/check.hpp"

namespace stampede {

std::size_t display_width(const std::string& utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

void text_table::row(std::vector<std::string> cells) {
  STAMPEDE_CHECK(cells.size() <= alignment_.size());
  rows_.push_back(std::move(cells));
}

std::string text_table::text(const std::string& indent) const {
  std::vector<std::size_t> widths(alignment_.size(), 0);
  for (const auto& cells : rows_)
    for (std::size_t i = 0; i < cells.size(); ++i)
      widths[i] = std::max(widths[i], display_width(cells[i]));
  std::string out;
  for (const auto& cells : rows_) {
    std::string line = indent;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string blanks(widths[i] - display_width(cells[i]), ' ');
      if (i > 0) line += "  ";
      line += alignment_[i] == 'r' ? blanks + cells[i] : cells[i] + blanks;
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

std::string wrapped(const std::string& text, const std::string& indent, std::size_t width) {
  std::istringstream words(text);
  std::string out;
  std::string line;
  for (std::string word; words >> word;) {
    const bool fits = indent.size() + display_width(line) + 1 + display_width(word) <= width;
    if (!line.empty() && !fits) {
      out += indent + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty()) out += indent + line + "\n";
  return out;
}

}  // namespace stampede
