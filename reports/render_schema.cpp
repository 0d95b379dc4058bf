#include "reports/render_schema.hpp"

#include <nlohmann/json.hpp>
#include <type_traits>

#include "reports/catalogue.hpp"
#include "reports/flat_json.hpp"
#include "reports/render_json.hpp"
#include "reports/run_fields.hpp"

namespace stampede {
namespace {

using json = nlohmann::ordered_json;

json or_null(const char* type) { return {{"type", {type, "null"}}}; }
json just(const char* type) { return {{"type", type}}; }
json list_of(json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
json reference(const std::string& name) { return {{"$ref", "#/$defs/" + name}}; }

template <class T>
struct optional_of : std::false_type {};
template <class T>
struct optional_of<std::optional<T>> : std::true_type {};

template <class T>
json type_of() {
  if constexpr (std::is_same_v<T, bool>)
    return just("boolean");
  else if constexpr (optional_of<T>::value)
    return or_null("number");
  else if constexpr (std::is_integral_v<T>)
    return just("integer");
  else if constexpr (std::is_floating_point_v<T>)
    return just("number");
  else if constexpr (std::is_same_v<T, std::vector<double>>)
    return list_of(just("number"));
  else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>)
    return list_of(just("integer"));
  else
    return just("string");
}

// An archive that notes what a field is instead of writing it.
class schema_writer {
 public:
  explicit schema_writer(json& to) : to_(to) {
    to_ = {{"type", "object"}, {"properties", json::object()}, {"required", json::array()}};
  }

  template <class T>
  void number(const std::string& key, const T&) {
    add(key, type_of<T>());
  }
  template <class T>
  void derived(const std::string& key, const T&) {
    add(key, type_of<T>());
  }
  template <class T>
  void time(const std::string& key, const T&) {
    add(key, std::is_same_v<T, duration> ? just("number") : or_null("number"));
  }
  void money(const std::string& key, pico_usd) { add(key, just("number")); }
  void text(const std::string& key, const std::string&) { add(key, just("string")); }
  void text_or_null(const std::string& key, const std::string&) { add(key, or_null("string")); }
  void texts(const std::string& key, const std::vector<std::string>&) {
    add(key, list_of(just("string")));
  }
  void date(const std::string& key, deepseek::date) {
    add(key, {{"type", "string"},
              {"pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$"}});
  }
  void either(const std::string& key, bool, const char* no, const char* yes) {
    add(key, {{"enum", {no, yes}}});
  }
  template <class Enum>
  void word(const std::string& key, Enum, int count) {
    json names = json::array();
    for (int i = 0; i < count; ++i) names.push_back(name_of(static_cast<Enum>(i)));
    add(key, {{"enum", names}});
  }
  template <std::size_t N, class Name>
  void counts(const std::string& key, const std::array<std::int64_t, N>&, Name name) {
    json names = json::array();
    for (std::size_t i = 0; i < N; ++i) names.push_back(name(i));
    add(key, {{"type", "object"},
              {"propertyNames", {{"enum", names}}},
              {"additionalProperties", just("integer")}});
  }
  template <class Write>
  void object(const std::string& key, Write write) {
    json inner;
    schema_writer to(inner);
    write(to);
    add(key, std::move(inner));
  }
  // Parts that are there or not have names from the data and one shape.
  template <class Write>
  void object_if(bool, const std::string&, Write write) {
    json inner;
    schema_writer to(inner);
    write(to);
    to_["additionalProperties"] = std::move(inner);
  }
  template <class T, class Write>
  void list(const std::string& key, const std::vector<T>&, Write write) {
    json inner;
    schema_writer to(inner);
    T none{};
    write(to, none);
    add(key, list_of(std::move(inner)));
  }
  void measured(const std::string& key, const std::string&, bool, double) {
    // Its suffix follows the measure's unit; one of these is there.
    json& all = to_["patternProperties"];
    all["^" + key + "(_ms|_usd|_per_s)?$"] = {{"type", {"number", "boolean", "null"}}};
  }

 private:
  void add(const std::string& key, json type) {
    to_["properties"][key] = std::move(type);
    to_["required"].push_back(key);
  }

  json& to_;
};

template <class Part>
json schema_of() {
  json schema;
  schema_writer to(schema);
  Part none{};
  fields(to, none);
  return schema;
}

json both(json a, const json& b) {
  for (const auto& [key, value] : b.at("properties").items()) a["properties"][key] = value;
  for (const json& key : b.at("required")) a["required"].push_back(key);
  return a;
}

json object_of(std::initializer_list<std::pair<const char*, json>> parts) {
  json schema{{"type", "object"}, {"properties", json::object()}, {"required", json::array()}};
  for (const auto& [key, type] : parts) {
    schema["properties"][key] = type;
    schema["required"].push_back(key);
  }
  return schema;
}

json measures_schema() {
  json all{{"type", "object"}, {"properties", json::object()}, {"required", json::array()}};
  for (const named_measure& m : catalogue()) {
    const std::string key = m.name + std::string(suffix_of(m.unit));
    json type = m.unit == measure_unit::flag    ? or_null("boolean")
                : m.unit == measure_unit::count ? or_null("integer")
                                                : or_null("number");
    type["description"] = m.meaning;
    all["properties"][key] = std::move(type);
    all["required"].push_back(key);
  }
  return all;
}

json replications_schema() {
  json value =
      object_of({{"samples", just("integer")},
                 {"shape", {{"enum", {"one", "share", "two_modes"}}}},
                 {"low", or_null("number")},
                 {"high", or_null("number")},
                 {"values", list_of({{"type", {"number", "boolean", "string", "null"}}})}});
  json verdict = both(schema_of<scope>(), object_of({{"measure", just("string")},
                                                     {"limit", just("string")},
                                                     {"held", just("integer")},
                                                     {"judged", just("integer")},
                                                     {"share", {{"type", {"object", "null"}}}}}));
  json all = object_of({{"count", just("integer")},
                        {"confidence", just("number")},
                        {"measures", {{"type", "object"}, {"additionalProperties", value}}},
                        {"verdicts", list_of(verdict)}});
  all["type"] = {"object", "null"};
  return all;
}

json prices_schema() {
  return list_of(object_of({{"model", just("string")},
                            {"since", just("string")},
                            {"cached_input_usd_per_million", just("number")},
                            {"input_usd_per_million", just("number")},
                            {"output_usd_per_million", just("number")}}));
}

}  // namespace

std::string render_run_schema() {
  const json population = schema_of<stampede::population>();
  const auto with_population = [&](json own) { return both(std::move(own), population); };
  json group = schema_of<group_info>();
  group = both(group, object_of({{"jitter", schema_of<jitter_measures>()}}));
  json all = object_of({{"schema_version", {{"const", run_schema_version}}},
                        {"scenario", object_of({{"name", just("string")},
                                                {"description", just("string")},
                                                {"path", just("string")},
                                                {"source", just("string")}})},
                        {"run", schema_of<run_info>()},
                        {"prices", prices_schema()},
                        {"result", {{"enum", {"pass", "fail", "inconclusive"}}}},
                        {"verdicts", list_of(schema_of<verdict>())},
                        {"measures", measures_schema()},
                        {"replications", replications_schema()},
                        {"findings", list_of(schema_of<finding>())},
                        {"fleet", reference("population")},
                        {"herd", schema_of<herd_measures>()},
                        {"recovery", schema_of<recovery_measures>()},
                        {"server", schema_of<server_measures>()},
                        {"ledger", schema_of<ledger_measures>()},
                        {"groups", list_of(with_population(group))},
                        {"scopes", list_of(with_population(schema_of<scope>()))},
                        {"series", schema_of<load_series>()}});
  all["additionalProperties"] = false;
  json schema{
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"title", "run.json of stampede"},
      {"description",
       "What a run came to. Units are in the keys: _ms, _usd, _tokens, _per_s. What was not "
       "measured is null."}};
  schema.update(all);
  schema["$defs"] = {{"population", population}};
  return with_flat_lists(schema.dump(2)) + "\n";
}

}  // namespace stampede
