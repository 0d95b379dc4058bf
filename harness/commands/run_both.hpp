// One scenario in both engines, side by side: what `stampede run --engine both` prints.
// Pure. Use: `std::cout << side_by_side(sim, live, compare_journals(a, b));`
#pragma once

#include <string>

#include "harness/conformance.hpp"
#include "reports/report.hpp"

namespace stampede {

std::string side_by_side(const report& sim, const report& live, const conformance& c);
// {"sim": run.json, "live": run.json, "conformance": {...}}
std::string side_by_side_json(const report& sim, const report& live, const conformance& c);

}  // namespace stampede
