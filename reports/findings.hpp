// What a reader should do about a run: short sentences, each with its evidence, the most
// important first. Deterministic; no finding is no sentence.
// Use: `report.findings = findings_of(report.numbers, report.info);`
#pragma once

#include <string>
#include <vector>

#include "reports/measures.hpp"
#include "reports/run_info.hpp"

namespace stampede {

struct finding {
  std::string name;      // "retry_pressure": stable, for machines
  std::string advice;    // what to do, one sentence
  std::string evidence;  // the numbers behind it, one sentence
  std::string guide;     // what the guide says about it; empty where it says nothing
};

std::vector<finding> findings_of(const measures& m, const run_info& info);

}  // namespace stampede
