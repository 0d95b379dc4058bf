// JSON Schema (2020-12) of run.json, made from the same list of fields it is written from: what
// the schema says is what is written. Use: `std::cout << render_run_schema();`
#pragma once

#include <string>

namespace stampede {

std::string render_run_schema();

}  // namespace stampede
