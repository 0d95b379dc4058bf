// The examples of docs/scenarios.md are scenarios.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "harness/plan.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

TEST(ScenarioDocs, ExamplesAreAccepted) {
  std::ifstream file("docs/scenarios.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  constexpr std::string_view fence = "```toml\n";
  int examples = 0;
  for (auto at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
    at += fence.size();
    const std::string example = text.substr(at, text.find("```", at) - at);
    EXPECT_NO_THROW(build_plan(parse_scenario(example, "docs/scenarios.md"))) << example;
    ++examples;
  }
  EXPECT_GE(examples, 1);
}

}  // namespace
}  // namespace stampede
