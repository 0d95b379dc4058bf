// Compares a text with the file of that name in tests/golden; UPDATE_GOLDEN=1 rewrites it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace stampede::test {

inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = "tests/golden/" + name;  // tests run from the source tree's root
  if (const char* update = std::getenv("UPDATE_GOLDEN"); update && *update == '1') {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << " is missing; UPDATE_GOLDEN=1 writes it";
  std::ostringstream golden;
  golden << file.rdbuf();
  // The first line that differs says more than both texts.
  std::istringstream got(text);
  std::istringstream wanted(golden.str());
  std::string a;
  std::string b;
  for (int line = 1; text != golden.str(); ++line) {
    const bool more = static_cast<bool>(std::getline(got, a));
    const bool expected = static_cast<bool>(std::getline(wanted, b));
    if (more && expected && a == b) continue;
    FAIL() << path << " differs in line " << line
           << "; UPDATE_GOLDEN=1 rewrites it\n  now:  " << (more ? a : "(no more)")
           << "\n  then: " << (expected ? b : "(no more)");
  }
}

}  // namespace stampede::test
