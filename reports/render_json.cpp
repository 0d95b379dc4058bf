#include "reports/render_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/catalogue.hpp"
#include "reports/flat_json.hpp"
#include "reports/run_fields.hpp"

namespace stampede {
namespace {

using json = nlohmann::ordered_json;  // keys stay in the order written

json in_ms(duration d) { return to_milliseconds(d); }
json in_ms(instant t) { return t == never ? json(nullptr) : in_ms(t.time_since_epoch()); }

// In the unit its key's suffix says; what never came is null.
json in_unit(measure_unit unit, double value) {
  if (!std::isfinite(value)) return nullptr;
  if (unit == measure_unit::flag) return value > 0.5;
  if (unit == measure_unit::count) return std::llround(value);
  return value / scale_of(unit);
}

class json_writer {
 public:
  explicit json_writer(json& to) : to_(to) {}

  template <class T>
  void number(const std::string& key, const T& value) {
    to_[key] = value;
  }
  void number(const std::string& key, const std::optional<double>& value) {
    to_[key] = value ? json(*value) : json(nullptr);
  }
  template <class T>
  void derived(const std::string& key, const T& value) {
    number(key, value);
  }
  template <class T>
  void time(const std::string& key, T value) {
    to_[key] = in_ms(value);
  }
  void time(const std::string& key, const std::optional<duration>& value) {
    to_[key] = value ? in_ms(*value) : json(nullptr);
  }
  void money(const std::string& key, pico_usd value) { to_[key] = to_usd(value); }
  void text(const std::string& key, const std::string& value) { to_[key] = as_utf8(value); }
  void text_or_null(const std::string& key, const std::string& value) {
    to_[key] = value.empty() ? json(nullptr) : json(as_utf8(value));
  }
  void texts(const std::string& key, const std::vector<std::string>& values) {
    to_[key] = json::array();
    for (const std::string& v : values) to_[key].push_back(as_utf8(v));
  }
  void date(const std::string& key, deepseek::date value) { to_[key] = moment_text(value); }
  void either(const std::string& key, bool value, const char* no, const char* yes) {
    to_[key] = value ? yes : no;
  }
  template <class Enum>
  void word(const std::string& key, Enum value, int) {
    to_[key] = name_of(value);
  }
  template <std::size_t N, class Name>
  void counts(const std::string& key, const std::array<std::int64_t, N>& values, Name name) {
    to_[key] = json::object();
    for (std::size_t i = 0; i < N; ++i)
      if (values[i] != 0) to_[key][std::string(name(i))] = values[i];
  }
  template <class Write>
  void object(const std::string& key, Write write) {
    json inner = json::object();
    json_writer to(inner);
    write(to);
    to_[key] = std::move(inner);
  }
  template <class Write>
  void object_if(bool there, const std::string& key, Write write) {
    if (there) object(key, write);
  }
  template <class T, class Write>
  void list(const std::string& key, std::vector<T>& values, Write write) {
    to_[key] = json::array();
    for (T& v : values) {
      json one = json::object();
      json_writer to(one);
      write(to, v);
      to_[key].push_back(std::move(one));
    }
  }
  // A value in the unit of a measure, its suffix part of the key.
  void measured(const std::string& key, const std::string& measure, bool there, double value) {
    const named_measure* m = find_measure(measure);
    const measure_unit unit = m ? m->unit : measure_unit::factor;
    to_[key + std::string(suffix_of(unit))] = there ? in_unit(unit, value) : json(nullptr);
  }

 private:
  json& to_;
};

template <class Part>
json as_json(Part part) {
  json result = json::object();
  json_writer to(result);
  fields(to, part);
  return result;
}

// Every measure of the fleet by its name, for whoever wants one number and not the tree.
json measures_json(const measures& m) {
  json all = json::object();
  for (const named_measure& measure : catalogue()) {
    const auto value = measure.value({m, m.whole});
    all[measure.name + std::string(suffix_of(measure.unit))] =
        value ? in_unit(measure.unit, *value) : json(nullptr);
  }
  return all;
}

// Null where there was one run.
json replications_json(const replicated& over) {
  if (over.replications == 0) return nullptr;
  json measures = json::object();
  for (const replicated_measure& m : over.measures) {
    const bool shares = m.shape != mixture::one;
    const measure_unit unit = shares ? measure_unit::share : m.unit;
    json values = json::array();
    for (const auto& v : m.values)
      values.push_back(!v ? json(nullptr) : std::isinf(*v) ? json("never") : in_unit(m.unit, *v));
    measures[m.name + std::string(suffix_of(m.unit))] = {
        {"samples", m.samples},
        {"shape", name_of(m.shape)},
        {shares ? "share" : "mean", in_unit(unit, m.over.mean)},
        {"low", in_unit(unit, m.over.low)},
        {"high", in_unit(unit, m.over.high)},
        {"values", values}};
  }
  json verdicts = json::array();
  for (const replicated_verdict& v : over.verdicts) {
    json row = as_json(v.of);
    row.update(
        json{{"measure", v.measure}, {"limit", v.limit}, {"held", v.held}, {"judged", v.judged}});
    row["share"] = v.judged > 0 ? as_json(v.share) : json(nullptr);
    verdicts.push_back(std::move(row));
  }
  return {{"count", over.replications},
          {"confidence", confidence},
          {"measures", measures},
          {"verdicts", verdicts}};
}

json prices_json(const report& r) {
  json prices = json::array();
  for (const priced_model& p : price_list_of(r.info))
    prices.push_back({{"model", deepseek::name_of(p.model)},
                      {"since", moment_text(p.since)},
                      {"cached_input_usd_per_million", to_usd(p.per_token.hit) * 1e6},
                      {"input_usd_per_million", to_usd(p.per_token.miss) * 1e6},
                      {"output_usd_per_million", to_usd(p.per_token.output) * 1e6}});
  return prices;
}

template <class Part>
json list_of(const std::vector<Part>& parts) {
  json list = json::array();
  for (const Part& p : parts) list.push_back(as_json(p));
  return list;
}

json groups_json(const measures& m) {
  json groups = json::array();
  for (const group_measures& g : m.groups) {
    json one = as_json(g.info);
    one["jitter"] = as_json(g.jitter);
    one.update(as_json(g.numbers));
    groups.push_back(std::move(one));
  }
  return groups;
}

json scopes_json(const measures& m) {
  json scopes = json::array();
  for (const scoped_measures& s : m.scopes) {
    json one = as_json(s.of);
    one.update(as_json(s.numbers));
    scopes.push_back(std::move(one));
  }
  return scopes;
}

}  // namespace

std::string render_json(const report& r) {
  json all{{"schema_version", run_schema_version},
           {"scenario",
            {{"name", as_utf8(r.info.scenario)},
             {"description", as_utf8(r.info.description)},
             {"path", as_utf8(r.info.path)},
             {"source", as_utf8(r.info.source)}}},
           {"run", as_json(r.info)},
           {"prices", prices_json(r)},
           {"result", name_of(overall(r.verdicts))},
           {"verdicts", list_of(r.verdicts)},
           {"measures", measures_json(r.numbers)},
           {"replications", replications_json(r.over)},
           {"findings", list_of(r.findings)},
           {"fleet", as_json(r.numbers.whole)},
           {"herd", as_json(r.numbers.herd)},
           {"recovery", as_json(r.numbers.recovery)},
           {"server", as_json(r.numbers.server)},
           {"ledger", as_json(r.numbers.ledger)},
           {"groups", groups_json(r.numbers)},
           {"scopes", scopes_json(r.numbers)},
           {"series", as_json(r.numbers.load)}};
  return with_flat_lists(all.dump(2)) + "\n";
}

}  // namespace stampede
