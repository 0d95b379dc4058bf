#include <fmt/format.h>

#include "reports/render_compare.hpp"
#include "reports/text.hpp"
#include "reports/text_table.hpp"

namespace stampede {
namespace {

std::string word_of(const compared_cell& c) {
  if (c.result == change::same) return "";
  return std::string(name_of(c.result)) + (c.regression ? " !" : "");
}

// In columns: the measure, the base, then value, difference and verdict of the other run. Several
// others have room for what is brief only.
std::string table_of(const comparison_table& t, bool gates) {
  const bool brief = t.runs.size() > 2;
  std::string alignment = "lr";
  std::vector<std::string> head{"", as_utf8(t.runs[0].label)};
  for (std::size_t i = 1; i < t.runs.size(); ++i) {
    alignment += brief ? "rr" : "rll";
    head.push_back(as_utf8(t.runs[i].label));
    head.push_back(brief ? "" : "difference");
    if (!brief) head.emplace_back();
  }
  text_table table(alignment);
  table.row(head);
  bool any = false;
  for (const compared_row& row : t.rows) {
    if (row.gates != gates) continue;
    any = true;
    std::vector<std::string> cells{row.name, brief ? row.cells[0].brief : row.cells[0].text};
    for (std::size_t i = 1; i < row.cells.size(); ++i) {
      const compared_cell& c = row.cells[i];
      if (brief) {
        const bool plain = c.result == change::same || c.result == change::differs;
        cells.push_back(c.brief);
        cells.push_back(c.brief_difference + (plain ? "" : " " + word_of(c)));
      } else {
        cells.insert(cells.end(), {c.text, c.difference_text, word_of(c)});
      }
    }
    table.row(cells);
  }
  return any ? table.text("  ") : std::string();
}

}  // namespace

std::string regression_summary(const comparison_table& t) {
  const auto n = static_cast<std::int64_t>(t.regressions().size());
  return fmt::format("{} beyond {}",
                     n == 0 ? "no regression" : plural(n, "regression", "regressions"),
                     percent_text(t.tolerance));
}

std::string render_compare_terminal(const comparison_table& t, const terminal_style& style) {
  const auto painted = [&style](const char* code, const std::string& text) {
    return style.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
  };
  const auto width = static_cast<std::size_t>(style.width);
  std::string out = painted("1", as_utf8(t.scenario)) + "\n" + table_of(t, true);
  if (const std::string others = table_of(t, false); !others.empty())
    out += "\n" + painted("1", "Every other measure") + "\n" + others;
  out += "\n";
  for (const std::string& note : t.notes) out += wrapped(as_utf8(note), "", width);
  const std::vector<std::string> regressions = t.regressions();
  out += painted(regressions.empty() ? "32" : "31", regression_summary(t)) + "\n";
  for (const std::string& r : regressions) out += wrapped(as_utf8(r), "  ", width);
  return out;
}

}  // namespace stampede
