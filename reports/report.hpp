// All that a report shows; every renderer takes one. Plain data.
// Use: `const report r = make_report(info, fold.finish(info.measured), expectations);`
#pragma once

#include <vector>

#include "reports/expectations.hpp"
#include "reports/findings.hpp"
#include "reports/intervals.hpp"
#include "reports/measures.hpp"
#include "reports/run_info.hpp"

namespace stampede {

struct report {
  run_info info;
  measures numbers;
  std::vector<verdict> verdicts;
  std::vector<finding> findings;
  replicated over;  // empty unless there were several replications; the rest is of the first
};

// The report with its verdicts and findings worked out.
report make_report(run_info info, measures numbers, const std::vector<expectation>& expectations);

}  // namespace stampede
