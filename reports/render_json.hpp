// A report as run.json: stable key order, units in the keys (`_ms`, `_usd`, `_tokens`,
// `_per_s`), `schema_version` first. What was not measured is null. Deterministic.
// Use: `write_file_atomically(dir / "run.json", render_json(report));`
#pragma once

#include <string>

#include "reports/report.hpp"

namespace stampede {

inline constexpr int run_schema_version = 1;

std::string render_json(const report& r);

}  // namespace stampede
