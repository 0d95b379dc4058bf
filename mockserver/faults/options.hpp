// What faults' options have in common.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/check.hpp"
#include "core/config_table.hpp"
#include "mockserver/faults/fault.hpp"

namespace stampede {

// What each fault's file defines, as make_<kind>: reads the fault's own keys. The gate's keys
// have been read, and whoever calls refuses what is left.
using fault_maker = std::unique_ptr<fault>(config_reader& read);

// retry_after = "20s" or "none": no_duration for none, `otherwise` where the key is absent.
duration read_retry_after(config_reader& read, duration otherwise);

// "503 with Retry-After 20s"
std::string in_words(std::int16_t status, duration retry_after);

}  // namespace stampede
