// The parts of the page that need no script: plain HTML, every outside text escaped.
// Use: `body += headline_html(report);`
#pragma once

#include <string>

#include "reports/report.hpp"

namespace stampede {

std::string header_html(const report& r);
std::string headline_html(const report& r);
std::string verdicts_html(const report& r);
std::string findings_html(const report& r);
std::string tables_html(const report& r);
std::string source_html(const report& r);

// "All 6 expectations hold", "2 of 6 expectations failed", "No expectations".
std::string verdict_summary(const std::vector<verdict>& verdicts);

}  // namespace stampede
