#include <fmt/format.h>

#include "reports/markdown.hpp"
#include "reports/render_compare.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

std::string table_of(const comparison_table& t, bool gates) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> head{"measure", t.runs[0].label};
  for (std::size_t i = 1; i < t.runs.size(); ++i)
    head.insert(head.end(), {t.runs[i].label, "difference", ""});
  rows.push_back(head);
  for (const compared_row& row : t.rows) {
    if (row.gates != gates) continue;
    std::vector<std::string> cells{"`" + row.name + "`", row.cells[0].text};
    for (std::size_t i = 1; i < row.cells.size(); ++i) {
      const compared_cell& c = row.cells[i];
      const std::string word = c.result == change::same ? "" : std::string(name_of(c.result));
      cells.insert(cells.end(),
                   {c.text, c.difference_text, c.regression ? "**" + word + "**" : word});
    }
    rows.push_back(cells);
  }
  return rows.size() > 1 ? markdown_table(rows) : std::string();
}

}  // namespace

std::string render_compare_markdown(const comparison_table& t) {
  std::string out = "## " + markdown_escaped(t.scenario) + ": " + regression_summary(t) + "\n\n";
  out += table_of(t, true) + "\n";
  for (const std::string& note : t.notes) out += "- " + markdown_escaped(note) + "\n";
  if (const std::string others = table_of(t, false); !others.empty())
    out += "\n<details><summary>Every other measure</summary>\n\n" + others + "\n</details>\n";
  return out;
}

}  // namespace stampede
