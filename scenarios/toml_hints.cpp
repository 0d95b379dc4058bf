#include "scenarios/toml_hints.hpp"

#include <algorithm>

namespace stampede {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view value_ends = " \t\r\n,]}#=";

// Line `number` (from 1) of `text`, without its end.
std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (std::uint32_t n = 1; n < number; ++n) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find_first_of("\r\n"));
}

// Where the bare word that holds `column` (from 1) begins, in `line`. Columns count code
// points: in a line with others than ASCII before the error the word found may be a wrong
// one, so callers use it only when it has the shape they look for.
std::size_t start_of_word(std::string_view line, std::uint32_t column) {
  std::size_t start = std::min<std::size_t>(column == 0 ? 0 : column - 1, line.size());
  while (start > 0 && value_ends.find(line[start - 1]) == std::string_view::npos) --start;
  return start;
}

std::string_view word_from(std::string_view line, std::size_t start) {
  const std::string_view rest = line.substr(start);
  return rest.substr(0, rest.find_first_of(value_ends));
}

bool is_plain(std::string_view word) {
  return !word.empty() && word.find_first_of("\"'[{") == std::string_view::npos;
}

// 10m, 1.5s, -5s, 20/s, 25%: a number with something that is no number after it.
bool is_quantity(std::string_view word) {
  const auto unit = word.find_first_not_of("+-.0123456789_");
  if (!is_plain(word) || unit == 0 || unit == std::string_view::npos) return false;
  const char first = word[unit];
  return first == '%' || first == '/' || (first >= 'a' && first <= 'z');
}

std::string as_written(std::string_view description) {
  constexpr std::string_view opening = "Error while parsing ";
  if (description.starts_with(opening)) description.remove_prefix(opening.size());
  std::string line(description);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return "not valid TOML: " + line;
}

}  // namespace

toml_complaint reword_toml_error(std::string_view text, config_place place,
                                 std::string_view description) {
  const std::string_view line = line_of(text, place.line);
  const auto says = [&](std::string_view words) {
    return description.find(words) != std::string_view::npos;
  };
  if (says("cannot redefine existing")) {
    const auto open = description.find('\'');
    const auto close = description.find('\'', open + 1);
    const auto first = line.find_first_not_of(blanks);
    if (first != std::string_view::npos) place.column = static_cast<std::uint32_t>(first + 1);
    if (close != std::string_view::npos) {
      const std::string name(description.substr(open + 1, close - open - 1));
      if (says("existing array") && line.find('[') != std::string_view::npos)
        return {place, "'" + name + "' is an array of tables further up; write [[" + name + "]]"};
      return {place, "'" + name + "' is defined twice; a table has each key once"};
    }
  }
  if (says("control characters other than TAB") && place.column > line.size())
    return {place, "the line ends within a string; close it with a quote"};
  const std::size_t start = start_of_word(line, place.column);
  const std::string word(word_from(line, start));
  if (is_quantity(word)) {
    place.column = static_cast<std::uint32_t>(start + 1);
    return {place, "a quantity with a unit is written in quotes: \"" + word + "\""};
  }
  if (says("could not determine value type") && is_plain(word)) {
    place.column = static_cast<std::uint32_t>(start + 1);
    return {place, "text is written in quotes: \"" + word + "\""};
  }
  return {place, as_written(description)};
}

}  // namespace stampede
