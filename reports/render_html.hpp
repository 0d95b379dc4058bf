// A report as one self-contained page: no file beside it, no network, works from file://.
// Everything from outside is escaped. Deterministic.
// Use: `write_file_atomically(dir / "report.html", render_html(report));`
#pragma once

#include <string>
#include <vector>

#include "reports/report.hpp"

namespace stampede {

std::string render_html(const report& r);

// The page that leads to the reports of several runs.
struct index_entry {
  std::string title;    // the scenario's name
  std::string link;     // relative: "rate_limit_storm/report.html"
  std::string summary;  // "5 of 6 expectations hold"
  verdict_result result = verdict_result::pass;
};

index_entry index_entry_for(const report& r, const std::string& link);
std::string render_index_html(const std::vector<index_entry>& entries);

}  // namespace stampede
