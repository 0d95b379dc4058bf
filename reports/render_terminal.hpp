// A report as an aligned text for a terminal or a log. Deterministic.
// Use: `fmt::print("{}", render_terminal(report, {.colour = is_a_terminal}));`
#pragma once

#include <string>

#include "reports/report.hpp"

namespace stampede {

struct terminal_style {
  bool colour = false;
  bool utf8 = true;  // else plain ASCII
  int width = 100;   // columns; long sentences are wrapped
};

std::string render_terminal(const report& r, const terminal_style& style = {});

}  // namespace stampede
