#include "core/config_table.hpp"

#include <algorithm>
#include <limits>

#include "core/units.hpp"

namespace stampede {
namespace {

std::string at(const config_place& where) {
  if (!where.file) return "";
  if (where.line == 0) return *where.file + ": ";
  return *where.file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) + ": ";
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

const char* type_name(const config_value& value) {
  static constexpr const char* names[] = {"true or false", "a whole number", "a number",
                                          "a string",      "an array",       "a table"};
  return names[value.data.index()];
}

std::string quoted(std::string_view word) { return "'" + std::string(word) + "'"; }

std::string number_text(double value) {
  if (value == static_cast<double>(static_cast<std::int64_t>(value)))
    return std::to_string(static_cast<std::int64_t>(value));
  std::string text = std::to_string(value);
  while (text.back() == '0') text.pop_back();
  return text;
}

std::string between(double least, double most) {
  if (most >= static_cast<double>(std::numeric_limits<std::int64_t>::max()))
    return number_text(least) + " or more";
  return "from " + number_text(least) + " to " + number_text(most);
}

[[noreturn]] void wrong_type(std::string_view key, const config_value& value, const char* wanted) {
  throw config_error(value.place, quoted(key) + " must be " + wanted + ", not " + type_name(value));
}

}  // namespace

config_error::config_error(const config_place& where, const std::string& message)
    : std::runtime_error(at(where) + message) {}

const config_entry* config_table::find(std::string_view key) const {
  for (const config_entry& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

config_table config_table::merged_with(const config_table& over) const {
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
    if (below && above)
      same->value.data = below->merged_with(*above);
    else
      *same = entry;
  }
  return result;
}

std::string_view nearest_word(std::string_view word,
                              const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
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
    throw config_error(value->place, quoted(key) + " must be " + between(least, most));
  return n;
}

std::optional<duration> config_reader::time(std::string_view key, duration least) {
  const config_value* value = find(key);
  if (!value) return std::nullopt;
  const std::string* s = std::get_if<std::string>(&value->data);
  if (!s) wrong_type(key, *value, "a duration in quotes, such as \"250ms\", \"90s\" or \"10m\"");
  const auto d = parse_duration(*s);
  if (!d)
    throw config_error(value->place, quoted(key) + ": '" + *s +
                                         "' is not a duration; write a number and one of ns, us, "
                                         "ms, s, m, h, such as \"90s\"");
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
  if (!array) wrong_type(key, *value, "an array of tables");
  for (const config_value& element : *array) {
    const config_table* t = std::get_if<config_table>(&element.data);
    if (!t) wrong_type(key, element, "an array of tables");
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

std::optional<std::size_t> config_reader::choice_index(std::string_view key,
                                                       const std::vector<std::string_view>& names) {
  const auto word = text(key);
  if (!word) return std::nullopt;
  const auto found = std::find(names.begin(), names.end(), *word);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  std::string list;
  for (std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
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
