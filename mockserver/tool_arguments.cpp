#include "mockserver/tool_arguments.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stampede {
namespace {

// The members of an object in their order. nlohmann's own ordered_map looks through all of them
// before it takes another, and copies what it holds whenever it grows.
template <class Key, class T, class, class Allocator>
struct member_list : std::list<std::pair<const Key, T>, Allocator> {
  using key_type = Key;
  using key_compare = std::equal_to<Key>;
  using std::list<std::pair<const Key, T>, Allocator>::list;
  T& operator[](const Key& key) { return this->emplace_back(key, T{}).second; }
  auto find(const Key& key) {
    return std::find_if(this->begin(), this->end(), [&](const auto& m) { return m.first == key; });
  }
};

using json = nlohmann::basic_json<member_list>;

// A schema may ask for more than any answer should hold: beyond these it does not get it.
constexpr int deepest_value = 64;
constexpr int deepest_schema = 256;  // copying and writing a value recurse
constexpr std::size_t longest_arguments = 64 << 10;
constexpr std::size_t longest_text = 256;
constexpr std::size_t most_names = 4096;  // required of one object
constexpr double most_exact = 9e15;       // whole numbers beyond it are not told apart by a double

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

std::string type_of(const json& schema) {
  const auto type = schema.find("type");
  if (type != schema.end() && type->is_string()) return type->get<std::string>();
  if (type != schema.end() && type->is_array() && !type->empty() && type->front().is_string()) {
    return type->front().get<std::string>();
  }
  if (schema.contains("properties") || schema.contains("required")) return "object";
  return schema.contains("items") ? "array" : "string";
}

std::vector<std::string_view> required_names(const json& schema) {
  std::vector<std::string_view> names;
  const auto required = schema.find("required");
  if (required == schema.end() || !required->is_array()) return names;
  for (const json& name : *required) {
    if (names.size() == most_names) break;
    if (name.is_string()) names.emplace_back(name.get_ref<const std::string&>());
  }
  return names;
}

// Appends as it goes, so that the room left is known wherever something is to be written.
class fitting {
 public:
  explicit fitting(std::string& out) : out_(out) {}

  void value(const json& schema, int depth);

 private:
  bool has_room(std::size_t bytes) const { return out_.size() + bytes <= longest_arguments; }
  void put(const json& value) { out_ += in_words(value); }
  bool given(const json& schema);
  void object(const json& schema, int depth);
  void member(std::string_view name, const json& schema, int depth);
  void array(const json& schema, int depth);

  static std::string in_words(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
  }

  std::string& out_;
};

// Whether the schema names a value, and one that is not too long.
bool fitting::given(const json& schema) {
  for (const char* key : {"const", "default", "enum"}) {
    const auto found = schema.find(key);
    if (found == schema.end()) continue;
    const bool of_several = key == std::string_view("enum");
    if (of_several && (!found->is_array() || found->empty())) continue;
    const std::string text = in_words(of_several ? found->front() : *found);
    if (!has_room(text.size())) continue;
    out_ += text;
    return true;
  }
  return false;
}

void fitting::member(std::string_view name, const json& schema, int depth) {
  const std::string text = in_words(name);
  if (!has_room(text.size())) return;
  if (out_.back() != '{') out_ += ',';
  out_ += text;
  out_ += ':';
  value(schema, depth + 1);
}

void fitting::object(const json& schema, int depth) {
  const std::vector<std::string_view> names = required_names(schema);
  std::set<std::string_view> missing(names.begin(), names.end());
  const auto properties = schema.find("properties");
  out_ += '{';
  if (properties != schema.end() && properties->is_object()) {
    for (const auto& [name, inner] : properties->get_ref<const json::object_t&>()) {
      if (missing.erase(name) > 0) member(name, inner, depth);
    }
  }
  for (const std::string_view name : names) {  // without a schema of its own: anything will do
    if (missing.erase(name) > 0) member(name, {}, depth);
  }
  out_ += '}';
}

void fitting::array(const json& schema, int depth) {
  const std::size_t least = count_of(schema, "minItems", 0);
  out_ += '[';
  if (least > 0 && has_room(1)) {
    const std::size_t begin = out_.size();
    const auto items = schema.find("items");
    value(items == schema.end() ? json() : *items, depth + 1);
    const std::string item = ',' + out_.substr(begin);
    for (std::size_t i = 1; i < least && has_room(item.size()); ++i) out_ += item;
  }
  out_ += ']';
}

void fitting::value(const json& schema, int depth) {
  if (!schema.is_object() || depth > deepest_value || !has_room(1)) return put("text");
  if (given(schema)) return;
  for (const char* choice : {"anyOf", "oneOf", "allOf"}) {
    const auto found = schema.find(choice);
    if (found != schema.end() && found->is_array() && !found->empty()) {
      return value(found->front(), depth + 1);
    }
  }
  const std::string type = type_of(schema);
  if (type == "object") return object(schema, depth);
  if (type == "array") return array(schema, depth);
  if (type == "integer") return put(fitting_number(schema, true));
  if (type == "number") return put(fitting_number(schema, false));
  if (type == "boolean") return put(true);
  if (type == "null") return put(nullptr);
  put(fitting_text(schema));
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
  std::string made;
  fitting(made).value(parsed, 0);
  return made.starts_with('{') ? made : "{}";
}

}  // namespace stampede
