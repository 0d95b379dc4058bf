// The variants of `run --vary client.preset=guide,guide-snippet`: changes of a scenario, with a
// label for tables and folders. Several --vary give every combination, the first of each first.
#pragma once

#include <string>
#include <vector>

namespace stampede {

struct variant {
  std::string label;                 // "guide", "guide, 3"
  std::vector<std::string> changes;  // TOML assignments, as for --set
};

// Throws config_error where an option is not KEY=VALUE,VALUE with two values or more.
std::vector<variant> variants_of(const std::vector<std::string>& vary);

}  // namespace stampede
