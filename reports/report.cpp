#include "reports/report.hpp"

#include <utility>

namespace stampede {

report make_report(run_info info, measures numbers, const std::vector<expectation>& expectations) {
  report r;
  r.verdicts = judge(expectations, numbers, info);
  r.findings = findings_of(numbers, info);
  r.info = std::move(info);
  r.numbers = std::move(numbers);
  return r;
}

}  // namespace stampede
