// /metrics: what a serving mock counts, in Prometheus' text format. Names carry their units;
// docs/control.md lists them. Pure.
// Use: `return metrics_page(view);`
#pragma once

#include "mockserver/control_json.hpp"
#include "mockserver/page.hpp"

namespace stampede {

page metrics_page(const control_view& v);

}  // namespace stampede
