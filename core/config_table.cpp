#include "core/config_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "core/units.hpp"

namespace stampede {
namespace {

// One in eleven days; one a microsecond. Beyond, gaps between arrivals leave the clock's range
// or its resolution.
constexpr double least_rate = 1e-6;
constexpr double most_rate = 1e6;

// Messages quote what a file says, line ends and terminal escapes included.
std::string on_one_line(const std::string& text) {
  std::string line;
  for (char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (c == '\n')
      line += "\\n";
    else
      line += control ? '?' : c;
  }
  return line;
}

std::string at(const config_place& where) {
  if (!where.file) return "";
  if (where.line == 0) return *where.file + ": ";
  return *where.file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) + ": ";
}

const char* type_name(const config_value& value) {
  static constexpr const char* names[] = {"true or false", "a whole number", "a decimal number",
                                          "a string",      "an array",       "a table"};
  return names[value.data.index()];
}

std::string quoted(std::string_view word) { return "'" + std::string(word) + "'"; }

// Shortest, "2.5" or "1000".
std::string number_text(double value) {
  std::array<char, 400> text{};  // -1.7976931348623157e308 has 310 characters when written out
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return error == std::errc{} ? std::string(text.data(), end) : "?";
}

std::string between(double least, double most) {
  if (most >= static_cast<double>(std::numeric_limits<std::int64_t>::max()))
    return number_text(least) + " or more";
  return "from " + number_text(least) + " to " + number_text(most);
}

// What is wrong with a text that is no duration.
const char* wrong_duration(std::string_view text) {
  if (text.starts_with('-')) return "is negative; a duration is 0s or more";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::size_t unit = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view number = text.substr(0, unit);
  if (!number.empty() && is_digit(number.front()) && is_digit(number.back()) &&
      std::count(number.begin(), number.end(), '.') <= 1 &&
      parse_duration("1" + std::string(text.substr(unit))))
    return "is longer than 292 years or finer than a nanosecond";
  return "is not a duration; write a number and one of ns, us, ms, s, m, h, such as \"90s\"";
}

[[noreturn]] void wrong_type(std::string_view key, const config_value& value, const char* wanted) {
  throw config_error(value.place, quoted(key) + " must be " + wanted + ", not " + type_name(value));
}

}  // namespace

config_error::config_error(const config_place& where, const std::string& message)
    : std::runtime_error(on_one_line(at(where) + message)) {}

const config_entry* config_table::find(std::string_view key) const {
  for (const config_entry& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

namespace {

// Whether the two tables say that they are different things: another distribution, another
// kind. Their other keys then have nothing to do with each other.
bool differ_in_kind(const config_table& a, const config_table& b) {
  for (std::string_view key : {"distribution", "kind"}) {
    const config_entry* of_a = a.find(key);
    const config_entry* of_b = b.find(key);
    if (!of_a || !of_b) continue;
    const auto* text_a = std::get_if<std::string>(&of_a->value.data);
    const auto* text_b = std::get_if<std::string>(&of_b->value.data);
    if (text_a && text_b && *text_a != *text_b) return true;
  }
  return false;
}

}  // namespace

config_table config_table::merged_with(const config_table& over) const {
  if (differ_in_kind(*this, over)) return over;
  config_table result = *this;
  for (const config_entry& entry : over.entries) {
    const auto same = std::find_if(result.entries.begin(), result.entries.end(),
                                   [&](const config_entry& e) { return e.key == entry.key; });
    if (same == result.entries.end()) {
      result.entries.push_back(entry);
      continue;
    }
    const auto* below = std::get_if<config_table>(&same->value.data);
    const auto* above = std::get_if<config_table>(&entry.value.data);
    if (below && above) {
      config_table merged = below->merged_with(*above);
      same->value.data = std::move(merged);
    } else {
      *same = entry;
    }
  }
  return result;
}

const config_value* config_reader::find(std::string_view key) {
  if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.push_back(key);
  const config_entry* entry = table_.find(key);
  return entry ? &entry->value : nullptr;
}

bool config_reader::has(std::string_view key) { return find(key) != nullptr; }

std::optional<bool> config_reader::flag(std::string_view key) {
  const config_value* value = find(key);
  if (!value) return std::nullopt;
  if (const bool* b = std::get_if<bool>(&value->data)) return *b;
  wrong_type(key, *value, "true or false");
}

std::optional<std::string> config_reader::text(std::string_view key) {
  const config_value* value = find(key);
  if (!value) return std::nullopt;
  if (const std::string* s = std::get_if<std::string>(&value->data)) return *s;
  wrong_type(key, *value, "a string");
}

std::optional<std::int64_t> config_reader::integer(std::string_view key, std::int64_t least,
                                                   std::int64_t most) {
  const config_value* value = find(key);
  if (!value) return std::nullopt;
  const std::int64_t* n = std::get_if<std::int64_t>(&value->data);
  if (!n) wrong_type(key, *value, "a whole number");
  if (*n < least || *n > most)
    throw config_error(value->place,
                       quoted(key) + " must be " +
                           between(static_cast<double>(least), static_cast<double>(most)) +
                           ", not " + std::to_string(*n));
  return *n;
}

std::optional<double> config_reader::number(std::string_view key, double least, double most) {
  const config_value* value = find(key);
  if (!value) return std::nullopt;
  double n = 0;
  if (const double* d = std::get_if<double>(&value->data))
    n = *d;
  else if (const std::int64_t* i = std::get_if<std::int64_t>(&value->data))
    n = static_cast<double>(*i);
  else
    wrong_type(key, *value, "a number");
  if (!(n >= least && n <= most))
    throw config_error(
        value->place, quoted(key) + " must be " + between(least, most) + ", not " + number_text(n));
  return n;
}

std::optional<duration> config_reader::time(std::string_view key, duration least) {
  const config_value* value = find(key);
  if (!value) return std::nullopt;
  const std::string* s = std::get_if<std::string>(&value->data);
  if (!s) wrong_type(key, *value, "a duration in quotes, such as \"250ms\", \"90s\" or \"10m\"");
  const auto d = parse_duration(*s);
  if (!d) throw config_error(value->place, quoted(key) + ": '" + *s + "' " + wrong_duration(*s));
  if (*d < least)
    throw config_error(value->place,
                       quoted(key) + " must be at least " + to_text(least) + ", not " + *s);
  return d;
}

std::optional<double> config_reader::rate(std::string_view key) {
  const config_value* value = find(key);
  if (!value) return std::nullopt;
  const std::string* s = std::get_if<std::string>(&value->data);
  if (!s) wrong_type(key, *value, "a rate in quotes, such as \"20/s\" or \"50/m\"");
  const auto r = parse_rate(*s);
  if (!r)
    throw config_error(value->place, quoted(key) + ": '" + *s +
                                         "' is not a rate; write a number above 0 per s, m or h, "
                                         "such as \"20/s\"");
  if (*r < least_rate || *r > most_rate)
    throw config_error(value->place, quoted(key) + ": '" + *s +
                                         "' is out of range; it goes from 0.000001/s to "
                                         "1000000/s");
  return r;
}

std::optional<double> config_reader::ratio(std::string_view key) {
  const config_value* value = find(key);
  if (!value) return std::nullopt;
  if (const std::string* s = std::get_if<std::string>(&value->data)) {
    const auto p = parse_percent(*s);
    if (!p)
      throw config_error(value->place, quoted(key) + ": '" + *s +
                                           "' is not a share; write 0 to 1, or \"0%\" to \"100%\"");
    return p;
  }
  return number(key, 0, 1);
}

namespace {

// The table form of a distribution; `take` reads one of its values by name.
template <class Take>
distribution read_distribution(config_reader& read, Take take) {
  using enum distribution_kind;
  read.need("distribution");
  distribution d;
  d.kind = *read.choice<distribution_kind>("distribution", {{"constant", constant},
                                                            {"exponential", exponential},
                                                            {"lognormal", lognormal},
                                                            {"uniform", uniform}});
  switch (d.kind) {
    case constant: d.a = take("value"); break;
    case exponential: d.a = take("mean"); break;
    case lognormal:
      d.a = take("median");
      read.need("sigma");
      d.b = *read.number("sigma", 0, 10);
      break;
    case uniform:
      d.a = take("min");
      d.b = take("max");
      if (d.b < d.a) read.fail("max", "'max' must not be below 'min'");
      break;
  }
  if (mean_of(d) > 9.2e18) read.fail("distribution", "the mean of this is beyond any clock");
  read.done();
  return d;
}

}  // namespace

std::optional<distribution> config_reader::times(std::string_view key) {
  const config_value* value = find(key);
  if (!value) return std::nullopt;
  const config_table* inner = std::get_if<config_table>(&value->data);
  if (!inner) {
    const auto constant = static_cast<double>(time(key)->count());
    return distribution{distribution_kind::constant, constant, 0};
  }
  config_reader read(*inner);
  return read_distribution(read, [&](std::string_view name) {
    read.need(name);
    return static_cast<double>(read.time(name)->count());
  });
}

std::optional<distribution> config_reader::counts(std::string_view key, std::int64_t least) {
  const config_value* value = find(key);
  if (!value) return std::nullopt;
  constexpr std::int64_t most = 1'000'000'000;
  const config_table* inner = std::get_if<config_table>(&value->data);
  if (!inner) {
    const auto constant = static_cast<double>(*integer(key, least, most));
    return distribution{distribution_kind::constant, constant, 0};
  }
  config_reader read(*inner);
  return read_distribution(read, [&](std::string_view name) {
    read.need(name);
    return static_cast<double>(*read.integer(name, least, most));
  });
}

const config_table* config_reader::table(std::string_view key) {
  const config_value* value = find(key);
  if (!value) return nullptr;
  if (const config_table* t = std::get_if<config_table>(&value->data)) return t;
  wrong_type(key, *value, "a table");
}

std::vector<const config_table*> config_reader::tables(std::string_view key) {
  std::vector<const config_table*> found;
  const config_value* value = find(key);
  if (!value) return found;
  const config_array* array = std::get_if<config_array>(&value->data);
  constexpr const char* wanted = "an array of tables in double brackets, [[ ]]";
  if (!array) wrong_type(key, *value, wanted);
  for (const config_value& element : *array) {
    const config_table* t = std::get_if<config_table>(&element.data);
    if (!t) wrong_type(key, element, wanted);
    found.push_back(t);
  }
  return found;
}

std::vector<std::string> config_reader::texts(std::string_view key) {
  std::vector<std::string> found;
  const config_value* value = find(key);
  if (!value) return found;
  const config_array* array = std::get_if<config_array>(&value->data);
  if (!array) wrong_type(key, *value, "an array of strings");
  for (const config_value& element : *array) {
    const std::string* s = std::get_if<std::string>(&element.data);
    if (!s) wrong_type(key, element, "an array of strings");
    found.push_back(*s);
  }
  return found;
}

std::vector<int> config_reader::integers(std::string_view key, int least, int most) {
  std::vector<int> found;
  const config_value* value = find(key);
  if (!value) return found;
  const config_array* array = std::get_if<config_array>(&value->data);
  if (!array) wrong_type(key, *value, "an array of whole numbers");
  for (const config_value& element : *array) {
    const std::int64_t* n = std::get_if<std::int64_t>(&element.data);
    if (!n) wrong_type(key, element, "an array of whole numbers");
    if (*n < least || *n > most)
      throw config_error(element.place, quoted(key) + " must hold numbers " + between(least, most) +
                                            ", not " + std::to_string(*n));
    found.push_back(static_cast<int>(*n));
  }
  return found;
}

std::optional<std::size_t> config_reader::choice_index(std::string_view key,
                                                       const std::vector<std::string_view>& names) {
  const config_value* value = find(key);
  if (!value) return std::nullopt;
  std::string list;
  for (std::string_view name : names) {
    if (!list.empty()) list += ", ";
    list += '"';
    list += name;
    list += '"';
  }
  const std::string* word = std::get_if<std::string>(&value->data);
  if (!word) wrong_type(key, *value, (names.size() == 1 ? list : "one of " + list).c_str());
  const auto found = std::find(names.begin(), names.end(), *word);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const std::string_view near = nearest_word(*word, names);
  fail(key, quoted(key) + " cannot be '" + *word + "'" +
                (near.empty() ? "; it is one of " + list : ", did you mean " + quoted(near) + "?"));
}

void config_reader::done() const {
  for (const config_entry& entry : table_.entries) {
    if (std::find(asked_.begin(), asked_.end(), entry.key) != asked_.end()) continue;
    const std::string_view near = nearest_word(entry.key, asked_);
    std::string message = "unknown key " + quoted(entry.key);
    if (!near.empty()) {
      message += ", did you mean " + quoted(near) + "?";
    } else {
      std::string list;
      for (std::string_view key : asked_) list += (list.empty() ? "" : ", ") + std::string(key);
      message += "; the keys here are " + list;
    }
    throw config_error(entry.place, message);
  }
}

void config_reader::fail(std::string_view key, const std::string& message) const {
  const config_entry* entry = table_.find(key);
  throw config_error(entry ? entry->value.place : table_.place, message);
}

void config_reader::need(std::string_view key) {
  if (!has(key)) fail(key, "missing key " + quoted(key));
}

}  // namespace stampede
