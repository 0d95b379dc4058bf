// The ends of every field's range, typed from the service's pages.
#include "deepseek/ranges.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace stampede::deepseek {
namespace {

TEST(Ranges, EndsOfNumbers) {
  EXPECT_TRUE(ranges::temperature.contains(0));
  EXPECT_TRUE(ranges::temperature.contains(2));
  EXPECT_FALSE(ranges::temperature.contains(2.5));
  EXPECT_FALSE(ranges::temperature.contains(-0.001));
  EXPECT_FALSE(ranges::top_p.contains(0));
  EXPECT_TRUE(ranges::top_p.contains(1e-9));
  EXPECT_TRUE(ranges::top_p.contains(1));
  EXPECT_FALSE(ranges::top_p.contains(1.0001));
  for (const number_range& penalty : {ranges::presence_penalty, ranges::frequency_penalty}) {
    EXPECT_TRUE(penalty.contains(-2));
    EXPECT_TRUE(penalty.contains(2));
    EXPECT_FALSE(penalty.contains(-2.001));
    EXPECT_FALSE(penalty.contains(2.001));
    EXPECT_FALSE(penalty.contains(std::numeric_limits<double>::quiet_NaN()));
  }
}

TEST(Ranges, EndsOfCounts) {
  EXPECT_FALSE(ranges::max_tokens.contains(0));
  EXPECT_TRUE(ranges::max_tokens.contains(1));
  EXPECT_TRUE(ranges::max_tokens.contains(393216));
  EXPECT_FALSE(ranges::max_tokens.contains(393217));
  EXPECT_TRUE(ranges::completion_max_tokens.contains(4096));
  EXPECT_FALSE(ranges::completion_max_tokens.contains(4097));
  EXPECT_FALSE(ranges::top_logprobs.contains(-1));
  EXPECT_TRUE(ranges::top_logprobs.contains(20));
  EXPECT_FALSE(ranges::top_logprobs.contains(21));
  EXPECT_EQ(ranges::most_stops, 16u);
  EXPECT_EQ(ranges::most_tools, 128u);
  EXPECT_EQ(context_tokens, 1048576);
}

}  // namespace
}  // namespace stampede::deepseek
