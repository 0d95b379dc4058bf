#include "reports/read_run.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/config_table.hpp"
#include "reports/catalogue.hpp"
#include "reports/render_json.hpp"
#include "reports/run_fields.hpp"

namespace stampede {
namespace {

using json = nlohmann::ordered_json;

duration from_ms(double ms) { return duration{std::llround(ms * 1e6)}; }

double in_base_unit(measure_unit unit, const json& value) {
  if (value.is_string()) return std::numeric_limits<double>::infinity();  // "never"
  if (unit == measure_unit::flag) return value.get<bool>() ? 1 : 0;
  return value.get<double>() * scale_of(unit);
}

class json_reader {
 public:
  explicit json_reader(const json& from) : from_(from) {}

  template <class T>
  void number(const std::string& key, T& value) {
    value = from_.at(key).get<T>();
  }
  void number(const std::string& key, std::optional<double>& value) {
    const json& found = from_.at(key);
    value = found.is_null() ? std::nullopt : std::optional(found.get<double>());
  }
  template <class T>
  void derived(const std::string&, const T&) {}
  void time(const std::string& key, duration& value) {
    value = from_ms(from_.at(key).get<double>());
  }
  void time(const std::string& key, instant& value) {
    const json& found = from_.at(key);
    value = found.is_null() ? never : run_start + from_ms(found.get<double>());
  }
  void time(const std::string& key, std::optional<duration>& value) {
    const json& found = from_.at(key);
    value = found.is_null() ? std::nullopt : std::optional(from_ms(found.get<double>()));
  }
  void money(const std::string& key, pico_usd& value) {
    value = {std::llround(from_.at(key).get<double>() * 1e12)};
  }
  void text(const std::string& key, std::string& value) {
    value = from_.at(key).get<std::string>();
  }
  void text_or_null(const std::string& key, std::string& value) {
    const json& found = from_.at(key);
    value = found.is_null() ? std::string() : found.get<std::string>();
  }
  void texts(const std::string& key, std::vector<std::string>& values) {
    // A file from before there was this list says nothing of it.
    values = from_.value(key, std::vector<std::string>{});
  }
  void date(const std::string& key, deepseek::date& value) {
    const auto found = deepseek::parse_date(from_.at(key).get<std::string>());
    if (!found) throw std::runtime_error("'" + key + "' is no date");
    value = *found;
  }
  void either(const std::string& key, bool& value, const char*, const char* yes) {
    value = from_.at(key).get<std::string>() == yes;
  }
  template <class Enum>
  void word(const std::string& key, Enum& value, int count) {
    const std::string found = from_.at(key).get<std::string>();
    for (int i = 0; i < count; ++i) {
      if (name_of(static_cast<Enum>(i)) != found) continue;
      value = static_cast<Enum>(i);
      return;
    }
    throw std::runtime_error("'" + found + "' is no " + key);
  }
  template <std::size_t N, class Name>
  void counts(const std::string& key, std::array<std::int64_t, N>& values, Name name) {
    const json& found = from_.at(key);
    for (std::size_t i = 0; i < N; ++i) {
      const auto at = found.find(std::string(name(i)));
      values[i] = at == found.end() ? 0 : at->template get<std::int64_t>();
    }
  }
  template <class Read>
  void object(const std::string& key, Read read) {
    json_reader inner(from_.at(key));
    read(inner);
  }
  template <class Read>
  void object_if(bool, const std::string& key, Read read) {
    if (from_.contains(key)) object(key, read);
  }
  template <class T, class Read>
  void list(const std::string& key, std::vector<T>& values, Read read) {
    values.clear();
    for (const json& one : from_.at(key)) {
      json_reader inner(one);
      read(inner, values.emplace_back());
    }
  }
  void measured(const std::string& key, const std::string& measure, bool& there, double& value) {
    const named_measure* m = find_measure(measure);
    const measure_unit unit = m ? m->unit : measure_unit::factor;
    const json& found = from_.at(key + std::string(suffix_of(unit)));
    there = !found.is_null();
    if (there) value = in_base_unit(unit, found);
  }

 private:
  const json& from_;
};

template <class Part>
Part read_as(const json& from) {
  Part part{};
  json_reader reader(from);
  fields(reader, part);
  return part;
}

replicated read_replications(const json& from) {
  replicated over;
  if (from.is_null()) return over;
  over.replications = from.at("count").get<std::size_t>();
  for (const named_measure& m : catalogue()) {
    const auto found = from.at("measures").find(m.name + std::string(suffix_of(m.unit)));
    if (found == from.at("measures").end()) continue;
    std::vector<std::optional<double>> values;
    for (const json& v : found->at("values"))
      values.push_back(v.is_null() ? std::nullopt : std::optional(in_base_unit(m.unit, v)));
    over.measures.push_back(over_values(m, std::move(values)));
  }
  for (const json& row : from.at("verdicts")) {
    replicated_verdict v;
    v.of = read_as<scope>(row);
    v.measure = row.at("measure").get<std::string>();
    v.limit = row.at("limit").get<std::string>();
    v.held = row.at("held").get<std::int64_t>();
    v.judged = row.at("judged").get<std::int64_t>();
    if (v.judged > 0) v.share = wilson_interval(v.held, v.judged);
    over.verdicts.push_back(std::move(v));
  }
  return over;
}

report read_report(const json& all) {
  report r;
  r.info = read_as<run_info>(all.at("run"));
  const json& scenario = all.at("scenario");
  r.info.scenario = scenario.at("name").get<std::string>();
  r.info.description = scenario.at("description").get<std::string>();
  r.info.path = scenario.at("path").get<std::string>();
  r.info.source = scenario.at("source").get<std::string>();
  for (const json& v : all.at("verdicts")) r.verdicts.push_back(read_as<verdict>(v));
  for (const json& f : all.at("findings")) r.findings.push_back(read_as<finding>(f));
  r.over = read_replications(all.at("replications"));
  measures& m = r.numbers;
  m.measured = r.info.measured;
  m.whole = read_as<population>(all.at("fleet"));
  m.herd = read_as<herd_measures>(all.at("herd"));
  m.recovery = read_as<recovery_measures>(all.at("recovery"));
  m.server = read_as<server_measures>(all.at("server"));
  m.ledger = read_as<ledger_measures>(all.at("ledger"));
  m.load = read_as<load_series>(all.at("series"));
  for (const json& g : all.at("groups")) {
    m.groups.push_back(
        {read_as<group_info>(g), read_as<population>(g), read_as<jitter_measures>(g.at("jitter"))});
    r.info.groups.push_back(m.groups.back().info);
  }
  for (const json& s : all.at("scopes"))
    m.scopes.push_back({read_as<scope>(s), read_as<population>(s)});
  return r;
}

}  // namespace

report read_run(std::string_view text, const std::string& file) {
  const config_place place{std::make_shared<std::string>(file), 0, 0};
  json all;
  try {
    all = json::parse(text);
    if (!all.is_object() || !all.contains("schema_version"))
      throw std::runtime_error("there is no 'schema_version'");
    const int version = all.at("schema_version").get<int>();
    if (version != run_schema_version)
      throw std::runtime_error(fmt::format("its schema_version is {}, this program reads {}",
                                           version, run_schema_version));
    return read_report(all);
  } catch (const std::exception& error) {
    std::string_view why = error.what();
    if (why.starts_with("[json.exception")) why.remove_prefix(why.find("] ") + 2);
    throw config_error(place, fmt::format("this is no run.json of this program: {}", why));
  }
}

}  // namespace stampede
