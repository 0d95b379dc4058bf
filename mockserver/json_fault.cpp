#include "mockserver/json_fault.hpp"

#include <algorithm>
#include <vector>

namespace stampede {
namespace {

class json_scan {
 public:
  // Stops, without a fault, once the value that holds byte `stop` is known.
  json_scan(std::string_view text, std::size_t stop) : text_(text), stop_(stop) {}

  bool run() {
    if (!value()) return false;
    while (!inside_.empty()) {
      if (!(inside_.back().list ? next_element() : next_member())) return false;
    }
    skip_blanks();
    return at_end() || wrong("trailing characters", 1);
  }

  const std::string& reason() const { return reason_; }
  std::size_t read() const { return at_; }
  std::string path() const;

 private:
  struct level {
    bool list = false;
    bool begun = false;      // an element or member has been read
    std::size_t index = 0;   // of the element being read
    std::string_view key{};  // of the member being read, without its quotes
    bool has_key = false;
  };

  bool at_end() const { return at_ >= text_.size(); }
  char here() const { return text_[at_]; }
  void skip_blanks() {
    while (!at_end() && (here() == ' ' || here() == '\t' || here() == '\n' || here() == '\r'))
      ++at_;
  }
  // `more` bytes belong to the place that is told.
  bool wrong(std::string_view reason, std::size_t more) {
    reason_ = reason;
    at_ = std::min(text_.size(), at_ + more);
    return false;
  }
  bool ended(std::string_view inside) {
    return wrong("EOF while parsing " + std::string(inside), 0);
  }
  // Whether the byte asked for has been read: ends the scan.
  bool reached() const { return at_ > stop_; }

  bool value();
  bool opened(bool list);
  bool next_element();
  bool next_member();
  bool close();
  bool word(std::string_view rest);
  bool number();
  bool digits();
  bool string();
  bool escape();
  int four_hex_digits();

  std::string_view text_;
  std::size_t stop_;
  std::size_t at_ = 0;
  std::string reason_;
  std::vector<level> inside_;
};

bool json_scan::value() {
  skip_blanks();
  if (at_end()) return ended("a value");
  bool sound = false;
  switch (here()) {
    case '{': return opened(false);
    case '[': return opened(true);
    case '"': sound = string(); break;
    case 't': sound = word("rue"); break;
    case 'f': sound = word("alse"); break;
    case 'n': sound = word("ull"); break;
    default:
      if (here() != '-' && (here() < '0' || here() > '9')) return wrong("expected value", 1);
      sound = number();
  }
  return sound && !reached();
}

bool json_scan::opened(bool list) {
  // What encloses a value is remembered, and the body may be 48 MiB of brackets.
  constexpr std::size_t deepest = 100'000;
  if (inside_.size() >= deepest) return wrong("recursion limit exceeded", 1);
  ++at_;
  if (reached()) return false;
  level inner;
  inner.list = list;
  inside_.push_back(inner);
  return true;
}

bool json_scan::close() {
  ++at_;
  inside_.pop_back();
  return !reached();
}

bool json_scan::next_element() {
  level& list = inside_.back();
  if (list.begun) ++list.index;
  skip_blanks();
  if (at_end()) return ended("a list");
  if (here() == ']') return close();
  if (list.begun) {
    if (here() != ',') return wrong("expected `,` or `]`", 1);
    ++at_;
    skip_blanks();
    if (at_end()) return ended("a value");
    if (here() == ']') return wrong("trailing comma", 1);
  }
  list.begun = true;
  return value();
}

bool json_scan::next_member() {
  level& object = inside_.back();
  object.has_key = false;
  skip_blanks();
  if (at_end()) return ended("an object");
  if (here() == '}') return close();
  if (object.begun) {
    if (here() != ',') return wrong("expected `,` or `}`", 1);
    ++at_;
    skip_blanks();
    if (at_end()) return ended("a value");
    if (here() == '}') return wrong("trailing comma", 1);
  }
  if (here() != '"') return wrong("key must be a string", 1);
  object.begun = true;
  const std::size_t quote = at_;
  if (!string()) return false;
  object.key = text_.substr(quote + 1, at_ - quote - 2);
  object.has_key = true;
  skip_blanks();
  if (at_end()) return ended("an object");
  if (here() != ':') return wrong("expected `:`", 1);
  ++at_;
  return value();
}

bool json_scan::word(std::string_view rest) {
  ++at_;
  for (const char c : rest) {
    if (at_end()) return ended("a value");
    if (here() != c) return wrong("expected ident", 1);
    ++at_;
  }
  return true;
}

// One or more digits.
bool json_scan::digits() {
  if (at_end()) return ended("a value");
  if (here() < '0' || here() > '9') return wrong("invalid number", 1);
  while (!at_end() && here() >= '0' && here() <= '9') ++at_;
  return true;
}

bool json_scan::number() {
  if (here() == '-') ++at_;
  if (!at_end() && here() == '0') {
    ++at_;
    if (!at_end() && here() >= '0' && here() <= '9') return wrong("invalid number", 1);
  } else if (!digits()) {
    return false;
  }
  if (!at_end() && here() == '.') {
    ++at_;
    if (!digits()) return false;
  }
  if (!at_end() && (here() == 'e' || here() == 'E')) {
    ++at_;
    if (!at_end() && (here() == '+' || here() == '-')) ++at_;
    if (!digits()) return false;
  }
  return true;
}

bool json_scan::string() {
  ++at_;
  while (!at_end()) {
    const auto byte = static_cast<unsigned char>(here());
    if (byte < 0x20) {
      return wrong("control character (\\u0000-\\u001F) found while parsing a string", 1);
    }
    ++at_;
    if (byte == '"') return true;
    if (byte == '\\' && !escape()) return false;
  }
  return ended("a string");
}

// Behind the backslash.
bool json_scan::escape() {
  constexpr std::string_view simple = "\"\\/bfnrt";
  if (at_end()) return ended("a string");
  const char kind = here();
  if (simple.find(kind) != std::string_view::npos) {
    ++at_;
    return true;
  }
  if (kind != 'u') return wrong("invalid escape", 1);
  ++at_;
  const int first = four_hex_digits();
  if (first < 0) return false;
  if (first >= 0xdc00 && first < 0xe000) {
    return wrong("lone leading surrogate in hex escape", 0);
  }
  if (first < 0xd800 || first >= 0xdc00) return true;
  for (const char c : {'\\', 'u'}) {
    if (at_end()) return ended("a string");
    if (here() != c) return wrong("unexpected end of hex escape", 1);
    ++at_;
  }
  const int second = four_hex_digits();
  if (second < 0) return false;
  if (second < 0xdc00 || second >= 0xe000) {
    return wrong("lone leading surrogate in hex escape", 0);
  }
  return true;
}

// -1 after a fault.
int json_scan::four_hex_digits() {
  int value = 0;
  if (text_.size() - at_ < 4) {
    at_ = text_.size();
    ended("a string");
    return -1;
  }
  const std::string_view four = text_.substr(at_, 4);
  at_ += 4;
  for (const char c : four) {
    const char small = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      value = value * 16 + (c - '0');
    } else if (small >= 'a' && small <= 'f') {
      value = value * 16 + (small - 'a' + 10);
    } else {
      wrong("invalid escape", 0);
      return -1;
    }
  }
  return value;
}

// A member whose key could not be read is "?"; a path of nothing else is not told.
std::string json_scan::path() const {
  std::string path;
  bool known = false;
  for (const level& l : inside_) {
    known = known || l.list || l.has_key;
    if (l.list) {
      path += '[' + std::to_string(l.index) + ']';
      continue;
    }
    if (!path.empty()) path += '.';
    path += l.has_key ? std::string(l.key) : "?";
  }
  return known ? path : std::string();
}

}  // namespace

std::optional<json_fault> find_json_fault(std::string_view text) {
  json_scan scan(text, text.size());
  if (scan.run()) return std::nullopt;
  const bool behind_the_end = scan.reason() == "trailing characters";
  return json_fault{scan.reason(), scan.read(), behind_the_end ? std::string() : scan.path()};
}

std::string json_path_at(std::string_view text, std::size_t byte) {
  json_scan scan(text, byte);
  scan.run();
  return scan.path();
}

}  // namespace stampede
