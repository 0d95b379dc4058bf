#include "core/fifo.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace stampede {
namespace {

TEST(Fifo, GivesOutInTheOrderOfTakingIn) {
  fifo<int> line;
  std::deque<int> expected;
  int next = 0;
  // Grows while its ring is turned by any amount.
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < round % 7 + 1; ++i) {
      line.push() = next;
      expected.push_back(next++);
    }
    for (int i = 0; i < round % 5; ++i) {
      ASSERT_EQ(line.front(), expected.front());
      line.pop();
      expected.pop_front();
    }
    ASSERT_EQ(line.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(line[i], expected[i]);
    if (!expected.empty()) {
      ASSERT_EQ(line.back(), expected.back());
    }
  }
}

TEST(Fifo, TakesTheLastOneBack) {
  fifo<int> line;
  line.push() = 1;
  line.push() = 2;
  line.unpush();
  EXPECT_EQ(line.size(), 1u);
  EXPECT_EQ(line.back(), 1);
  line.pop();
  EXPECT_TRUE(line.empty());
}

}  // namespace
}  // namespace stampede
