// What the page's charts draw, as compact JSON that is safe inside a <script> element.
// Long series are summed into at most 480 bins, latencies into a cumulative curve on a
// logarithmic grid. Deterministic. Use: `page += chart_data(report);`
#pragma once

#include <string>

#include "reports/report.hpp"

namespace stampede {

std::string chart_data(const report& r);

}  // namespace stampede
