// Markdown as job summaries and pull requests show it. Outside text is escaped.
// Use: `out += markdown_table({{"measure", "value"}, {"calls", "12"}});`
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stampede {

std::string markdown_escaped(std::string_view text);
// The first row is the head; the first column is words, the others numbers. Cells in backquotes
// are code and kept.
std::string markdown_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace stampede
