// The rules of the design that a compiler cannot check. Each gives findings; none
// stops at the first. A rule is a row in a table of its file; its planted violation is a row
// in rules_test.cpp.
//
// Rules that may be excused are, by a comment with its reason on the line or just above it:
//   // tidy: allow unordered - only ever looked up, never walked
#pragma once

#include <string>
#include <vector>

#include "tests/tidy/source.hpp"

namespace stampede::tidy {

void check_includes(const source& file, std::vector<finding>& out);  // who may include whom
void check_idioms(const source& file, std::vector<finding>& out);    // banned names and calls
void check_sizes(const source& file, std::vector<finding>& out);     // files, functions, names

inline std::vector<finding> check(const source& file) {
  std::vector<finding> out;
  check_includes(file, out);
  check_idioms(file, out);
  check_sizes(file, out);
  return out;
}

// The names in the table of idioms, so that the self-test can ask for a planted one of each.
std::vector<std::string> idiom_names();

}  // namespace stampede::tidy
