#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/rules.hpp"

namespace stampede::tidy {
namespace {

constexpr int longest_file = 400;
constexpr int longest_function = 70;
constexpr std::array vague = {"manager", "util",     "utils",  "helper",
                              "helpers", "handler2", "context"};

// A function's body is a { at the level of namespaces and classes whose statement has a (, and
// which is not an initializer. Counted from the statement's first line to its }.
class function_lengths {
 public:
  function_lengths(const source& file, std::vector<finding>& out) : file_(file), out_(out) {}

  void run() {
    for (const token& t : file_.tokens) {
      if (!t.directive) feed(t);
    }
  }

 private:
  void feed(const token& t) {
    if (inside_ > 0) {
      inside_ += t.text == "{" ? 1 : t.text == "}" ? -1 : 0;
      if (inside_ == 0) close(t.line);
      return;
    }
    if (t.text == "{") {
      const bool initializer = last_ == "=" || last_ == "(" || last_ == ",";
      const bool container = !has_call_ && !initializer && opens_container_;
      if (container) {
        forget();
      } else {
        inside_ = 1;
      }
    } else if (t.text == "}" || t.text == ";") {
      forget();
    } else {
      if (begin_ == 0) begin_ = t.line;
      has_call_ = has_call_ || t.text == "(";
      opens_container_ = opens_container_ || std::ranges::count(containers, t.text) > 0;
      last_ = t.text;
    }
  }

  void close(int line) {
    if (has_call_ && line - begin_ + 1 > longest_function) {
      out_.push_back({file_.path, begin_, "function_length",
                      std::to_string(line - begin_ + 1) + " lines: split it, " +
                          std::to_string(longest_function) + " are the most"});
    }
    forget();
  }

  void forget() {
    begin_ = 0;
    has_call_ = opens_container_ = false;
    last_.clear();
  }

  static constexpr std::array<std::string_view, 6> containers = {"namespace", "class", "struct",
                                                                 "union",     "enum",  "extern"};

  const source& file_;
  std::vector<finding>& out_;
  int inside_ = 0;  // depth of braces in a body or an initializer, 0 outside
  int begin_ = 0;   // the statement's first line, 0 before it
  bool has_call_ = false;
  bool opens_container_ = false;
  std::string last_;
};

void check_header(const source& file, std::vector<finding>& out) {
  if (!file.path.ends_with(".hpp")) return;
  if (!file.text.starts_with("//")) {
    out.push_back({file.path, 1, "header_comment",
                   "say first what it is for: purpose, units, errors, determinism"});
  }
  if (file.text.find("#pragma once\n") == std::string::npos) {
    out.push_back({file.path, 1, "pragma_once", "add #pragma once"});
  }
}

void check_file_name(const source& file, std::vector<finding>& out) {
  const std::string stem = std::filesystem::path(file.path).stem().string();
  const auto ends_name = [&](std::string_view word) {
    return stem == word || stem.ends_with("_" + std::string(word));
  };
  if (std::ranges::any_of(vague, ends_name)) {
    out.push_back({file.path, 1, "file_name", "name it by what it does"});
  }
}

}  // namespace

void check_sizes(const source& file, std::vector<finding>& out) {
  if (!is_cpp(file)) return;
  const bool is_data = lies_in(file.path, "tests") && file.path.ends_with("_values.hpp");
  if (file.lines > longest_file && !is_data) {
    out.push_back({file.path, longest_file + 1, "file_length",
                   std::to_string(file.lines) + " lines: split it, " +
                       std::to_string(longest_file) + " are the most"});
  }
  check_header(file, out);
  check_file_name(file, out);
  function_lengths(file, out).run();
}

}  // namespace stampede::tidy
