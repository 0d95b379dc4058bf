// [arrivals] and [workload] of a group: config_table -> plan.
//
// Errors are config_error with the place of the key at fault. Pure.
// Use: `group.arrivals = read_arrivals(table, scenario.length);`
#pragma once

#include "scenarios/scenario.hpp"

namespace stampede {

// A group's [fleet.arrivals] over the scenario's [arrivals]. Where the group states another
// kind, the scenario's keys are about something else and none is taken over.
config_table merged_arrivals(const config_table& base, const config_table& over);

// `length` is the run's: what would begin after it is refused.
arrival_plan read_arrivals(const config_table& table, duration length);

// Refuses keys that no kind of arrivals has: for a table of defaults.
void check_arrival_keys(const config_table& table);

workload_plan read_workload(const config_table& table);

}  // namespace stampede
