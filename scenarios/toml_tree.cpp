// TOML text -> config_table. The only file that knows toml++.
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "scenarios/loader.hpp"
#include "scenarios/toml_hints.hpp"

namespace stampede {
namespace {

using file_name = std::shared_ptr<const std::string>;

config_place place_of(const toml::source_region& region, const file_name& file) {
  return {file, region.begin.line, region.begin.column};
}

config_table to_table(const toml::table& from, const file_name& file);
config_array to_array(const toml::array& from, std::string_view key, const file_name& file);

config_value to_value(const toml::node& from, std::string_view key, const file_name& file) {
  config_value value;
  value.place = place_of(from.source(), file);
  const std::string name = "'" + std::string(key) + "'";
  switch (from.type()) {
    case toml::node_type::table: value.data = to_table(*from.as_table(), file); break;
    case toml::node_type::array: value.data = to_array(*from.as_array(), key, file); break;
    case toml::node_type::string: value.data = from.as_string()->get(); break;
    case toml::node_type::integer: value.data = from.as_integer()->get(); break;
    case toml::node_type::boolean: value.data = from.as_boolean()->get(); break;
    case toml::node_type::floating_point:
      if (!std::isfinite(from.as_floating_point()->get()))
        throw config_error(value.place, name + " must be a finite number");
      value.data = from.as_floating_point()->get();
      break;
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      throw config_error(value.place, name + " cannot be a bare date or time; write it in quotes");
    case toml::node_type::none: break;
  }
  return value;
}

// toml++ keeps tables by key; their places give back the order written.
config_table to_table(const toml::table& from, const file_name& file) {
  config_table table;
  table.place = place_of(from.source(), file);
  for (const auto& [key, node] : from)
    table.entries.push_back(
        {std::string(key.str()), place_of(key.source(), file), to_value(node, key.str(), file)});
  std::stable_sort(
      table.entries.begin(), table.entries.end(), [](const config_entry& a, const config_entry& b) {
        return std::pair{a.place.line, a.place.column} < std::pair{b.place.line, b.place.column};
      });
  return table;
}

config_array to_array(const toml::array& from, std::string_view key, const file_name& file) {
  config_array array;
  for (const toml::node& node : from) array.push_back(to_value(node, key, file));
  return array;
}

}  // namespace

config_table parse_config(std::string_view toml, const std::string& file) {
  const auto name = std::make_shared<const std::string>(file);
  try {
    return to_table(toml::parse(toml, file), name);
  } catch (const toml::parse_error& error) {
    const toml_complaint complaint = reword_toml_error(
        toml, {name, error.source().begin.line, error.source().begin.column}, error.description());
    throw config_error(complaint.place, complaint.message);
  }
}

}  // namespace stampede
