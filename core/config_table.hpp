// A small tree of settings that remembers where each one was written, so that whoever
// owns a table (a fault, a policy, the server) reads its own keys and rejects the rest
// with one line: `file:line:column: unknown key 'retry_aftr', did you mean 'retry_after'?`
//
// config_table is plain data made by scenarios/loader. config_reader reads one table: it
// notes each key it is asked for, and done() refuses what nobody asked for. All failures
// are config_error, the one exception of bad input.
//
// Use:
//   config_reader read(table);
//   const duration hold = read.time("for").value_or(30s);
//   read.done();
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/distribution.hpp"
#include "core/instant.hpp"

namespace stampede {

struct config_place {
  std::shared_ptr<const std::string> file;  // as the user named it
  std::uint32_t line = 0;                   // from 1; 0 where there is no text behind it
  std::uint32_t column = 0;
};

// Bad input. what() is the whole line a user sees.
class config_error : public std::runtime_error {
 public:
  config_error(const config_place& where, const std::string& message);
};

struct config_value;
struct config_entry;

struct config_table {
  config_place place;
  std::vector<config_entry> entries;  // in the order written

  const config_entry* find(std::string_view key) const;
  // This table with the entries of `over` replacing or joining its own, tables merged. A table
  // of another `kind` or `distribution` replaces the one below it whole.
  config_table merged_with(const config_table& over) const;
};

using config_array = std::vector<config_value>;

struct config_value {
  config_place place;
  std::variant<bool, std::int64_t, double, std::string, config_array, config_table> data;
};

struct config_entry {
  std::string key;
  config_place place;  // of the key
  config_value value;
};

// The candidate nearest to `word` by edit distance (the first of equals), empty when none is
// within a third of its length.
std::string_view nearest_word(std::string_view word,
                              const std::vector<std::string_view>& candidates);

class config_reader {
 public:
  explicit config_reader(const config_table& table) : table_(table) {}

  bool has(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  std::optional<std::string> text(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most);
  std::optional<double> number(std::string_view key, double least, double most);
  // "250ms", "90s", "10m", "1h", "1.5s": at least `least`.
  std::optional<duration> time(std::string_view key, duration least = duration::zero());
  // "20/s", "50/m": per second, from a millionth to a million.
  std::optional<double> rate(std::string_view key);
  // 0.25 or "25%": in [0, 1].
  std::optional<double> ratio(std::string_view key);
  // "300ms" or { distribution = "lognormal", median = "300ms", sigma = 0.5 }: nanoseconds.
  std::optional<distribution> times(std::string_view key);
  // 300 or { distribution = "uniform", min = 100, max = 500 }: a count of `least` or more.
  std::optional<distribution> counts(std::string_view key, std::int64_t least = 0);
  const config_table* table(std::string_view key);
  std::vector<const config_table*> tables(std::string_view key);  // an array of tables
  std::vector<std::string> texts(std::string_view key);           // an array of strings
  std::vector<int> integers(std::string_view key, int least, int most);

  // One of the named values; another word is refused with the nearest right one.
  template <class Enum>
  std::optional<Enum> choice(std::string_view key,
                             std::initializer_list<std::pair<std::string_view, Enum>> values) {
    std::vector<std::string_view> names;
    for (const auto& [name, value] : values) names.push_back(name);
    const auto at = choice_index(key, names);
    if (!at) return std::nullopt;
    return values.begin()[*at].second;
  }

  // Refuses every key that was not asked for.
  void done() const;
  // Refuses `key`'s value (or the table, where the key is absent) with `message`.
  [[noreturn]] void fail(std::string_view key, const std::string& message) const;
  // Refuses the table unless `key` is there.
  void need(std::string_view key);

  const config_table& source() const { return table_; }

 private:
  const config_value* find(std::string_view key);
  std::optional<std::size_t> choice_index(std::string_view key,
                                          const std::vector<std::string_view>& names);

  const config_table& table_;
  std::vector<std::string_view> asked_;
};

}  // namespace stampede
