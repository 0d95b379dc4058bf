// The load over time, a line a bin: as CSV with a head, or as NDJSON. Times and widths in
// milliseconds. Use: `write_file_atomically(dir / "series.csv", render_series_csv(report));`
#pragma once

#include <string>

#include "reports/report.hpp"

namespace stampede {

std::string render_series_csv(const report& r);
std::string render_series_ndjson(const report& r);

}  // namespace stampede
