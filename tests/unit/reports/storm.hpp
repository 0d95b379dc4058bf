// A synthetic storm: records of two groups of clients meeting a 429 storm and some bad
// content, made without any engine. The same bytes on every machine.
//
// "patient" spreads its retries and checks content; "pasted" sleeps exactly Retry-After and
// takes a truncated answer for a success.
#pragma once

#include "core/records.hpp"
#include "reports/report.hpp"

namespace stampede::test {

run_info storm_info();
void feed_storm(record_sink& sink);
report storm_report();

}  // namespace stampede::test
