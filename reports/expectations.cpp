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
  }
  return "";
}

class expect_reader {
 public:
  explicit expect_reader(const std::vector<std::string>& groups) : groups_(groups) {}

  std::vector<expectation> found;

  // Dotted keys may be written bare: TOML then makes tables of them, put together again here.
  void read(const config_table& table, const std::string& prefix, const std::string& group) {
    for (const config_entry& entry : table.entries) {
      const std::string name = prefix + entry.key;
      const auto* inner = std::get_if<config_table>(&entry.value.data);
      if (inner && name == "groups" && group.empty())
        read_groups(*inner);
      else if (inner)
        read(*inner, name + ".", group);
      else
        found.push_back(one(entry, name, group));
    }
  }

 private:
  void read_groups(const config_table& table) {
    for (const config_entry& entry : table.entries) {
      check_group(entry);
      const auto* inner = std::get_if<config_table>(&entry.value.data);
      if (!inner)
        throw config_error(entry.value.place, fmt::format("'{}' must be a table of limits, as in "
                                                          "[expect.groups.{}]",
                                                          entry.key, entry.key));
      read(*inner, "", entry.key);
    }
  }

  void check_group(const config_entry& entry) const {
    if (groups_.empty() || std::ranges::count(groups_, entry.key) > 0) return;
    const std::vector<std::string_view> names(groups_.begin(), groups_.end());
    const std::string_view near = nearest_word(entry.key, names);
    throw config_error(entry.place,
                       fmt::format("there is no group '{}' in the fleet{}", entry.key,
                                   near.empty() ? fmt::format("; it has {}", fmt::join(names, ", "))
                                                : fmt::format(", did you mean '{}'?", near)));
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

  static expectation one(const config_entry& entry, const std::string& name,
                         const std::string& group) {
    const named_measure& measure = measure_for(entry, name);
    if (!group.empty() && !measure.per_group)
      throw config_error(entry.place,
                         fmt::format("'{}' is measured over the whole fleet, not per group", name));
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
      return {entry.place, group, name, compare, *limit, fmt::format("{} {}", sign, limit_text)};
    }
    throw config_error(entry.value.place,
                       fmt::format("'{}': '{}' must begin with >=, <=, >, <, == or !=, then {}",
                                   name, *text, example_of(measure.unit)));
  }

  const std::vector<std::string>& groups_;
};

}  // namespace

std::vector<expectation> parse_expectations(const config_table& expect,
                                            const std::vector<std::string>& groups) {
  expect_reader reader(groups);
  reader.read(expect, "", "");
  return std::move(reader.found);
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
