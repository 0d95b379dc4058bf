#include "mockserver/faults/terse.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>

#include "core/units.hpp"

namespace stampede {
namespace {

constexpr std::string_view separators = " \t;";

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number n{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return n;
}

class terse_reader {
 public:
  terse_reader(std::string_view text, const config_place& place) : rest_(text), place_(place) {
    table_.place = place;
  }

  config_table read() {
    skip();
    if (rest_.empty()) fail("a fault is needed, such as \"503 retry_after=2\"");
    for (bool first = true; !rest_.empty(); first = false) {
      const std::string key = word("=\"");
      if (!rest_.empty() && rest_.front() == '=') {
        rest_.remove_prefix(1);
        config_value given = value();
        const auto* seconds = std::get_if<std::int64_t>(&given.data);
        if (key == "retry_after" && seconds) given.data = std::to_string(*seconds) + "s";
        put(key == "at" ? "cut_at" : key, std::move(given));
      } else if (!first) {
        fail(fmt::format("'{}' needs a value: {}=...", key, key));
      } else if (const auto status = whole<std::int64_t>(key)) {
        put("status", *status);
      } else {
        put("kind", key);
      }
      skip();
    }
    if (!table_.find("kind")) {
      if (!table_.find("status")) fail("what fault? It begins with a status or a kind");
      put("kind", std::string("status"));
    }
    return std::move(table_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw config_error(place_, why); }

  void skip() { rest_.remove_prefix(std::min(rest_.find_first_not_of(separators), rest_.size())); }

  std::string word(std::string_view also) {
    const std::string ends = std::string(separators) + std::string(also);
    const std::string_view found = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(found.size());
    if (found.empty()) fail(fmt::format("a name is needed before '{}'", rest_));
    return std::string(found);
  }

  config_value value() {
    if (!rest_.empty() && rest_.front() == '"') {
      const std::size_t end = rest_.find('"', 1);
      if (end == std::string_view::npos) fail("a quotation mark is missing");
      const std::string text(rest_.substr(1, end - 1));
      rest_.remove_prefix(end + 1);
      return {place_, text};
    }
    const std::string text(rest_.substr(0, rest_.find_first_of(separators)));
    rest_.remove_prefix(text.size());
    if (const auto n = whole<std::int64_t>(text)) return {place_, *n};
    if (const auto n = parse_number(text)) return {place_, *n};
    if (text == "true" || text == "false") return {place_, text == "true"};
    return {place_, text};
  }

  template <class Value>
  void put(const std::string& key, Value value) {
    if (table_.find(key)) fail(fmt::format("'{}' is there twice", key));
    if constexpr (std::is_same_v<Value, config_value>) {
      table_.entries.push_back({key, place_, std::move(value)});
    } else {
      table_.entries.push_back({key, place_, config_value{place_, std::move(value)}});
    }
  }

  std::string_view rest_;
  const config_place& place_;
  config_table table_;
};

}  // namespace

config_table terse_fault(std::string_view text, const config_place& place) {
  return terse_reader(text, place).read();
}

}  // namespace stampede
