#include "mockserver/tool_arguments.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

namespace stampede {
namespace {

using json = nlohmann::ordered_json;

// A schema may ask for more than any answer should hold: beyond these it does not get it.
constexpr int deepest_value = 64;
constexpr int deepest_schema = 256;  // copying and writing a value recurse
constexpr int most_values = 4096;
constexpr std::size_t longest_text = 256;
constexpr double most_exact = 9e15;  // whole numbers beyond it are not told apart by a double

json fitting(const json& schema, int depth, int& left);

std::size_t count_of(const json& schema, const char* key, std::size_t otherwise) {
  const auto found = schema.find(key);
  if (found == schema.end() || !found->is_number_unsigned()) return otherwise;
  return found->get<std::size_t>();
}

json fitting_text(const json& schema) {
  std::string text = "text";
  const std::size_t least = std::min(count_of(schema, "minLength", 0), longest_text);
  while (text.size() < least) text += " text";
  if (text.size() > std::max<std::size_t>(least, 4)) text.resize(least);
  text.resize(std::min(text.size(), count_of(schema, "maxLength", longest_text)));
  return text;
}

double next_whole(double x, bool up) {
  auto whole = static_cast<std::int64_t>(std::clamp(x, -most_exact, most_exact));
  if (up && static_cast<double>(whole) < x) ++whole;
  if (!up && static_cast<double>(whole) > x) --whole;
  return static_cast<double>(whole);
}

// 0 where it may be, else the bound next to it.
json fitting_number(const json& schema, bool whole) {
  constexpr double none = std::numeric_limits<double>::infinity();
  const auto bound = [&](const char* key, double otherwise) {
    const auto found = schema.find(key);
    return found != schema.end() && found->is_number() ? found->get<double>() : otherwise;
  };
  const double least = bound("minimum", -none);
  const double above = bound("exclusiveMinimum", -none);
  const double most = bound("maximum", none);
  const double below = bound("exclusiveMaximum", none);
  double value = 0;
  if (above >= std::max(least, 0.0)) {
    const double end = std::min(most, below);
    value = whole ? next_whole(above, false) + 1 : end < none ? (above + end) / 2 : above + 1;
  } else if (least > 0) {
    value = whole ? next_whole(least, true) : least;
  } else if (below <= std::min(most, 0.0)) {
    const double end = std::max(least, above);
    value = whole ? next_whole(below, true) - 1 : end > -none ? (below + end) / 2 : below - 1;
  } else if (most < 0) {
    value = whole ? next_whole(most, false) : most;
  }
  if (value == next_whole(value, true)) return static_cast<std::int64_t>(value);
  return value;
}

json fitting_object(const json& schema, int depth, int& left) {
  json made = json::object();
  const auto required = schema.find("required");
  const auto properties = schema.find("properties");
  if (required == schema.end() || !required->is_array()) return made;
  const auto is_required = [&](const std::string& name) {
    return std::find(required->begin(), required->end(), json(name)) != required->end();
  };
  if (properties != schema.end() && properties->is_object()) {
    for (const auto& [name, inner] : properties->items()) {
      if (is_required(name)) made[name] = fitting(inner, depth + 1, left);
    }
  }
  for (const json& name : *required) {  // without a schema of its own: anything will do
    if (name.is_string() && !made.contains(name.get<std::string>())) {
      made[name.get<std::string>()] = "text";
    }
  }
  return made;
}

json fitting_array(const json& schema, int depth, int& left) {
  json made = json::array();
  const std::size_t least = count_of(schema, "minItems", 0);
  const auto items = schema.find("items");
  while (made.size() < least && --left > 0) {
    made.push_back(items == schema.end() ? json("text") : fitting(*items, depth + 1, left));
  }
  return made;
}

std::string type_of(const json& schema) {
  const auto type = schema.find("type");
  if (type != schema.end() && type->is_string()) return type->get<std::string>();
  if (type != schema.end() && type->is_array() && !type->empty() && type->front().is_string()) {
    return type->front().get<std::string>();
  }
  if (schema.contains("properties") || schema.contains("required")) return "object";
  return schema.contains("items") ? "array" : "string";
}

json fitting(const json& schema, int depth, int& left) {
  if (!schema.is_object() || depth > deepest_value || --left < 0) return "text";
  if (const auto only = schema.find("const"); only != schema.end()) return *only;
  if (const auto usual = schema.find("default"); usual != schema.end()) return *usual;
  if (const auto one = schema.find("enum");
      one != schema.end() && one->is_array() && !one->empty()) {
    return one->front();
  }
  for (const char* choice : {"anyOf", "oneOf", "allOf"}) {
    const auto found = schema.find(choice);
    if (found != schema.end() && found->is_array() && !found->empty()) {
      return fitting(found->front(), depth + 1, left);
    }
  }
  const std::string type = type_of(schema);
  if (type == "object") return fitting_object(schema, depth, left);
  if (type == "array") return fitting_array(schema, depth, left);
  if (type == "integer") return fitting_number(schema, true);
  if (type == "number") return fitting_number(schema, false);
  if (type == "boolean") return true;
  if (type == "null") return nullptr;
  return fitting_text(schema);
}

bool nested_too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++i;
    if (quoted) continue;
    if (c == '}' || c == ']') --depth;
    if ((c == '{' || c == '[') && ++depth > deepest_schema) return true;
  }
  return false;
}

}  // namespace

std::string fitting_arguments(std::string_view schema) {
  if (nested_too_deep(schema)) return "{}";
  const json parsed = json::parse(schema, nullptr, false);
  if (!parsed.is_object()) return "{}";
  int left = most_values;
  const json made = fitting(parsed, 0, left);
  return made.is_object() ? made.dump(-1, ' ', false, json::error_handler_t::replace) : "{}";
}

}  // namespace stampede
