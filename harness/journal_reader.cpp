// Reads what journal.cpp writes.
#include <charconv>

#include "harness/journal.hpp"

namespace stampede {

journal_reader::journal_reader(const std::filesystem::path& file)
    : name_(file.string()), in_(file, std::ios::binary) {
  if (!in_ || std::filesystem::is_directory(file)) throw journal_error(name_ + ": cannot be read");
  read_head();
}

void journal_reader::fail(const std::string& what) const {
  throw journal_error(name_ + ":" + std::to_string(number_) + ": " + what);
}

bool journal_reader::read_line() {
  if (!std::getline(in_, line_)) return false;
  ++number_;
  return true;
}

std::string_view journal_reader::read_key(std::string_view key) {
  if (!read_line()) fail("the file ends too soon");
  std::string_view text = line_;
  if (!text.starts_with(key) || text.size() <= key.size() || text[key.size()] != ' ')
    fail("expected '" + std::string(key) + " ...'");
  return text.substr(key.size() + 1);
}

void journal_reader::read_head() {
  const auto number = [this](std::string_view key, auto& into) {
    const std::string_view text = read_key(key);
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), into);
    if (bad != std::errc{} || end != text.data() + text.size())
      fail("not a number: " + std::string(text));
  };
  const auto word = [this](std::string_view text) {
    try {
      return text_of_word(text);
    } catch (const journal_error& error) {
      fail(error.what());
    }
  };
  if (!read_line() || line_ != "stampede journal 1") {
    number_ = 1;
    fail("this is not a journal of version 1: its first line is 'stampede journal 1'");
  }
  head_.engine = read_key("engine");
  number("seed", head_.seed);
  number("replication", head_.replication);
  number("speed", head_.speed);
  head_.path = word(read_key("path"));
  while (read_line() && line_.starts_with("change "))
    head_.changes.push_back(word(std::string_view(line_).substr(7)));
  if (line_ != "source") fail("expected 'source'");
  read_source();
}

void journal_reader::read_source() {
  bool first = true;
  while (read_line()) {
    if (line_ == "events" && !first) return;
    if (!line_.starts_with("| ")) fail("expected '| ...' or 'events'");
    if (!first) head_.source += '\n';
    head_.source.append(line_, 2);
    first = false;
  }
  fail("the file ends too soon");
}

bool journal_reader::next(std::string_view& line) {
  if (!read_line()) fail("the file ends too soon: there is no 'end'");
  if (line_.starts_with("end ")) {
    if (line_ != "end " + std::to_string(events_))
      fail("the file has " + std::to_string(events_) + " events, not as it says here");
    return false;
  }
  ++events_;
  line = line_;
  return true;
}

}  // namespace stampede
