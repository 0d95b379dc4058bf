// The tree itself keeps the rules. Tests run from the tree's root.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/tidy/rules.hpp"

namespace stampede::tidy {
namespace {

TEST(tree, is_the_one_that_is_walked) {
  const auto files = read_tree(".");
  for (const char* path : {"CMakeLists.txt", "CMakePresets.json", "core/instant.hpp",
                           "cmake/stampede_library.cmake", "tests/tidy/tree_test.cpp"}) {
    EXPECT_EQ(std::ranges::count(files, path, &source::path), 1) << path;
  }
}

TEST(tree, keeps_the_rules) {
  for (const source& file : read_tree(".")) {
    for (const finding& f : check(file)) {
      ADD_FAILURE_AT(f.path.c_str(), f.line) << f.rule << ": " << f.what;
    }
  }
}

}  // namespace
}  // namespace stampede::tidy
