#include "reports/baseline.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/config_table.hpp"
#include "reports/flat_json.hpp"
#include "reports/read_run.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

using json = nlohmann::ordered_json;

constexpr int baseline_version = 1;

json in_unit(const named_measure& m, const std::optional<double>& value) {
  if (!value) return nullptr;
  if (std::isinf(*value)) return "never";
  return *value / scale_of(m.unit);
}

std::optional<double> in_base_unit(const named_measure& m, const json& value) {
  if (value.is_null()) return std::nullopt;
  if (value.is_string()) return std::numeric_limits<double>::infinity();
  return value.get<double>() * scale_of(m.unit);
}

compared_run read(const json& all, std::string label) {
  compared_run run;
  run.label = std::move(label);
  run.scenario = all.at("scenario").get<std::string>();
  run.engine = all.at("engine").get<std::string>();
  run.seeds = all.at("seeds").get<std::vector<std::uint64_t>>();
  run.replicated = all.at("replicated").get<bool>();
  run.judged = all.at("judged").get<std::vector<std::string>>();
  for (const named_measure& m : catalogue()) {
    const auto found = all.at("measures").find(m.name + std::string(suffix_of(m.unit)));
    if (found == all.at("measures").end()) continue;
    compared_run::value v;
    v.name = m.name;
    for (const json& one : found->at("values")) v.values.push_back(in_base_unit(m, one));
    if (found->contains("samples"))
      v.samples =
          sample_interval{found->at("samples").get<std::int64_t>(),
                          in_base_unit(m, found->at("low")), in_base_unit(m, found->at("high")), 0};
    run.values.push_back(std::move(v));
  }
  return run;
}

}  // namespace

std::string render_baseline(const compared_run& run) {
  json measures = json::object();
  for (const compared_run::value& v : run.values) {
    const named_measure& m = *find_measure(v.name);
    json one{{"values", json::array()}};
    for (const auto& value : v.values) one["values"].push_back(in_unit(m, value));
    if (v.samples) {
      one["samples"] = v.samples->samples;
      one["low"] = in_unit(m, v.samples->low);
      one["high"] = in_unit(m, v.samples->high);
    }
    measures[m.name + std::string(suffix_of(m.unit))] = std::move(one);
  }
  const json all{{"baseline_version", baseline_version},
                 {"scenario", as_utf8(run.scenario)},
                 {"engine", run.engine},
                 {"seeds", run.seeds},
                 {"replicated", run.replicated},
                 {"judged", run.judged},
                 {"measures", measures}};
  return with_flat_lists(all.dump(2)) + "\n";
}

compared_run read_baseline(std::string_view text, const std::string& file, std::string label) {
  const json all = json::parse(text, nullptr, false);
  if (all.is_discarded() || !all.is_object() || !all.contains("baseline_version"))
    return compared(read_run(text, file), std::move(label));
  try {
    if (all.at("baseline_version").get<int>() != baseline_version)
      throw std::runtime_error("it is of another version; write it again with --update-baseline");
    return read(all, std::move(label));
  } catch (const std::exception& error) {
    throw config_error({std::make_shared<std::string>(file), 0, 0},
                       std::string("this is no baseline of this program: ") + error.what());
  }
}

}  // namespace stampede
