// JSON Schema of scenario files, for the language servers of editors: scenario.schema.json,
// embedded at build time. What it cannot say, `stampede validate` does.
#pragma once

#include <string_view>

namespace stampede {

extern const std::string_view scenario_schema;

}  // namespace stampede
