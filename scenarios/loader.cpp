#include "scenarios/loader.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "core/units.hpp"
#include "scenarios/arrivals.hpp"

namespace stampede {
namespace {

constexpr std::int64_t most_instances = 1'000'000;
constexpr std::size_t most_groups = 1000;  // records carry a group's number in 16 bits
constexpr duration year = std::chrono::hours{24 * 365};

// The tables every group starts from.
struct defaults {
  config_table arrivals;
  config_table workload;
  config_table client;
};

duration time_within_a_year(config_reader& read, std::string_view key, duration least,
                            duration otherwise) {
  const duration found = read.time(key, least).value_or(otherwise);
  if (found > year) read.fail(key, "'" + std::string(key) + "' must be at most 8760h, a year");
  return found;
}

// A name that can stand in a line of a report: something visible, nothing that moves the cursor.
std::string read_name(config_reader& read, std::string otherwise) {
  const std::string name = read.text("name").value_or(std::move(otherwise));
  if (name.find_first_not_of(' ') == std::string::npos)
    read.fail("name", "'name' must not be empty");
  const bool control = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (control) read.fail("name", "'name' must be one line of text");
  return name;
}

// The table under `key`, or an empty one that reports errors at `place`.
config_table table_or_empty(config_reader& read, std::string_view key, const config_place& place) {
  if (const config_table* found = read.table(key)) return *found;
  config_table empty;
  empty.place = place;
  return empty;
}

// `over` on top of `base`, with errors about missing keys at the nearer of the two.
config_table layered(const config_table& base, const config_table& over,
                     config_table (*merge)(const config_table&, const config_table&)) {
  config_table merged = merge(base, over);
  if (!over.entries.empty() || base.entries.empty()) merged.place = over.place;
  return merged;
}

config_table lay_over(const config_table& base, const config_table& over) {
  return base.merged_with(over);
}

// A group that names a preset does not want the layers below it, nor the other way round.
config_table merged_clients(const config_table& base, const config_table& over) {
  config_table below = base;
  for (const auto& [key, other] : {std::pair{"preset", "layers"}, {"layers", "preset"}})
    if (over.find(key))
      std::erase_if(below.entries, [&, gone = other](const auto& e) { return e.key == gone; });
  return below.merged_with(over);
}

group_plan read_group(const config_table& table, std::size_t number, const defaults& from,
                      duration length) {
  config_reader read(table);
  group_plan group;
  group.place = table.place;
  group.name = read_name(read, "group " + std::to_string(number));
  group.instances =
      static_cast<std::uint32_t>(read.integer("instances", 1, most_instances).value_or(1));
  group.api_key = read.text("api_key").value_or("");
  const config_table arrivals = table_or_empty(read, "arrivals", table.place);
  const config_table workload = table_or_empty(read, "workload", table.place);
  const config_table client = table_or_empty(read, "client", table.place);
  read.done();
  group.arrivals = read_arrivals(layered(from.arrivals, arrivals, merged_arrivals), length);
  group.workload = read_workload(layered(from.workload, workload, lay_over));
  group.client = layered(from.client, client, merged_clients);
  return group;
}

void refuse_same_names(const std::vector<group_plan>& fleet, const group_plan& next,
                       const config_table& table) {
  for (const group_plan& group : fleet) {
    if (group.name != next.name) continue;
    const config_entry* name = table.find("name");
    throw config_error(name ? name->value.place : table.place,
                       "two groups are named '" + next.name + "'; the other is in line " +
                           std::to_string(group.place.line));
  }
}

void read_fleet(config_reader& read, const defaults& from, scenario& result) {
  const auto tables = read.tables("fleet");
  if (tables.size() > most_groups)
    read.fail("fleet", "there are more than " + std::to_string(most_groups) + " groups");
  for (const config_table* table : tables) {
    group_plan group = read_group(*table, result.fleet.size() + 1, from, result.length);
    refuse_same_names(result.fleet, group, *table);
    result.fleet.push_back(std::move(group));
  }
}

// Defaults nobody uses (a file for `serve` has no fleet) are read all the same: a mistake in
// them is a mistake.
void check_defaults(const defaults& from) {
  check_arrival_keys(from.arrivals);
  read_workload(from.workload);
}

duration read_network_delay(config_reader& read) {
  const config_table* network = read.table("network");
  if (!network) return duration::zero();
  config_reader inner(*network);
  const duration delay = time_within_a_year(inner, "delay", duration::zero(), duration::zero());
  inner.done();
  return delay;
}

}  // namespace

scenario parse_scenario(std::string_view toml, const std::string& file,
                        const std::vector<std::string>& changes) {
  config_table root = parse_config(toml, file);
  for (const std::string& change : changes)
    root = root.merged_with(parse_config(change, "'" + change + "'"));
  config_reader read(root);
  scenario result;
  result.path = file;
  result.source = std::string(toml);
  result.changes = changes;
  const config_place whole_file{root.place.file, 0, 0};
  const auto section = [&](std::string_view key) { return table_or_empty(read, key, whole_file); };

  read.has("name");
  result.description = read.text("description").value_or("");
  result.seed = static_cast<std::uint64_t>(
      read.integer("seed", 0, std::numeric_limits<std::int64_t>::max()).value_or(1));
  const bool timed = read.has("duration");
  result.length = time_within_a_year(read, "duration", std::chrono::milliseconds{1}, year);
  result.drain = time_within_a_year(read, "drain", duration::zero(), std::chrono::minutes{5});
  result.network_delay = read_network_delay(read);
  result.server = section("server");
  for (const config_table* fault : read.tables("fault")) result.faults.push_back(*fault);
  result.expect = section("expect");
  const defaults from{section("arrivals"), section("workload"), section("client")};
  read.has("fleet");
  read.done();  // a misspelt key is the better complaint than the missing right one

  if (!read.has("name")) read.fail("name", "missing key 'name'");
  result.name = read_name(read, "");
  if (!timed) read.fail("duration", "missing key 'duration', such as duration = \"5m\"");
  check_defaults(from);
  read_fleet(read, from, result);
  return result;
}

}  // namespace stampede
