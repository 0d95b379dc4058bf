// One run of a scenario, as `stampede run` makes it: in virtual time or on real sockets, with its
// journal and its records.
// Use: `const report r = run_one(load_plan("storm.toml", o), o);`
#pragma once

#include <string>

#include "harness/commands/run_options.hpp"
#include "harness/plan.hpp"
#include "reports/report.hpp"

namespace stampede {

// Throws config_error for a mistake in the file, or one that cannot be run as asked.
run_plan load_plan(const std::string& file, const run_options& o);

report run_one(const run_plan& plan, const run_options& o);

}  // namespace stampede
