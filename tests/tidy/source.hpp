// A file of the tree as the tidy rules see it. C++ files are split into tokens without comments
// and string contents, the comments apart, and the include lines: a small lexer, not a parser.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace stampede::tidy {

struct token {
  std::string text;  // an identifier, a number, "::", "->", one other character, or " (a literal)
  int line = 0;
  bool directive = false;  // on a preprocessor line
};

struct comment {
  std::string text;
  int line = 0;
};

struct include {
  std::string path;  // without its quotes or brackets
  bool quoted = false;
  int line = 0;
};

struct source {
  std::string path;  // from the tree's root, with /
  std::string text;
  int lines = 0;
  std::vector<token> tokens;  // this and the next two: C++ files only
  std::vector<comment> comments;
  std::vector<include> includes;
};

struct finding {
  std::string path;
  int line = 0;
  std::string rule;
  std::string what;  // what is wrong and what to do instead
};

source read_source(std::string path, std::string text);
bool is_cpp(const source& file);

// Every file the rules look at below `root`, in the order of their paths.
std::vector<source> read_tree(const std::filesystem::path& root);

// Whether `path` lies in `folder` or below it; "" is the whole tree.
bool lies_in(std::string_view path, std::string_view folder);

}  // namespace stampede::tidy
