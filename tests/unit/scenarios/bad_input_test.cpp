// Wrong scenario files, each with the one line it must be refused with in its first line:
// `# expect: line:column: message`. To add one, add a file.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "harness/plan.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

namespace fs = std::filesystem;

const fs::path folder = "tests/unit/scenarios/bad";

std::vector<std::string> files() {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string refusal_of(const std::string& text, const std::string& file) {
  try {
    build_plan(parse_scenario(text, file));  // every table, by its owner
  } catch (const config_error& error) {
    return error.what();
  }
  return "accepted";
}

class BadInput : public testing::TestWithParam<std::string> {};

TEST_P(BadInput, IsRefusedInOneHelpfulLine) {
  const std::string file = GetParam() + ".toml";
  std::ifstream stream(folder / file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  constexpr std::string_view mark = "# expect: ";
  ASSERT_TRUE(text.starts_with(mark));
  const auto end = text.find('\n');
  const std::string expected = file + ":" + text.substr(mark.size(), end - mark.size());
  const std::string found = refusal_of(text, file);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(found.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Files, BadInput, testing::ValuesIn(files()),
                         [](const auto& file) { return file.param; });

TEST(BadInputFiles, AreManyEnough) { EXPECT_GE(files().size(), 150u); }

}  // namespace
}  // namespace stampede
