// A report as Markdown, for a job summary or a pull request: verdicts, findings, the numbers that
// lead. Outside text is escaped. Use: `write_file_atomically(dir / "summary.md", ...)`
#pragma once

#include <string>

#include "reports/report.hpp"

namespace stampede {

std::string render_markdown(const report& r);

}  // namespace stampede
