// run.json read back: the report it was written from, so that any renderer can show it again and
// two runs can be compared.
//
// What reads the same is written the same: render_json(read_run(text)) == text. Reasons that need
// the samples themselves stay as they were judged. Throws config_error that names the file for
// whatever is not a run of this schema. Use: `const report r = read_run(text, "out/run.json");`
#pragma once

#include <string>
#include <string_view>

#include "reports/report.hpp"

namespace stampede {

report read_run(std::string_view text, const std::string& file);

}  // namespace stampede
