#include "harness/commands/variants.hpp"

#include <algorithm>

#include "core/config_table.hpp"
#include "core/units.hpp"

namespace stampede {
namespace {

// Split at commas outside quotes, brackets and braces. As in TOML a quote begins a value, or a
// part of a list; elsewhere it is a letter.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts{""};
  int depth = 0;
  char quote = 0;  // the one that is open
  bool escaped = false;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote && !escaped) quote = 0;
      escaped = quote == '"' && c == '\\' && !escaped;
    } else if ((c == '"' || c == '\'') && (depth > 0 || parts.back().empty())) {
      quote = c;
    } else {
      depth += (c == '[' || c == '{') - (c == ']' || c == '}');
      if (c == ',' && depth == 0) {
        parts.emplace_back();
        continue;
      }
    }
    parts.back() += c;
  }
  return parts;
}

// As TOML: what is no number, flag, table or quoted text already is text.
std::string as_toml(const std::string& value) {
  const bool literal = value == "true" || value == "false" || parse_number(value).has_value() ||
                       std::string("\"'[{").find(value.front()) != std::string::npos;
  return literal ? value : "\"" + value + "\"";
}

}  // namespace

std::vector<variant> variants_of(const std::vector<std::string>& vary) {
  std::vector<variant> all{{}};
  for (const std::string& option : vary) {
    const std::size_t equals = option.find('=');
    const std::vector<std::string> values =
        equals == std::string::npos ? std::vector<std::string>{} : split(option.substr(equals + 1));
    const bool empty = std::ranges::any_of(values, [](const std::string& v) { return v.empty(); });
    if (equals == 0 || values.size() < 2 || empty)
      throw config_error({}, "--vary '" + option +
                                 "' must be a key and two values or more, such as "
                                 "client.preset=guide,guide-snippet");
    std::vector<variant> more;
    for (const variant& v : all) {
      for (const std::string& value : values) {
        variant next = v;
        next.label += (next.label.empty() ? "" : ", ") + value;
        next.changes.push_back(option.substr(0, equals) + " = " + as_toml(value));
        more.push_back(std::move(next));
      }
    }
    all = std::move(more);
  }
  return all;
}

}  // namespace stampede
