// The page's tables: failures by outcome, groups, and every other number.
// Use: `body += tables_html(report);` (declared with the other sections)
#pragma once

#include <string>
#include <vector>

namespace stampede {

// The first row is the head; the first column names the row, the first `texts` columns are
// words and the others numbers. Cells are escaped here.
std::string html_table(const std::vector<std::vector<std::string>>& rows, std::size_t texts = 1);

}  // namespace stampede
