// A comparison as text for a terminal, as Markdown, as JSON and as one self-contained page; each
// in a file of its own. Deterministic; everything from outside is escaped.
// Use: `write_file_atomically(dir / "comparison.html", render_compare_html(table));`
#pragma once

#include <string>

#include "reports/compare.hpp"
#include "reports/render_terminal.hpp"

namespace stampede {

std::string render_compare_terminal(const comparison_table& t, const terminal_style& style = {});
std::string render_compare_markdown(const comparison_table& t);
std::string render_compare_json(const comparison_table& t);
std::string render_compare_html(const comparison_table& t);

// "2 regressions beyond 5%", "no regression beyond 5%".
std::string regression_summary(const comparison_table& t);

}  // namespace stampede
