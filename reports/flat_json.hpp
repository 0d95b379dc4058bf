// Pretty JSON with every list of plain values on one line: a series is data, not prose.
// Use: `with_flat_lists(json.dump(2))`
#pragma once

#include <string>

namespace stampede {

std::string with_flat_lists(const std::string& pretty);

}  // namespace stampede
