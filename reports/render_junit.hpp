// Verdicts as JUnit XML, the dialect CI systems read: one suite a scenario, one case an
// expectation. A fail is a failure, an inconclusive one an error: neither is green.
// Use: `write_file_atomically(dir / "junit.xml", render_junit(report));`
#pragma once

#include <string>

#include "reports/report.hpp"

namespace stampede {

std::string render_junit(const report& r);

}  // namespace stampede
