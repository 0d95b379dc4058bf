// JSON text -> config_table, so that what is scripted over the wire is read by the same code, and
// refused in the same words, as what a scenario file says: `body:1:12: unknown key ...`.
//
// Whole numbers stay whole. null is refused, and so is nesting deeper than 32. Pure.
//
// Use: const config_table table = json_table(text, "body");
// Errors: config_error with line and column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config_table.hpp"

namespace stampede {

// The text must be one object.
config_table json_table(std::string_view text, const std::string& name);

// One object, or a list of objects.
std::vector<config_table> json_tables(std::string_view text, const std::string& name);

// The other way, for showing what a table was read from. Keys in the order written.
std::string json_text(const config_table& table);

}  // namespace stampede
