// A fault in one line: "429 retry_after=2", "truncate at=40%", "status=503; retry_after=2".
//
// The first word is a status, or a kind, or `status=...` or `kind=...`; then the fault's own keys.
// Words are separated by blanks or semicolons; a value in double quotes may hold either. `at` is
// short for `cut_at`, and `retry_after` may be a number of seconds. Numbers, true and false are
// what they look like, all else is text.
//
// Use: `const config_table table = terse_fault("truncate at=40%", place);`
// Errors: config_error at `place`, for what is no such line.
#pragma once

#include <string_view>

#include "core/config_table.hpp"

namespace stampede {

config_table terse_fault(std::string_view text, const config_place& place);

}  // namespace stampede
