#include "reports/expectations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/units.hpp"
#include "reports/catalogue.hpp"

namespace stampede {
namespace {

constexpr std::array<std::pair<std::string_view, comparison>, 6> operators{
    {{">=", comparison::at_least},
     {"<=", comparison::at_most},
     {"==", comparison::equal},
     {"!=", comparison::different},
     {">", comparison::above},
     {"<", comparison::below}}};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<double> number_in(std::string_view text, double least, double most) {
  const auto n = parse_number(text);
  return n && *n >= least && *n <= most ? n : std::nullopt;
}

std::optional<double> percent_in(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const auto n = number_in(trimmed(text), 0, 1e12);
  return n ? std::optional(*n / 100) : std::nullopt;
}

std::optional<double> money_in(std::string_view text) {
  const bool negative = text.starts_with("-$");
  if (negative) text.remove_prefix(1);
  if (!text.starts_with('$')) return std::nullopt;
  const auto usd = number_in(text.substr(1), 0, 9e6);
  if (!usd) return std::nullopt;
  return (negative ? -1e12 : 1e12) * *usd;
}

std::optional<double> limit_in(measure_unit unit, std::string_view text) {
  switch (unit) {
    case measure_unit::share: {
      const auto share = text.ends_with('%') ? percent_in(text) : parse_number(text);
      return share && *share >= 0 && *share <= 1 ? share : std::nullopt;
    }
    case measure_unit::ratio:
      return text.ends_with('%') ? percent_in(text) : number_in(text, 0, 1e12);
    case measure_unit::factor: return number_in(text, 0, 1e12);
    case measure_unit::count: {
      const auto n = number_in(text, 0, 1e15);
      const bool whole = n && *n == static_cast<double>(static_cast<std::int64_t>(*n));
      return whole ? n : std::nullopt;
    }
    case measure_unit::time: {
      const auto d = parse_duration(text);
      return d ? std::optional(static_cast<double>(d->count())) : std::nullopt;
    }
    case measure_unit::money: return money_in(text);
    case measure_unit::per_second: return parse_rate(text);
    case measure_unit::flag:
      return text == "yes" ? std::optional(1.0) : text == "no" ? std::optional(0.0) : std::nullopt;
  }
  return std::nullopt;
}

const char* example_of(measure_unit unit) {
  switch (unit) {
    case measure_unit::share: return "a share, such as \">= 99.5%\" or \"<= 0.03\"";
    case measure_unit::ratio: return "a ratio, such as \"<= 0.6\" or \"<= 60%\"";
    case measure_unit::factor: return "a number, such as \"<= 1.6\"";
    case measure_unit::count: return "a whole number, such as \"== 0\" or \"<= 50\"";
    case measure_unit::time: return "a duration, such as \"<= 60s\" or \"<= 250ms\"";
    case measure_unit::money: return "dollars, such as \"<= $0.002\"";
    case measure_unit::per_second: return "a rate, such as \">= 20/s\"";
    case measure_unit::flag: return "\"yes\" or \"no\"";
  }
  return "";
}

constexpr std::array<std::string_view, 3> phases{"before", "during", "after"};

bool is_phase(std::string_view name) { return std::ranges::count(phases, name) > 0; }

class expect_reader {
 public:
  explicit expect_reader(const expectable& known) : known_(known) {}

  std::vector<expectation> found;

  // Dotted keys may be written bare: TOML then makes tables of them, put together again here.
  void read(const config_table& table, const std::string& prefix, const scope& of) {
    for (const config_entry& entry : table.entries) {
      const std::string name = prefix + entry.key;
      const auto* inner = std::get_if<config_table>(&entry.value.data);
      if (prefix.empty() && (inner || find_measure(name) == nullptr) && read_part(entry, of))
        continue;
      if (inner)
        read(*inner, name + ".", of);
      else
        found.push_back(one(entry, name, of));
    }
  }

 private:
  // A table of limits on a part of the calls; false where the entry is none.
  bool read_part(const config_entry& entry, const scope& of) {
    const bool fleet = of == scope{};
    if (fleet && entry.key == "groups") {
      for (const config_entry& e : parts_in(entry, "group", known_.groups))
        read(limits_in(e, "groups." + e.key), "", {.group = e.key, .model = {}, .phase = {}});
    } else if (fleet && entry.key == "models") {
      for (const config_entry& e : parts_in(entry, "model", known_.models))
        read(limits_in(e, "models.'" + e.key + "'"), "",
             {.group = {}, .model = e.key, .phase = {}});
    } else if (of.phase.empty() && is_phase(entry.key)) {
      check_phases(entry);
      scope inner = of;
      inner.phase = entry.key;
      read(limits_in(entry, entry.key), "", inner);
    } else if (of.phase.empty() && entry.key == "faults") {
      check_phases(entry);
      for (const config_entry& e :
           parts_in(entry, "fault", known_.faults.value_or(std::vector<std::string>{})))
        read_fault(e, of);
    } else {
      return false;
    }
    return true;
  }

  void read_fault(const config_entry& fault, const scope& of) {
    for (const config_entry& entry : limits_in(fault, "faults." + fault.key + ".during").entries) {
      if (!is_phase(entry.key))
        throw config_error(entry.place, fmt::format("'{}' is no phase of a fault; they are {}",
                                                    entry.key, fmt::join(phases, ", ")));
      scope inner = of;
      // With one kind of fault its phases are those of the run.
      const bool only = known_.faults && known_.faults->size() == 1;
      inner.phase = only ? entry.key : fault.key + "." + entry.key;
      read(limits_in(entry, "faults." + fault.key + "." + entry.key), "", inner);
    }
  }

  static const config_table& limits_in(const config_entry& entry, const std::string& name) {
    if (const auto* inner = std::get_if<config_table>(&entry.value.data)) return *inner;
    throw config_error(
        entry.value.place,
        fmt::format("'{}' must be a table of limits, as in [expect.{}]", entry.key, name));
  }

  void check_phases(const config_entry& entry) const {
    if (known_.faults && known_.faults->empty())
      throw config_error(
          entry.place,
          fmt::format("nothing goes wrong in this scenario, so it has no phase '{}'", entry.key));
  }

  static const std::vector<config_entry>& parts_in(const config_entry& entry, const char* what,
                                                   const std::vector<std::string>& known) {
    const config_table& table = limits_in(entry, entry.key + ".<name>");
    for (const config_entry& e : table.entries) {
      if (known.empty() || std::ranges::count(known, e.key) > 0) continue;
      const std::vector<std::string_view> names(known.begin(), known.end());
      const std::string_view near = nearest_word(e.key, names);
      throw config_error(
          e.place, fmt::format("there is no {} '{}' in {}{}", what, e.key,
                               what == std::string_view("fault") ? "the scenario" : "the fleet",
                               near.empty() ? fmt::format("; it has {}", fmt::join(names, ", "))
                                            : fmt::format(", did you mean '{}'?", near)));
    }
    return table.entries;
  }

  static const named_measure& measure_for(const config_entry& entry, const std::string& name) {
    if (const named_measure* m = find_measure(name)) return *m;
    std::vector<std::string_view> names;
    for (const named_measure& m : catalogue()) names.push_back(m.name);
    const std::string_view near = nearest_word(name, names);
    throw config_error(entry.place,
                       fmt::format("unknown measure '{}'{}", name,
                                   near.empty() ? "; docs/measures.md lists them"
                                                : fmt::format(", did you mean '{}'?", near)));
  }

 public:
  static expectation one(const config_entry& entry, const std::string& name, const scope& of) {
    const named_measure& measure = measure_for(entry, name);
    if (of != scope{} && !measure.per_group)
      throw config_error(entry.place,
                         fmt::format("'{}' is measured over the whole run, not {}", name,
                                     of.phase.empty() ? of.model.empty() ? "per group" : "per model"
                                                      : "per phase"));
    const auto* text = std::get_if<std::string>(&entry.value.data);
    if (!text)
      throw config_error(entry.value.place,
                         fmt::format("'{}' must be a comparison in quotes with {}", name,
                                     example_of(measure.unit)));
    const std::string_view whole = trimmed(*text);
    for (const auto& [sign, compare] : operators) {
      if (!whole.starts_with(sign)) continue;
      const std::string_view limit_text = trimmed(whole.substr(sign.size()));
      const auto limit = limit_in(measure.unit, limit_text);
      if (!limit)
        throw config_error(entry.value.place,
                           fmt::format("'{}': '{}' is not a limit it can have; write {}", name,
                                       limit_text, example_of(measure.unit)));
      return {entry.place, of, name, compare, *limit, fmt::format("{} {}", sign, limit_text)};
    }
    // Some read better without a sign: recovered_within = "30s", metastable = "no".
    if (const auto limit = measure.bare ? limit_in(measure.unit, whole) : std::nullopt)
      return {entry.place, of, name, *measure.bare, *limit, std::string(whole)};
    throw config_error(entry.value.place,
                       fmt::format("'{}': '{}' must begin with >=, <=, >, <, == or !=, then {}",
                                   name, *text, example_of(measure.unit)));
  }

 private:
  const expectable& known_;
};

}  // namespace

std::vector<expectation> parse_expectations(const config_table& expect, const expectable& known) {
  expect_reader reader(known);
  reader.read(expect, "", {});
  return std::move(reader.found);
}

expectation expectation_of(const scope& of, const std::string& measure, const std::string& limit) {
  config_entry entry;
  entry.key = measure;
  entry.value.data = limit;
  return expect_reader::one(entry, measure, of);
}

std::vector<scope> scopes_of(const std::vector<expectation>& expectations) {
  std::vector<scope> scopes;
  for (const expectation& e : expectations)
    if (std::ranges::count(scopes, e.of) == 0) scopes.push_back(e.of);
  return scopes;
}

std::vector<std::string> measure_names() {
  std::vector<std::string> names;
  for (const named_measure& m : catalogue()) names.push_back(m.name);
  return names;
}

std::string_view name_of(verdict_result r) {
  static constexpr std::array<std::string_view, 3> names{"pass", "fail", "inconclusive"};
  return names[static_cast<std::size_t>(r)];
}

}  // namespace stampede
