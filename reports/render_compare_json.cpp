#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/flat_json.hpp"
#include "reports/render_compare.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

using json = nlohmann::ordered_json;

json in_unit(measure_unit unit, const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  return *value / scale_of(unit);
}

json cell_json(const compared_row& row, const compared_cell& c, bool base) {
  const std::string suffix(suffix_of(row.unit));
  json one{{"value" + suffix, in_unit(row.unit, c.value)}, {"shown", c.text}};
  if (base) return one;
  one["difference" + suffix] = in_unit(row.unit, c.difference);
  one["low" + suffix] = in_unit(row.unit, c.low);
  one["high" + suffix] = in_unit(row.unit, c.high);
  one["relative"] = std::isfinite(c.relative) ? json(c.relative) : json(nullptr);
  one["difference_shown"] = c.difference_text;
  one["result"] = name_of(c.result);
  one["regression"] = c.regression;
  return one;
}

}  // namespace

std::string render_compare_json(const comparison_table& t) {
  json runs = json::array();
  for (const compared_run& r : t.runs)
    runs.push_back({{"label", as_utf8(r.label)},
                    {"scenario", as_utf8(r.scenario)},
                    {"engine", r.engine},
                    {"seed", r.seeds.front()},
                    {"replications", r.seeds.size()}});
  json measures = json::object();
  for (const compared_row& row : t.rows) {
    json cells = json::array();
    for (std::size_t i = 0; i < row.cells.size(); ++i)
      cells.push_back(cell_json(row, row.cells[i], i == 0));
    measures[row.name] = {{"meaning", row.meaning}, {"gates", row.gates}, {"runs", cells}};
  }
  json notes = json::array();
  for (const std::string& note : t.notes) notes.push_back(as_utf8(note));
  json regressions = json::array();
  for (const std::string& r : t.regressions()) regressions.push_back(as_utf8(r));
  const json all{{"comparison_version", 1},    {"scenario", as_utf8(t.scenario)},
                 {"tolerance", t.tolerance},   {"runs", runs},
                 {"regressions", regressions}, {"notes", notes},
                 {"measures", measures}};
  return with_flat_lists(all.dump(2)) + "\n";
}

}  // namespace stampede
