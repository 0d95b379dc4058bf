// Rows of cells as aligned columns. Widths count code points: the cells are short labels and
// numbers, without wide or combining characters.
// Use: `text_table t("lrr"); t.row({"group", "calls", "p99"}); t.text("  ")`
#pragma once

#include <string>
#include <vector>

namespace stampede {

class text_table {
 public:
  // One letter a column: l left, r right. Cells beyond them are refused.
  explicit text_table(std::string alignment) : alignment_(std::move(alignment)) {}

  void row(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // Every row on a line of its own that begins with `indent`, no trailing blanks.
  std::string text(const std::string& indent) const;

 private:
  std::string alignment_;
  std::vector<std::vector<std::string>> rows_;
};

std::size_t display_width(const std::string& utf8);

// `text` broken at blanks into lines of at most `width` columns, each begun with `indent`.
std::string wrapped(const std::string& text, const std::string& indent, std::size_t width);

}  // namespace stampede
