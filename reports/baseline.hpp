// A baseline: what a later comparison needs of a run, small enough to be committed.
//
// Units as in run.json; one value a replication. A run.json is a baseline, too.
// Throws config_error that names the file. Use: `read_baseline(text, "ci/baseline.json", "base")`
#pragma once

#include <string>
#include <string_view>

#include "reports/compare.hpp"

namespace stampede {

std::string render_baseline(const compared_run& run);
compared_run read_baseline(std::string_view text, const std::string& file, std::string label);

}  // namespace stampede
