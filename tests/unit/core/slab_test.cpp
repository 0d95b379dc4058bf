#include "core/slab.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace stampede {
namespace {

struct alignas(64) counted {
  explicit counted(int& alive_here, std::size_t n = 0) : alive(alive_here), number(n) { ++alive; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --alive; }
  int& alive;
  std::size_t number;
};

TEST(Slab, ThingsStayWhereTheyAreAndAreDestroyedOnce) {
  int alive = 0;
  {
    slab<counted> table;
    std::vector<const counted*> places;
    for (std::size_t i = 0; i < 100'000; ++i) {
      EXPECT_EQ(table.size(), i);
      places.push_back(&table.emplace_back(alive, i));
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      ASSERT_EQ(&table[i], places[i]);
      ASSERT_EQ(table[i].number, i);
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(places[i]) % alignof(counted), 0U);
    }
    EXPECT_EQ(alive, 100'000);
  }
  EXPECT_EQ(alive, 0);
}

TEST(Slab, GrowsWithNewThings) {
  slab<std::uint64_t> table;
  table.grow_to(3'000);
  EXPECT_EQ(table.size(), 3'000U);
  for (std::size_t i = 0; i < table.size(); ++i) ASSERT_EQ(table[i], 0U);
  table.grow_to(10);
  EXPECT_EQ(table.size(), 3'000U) << "it only grows";
}

// Memory that one table gave back holds another's numbers.
TEST(Slab, NewThingsAreNewInUsedMemory) {
  for (int round = 0; round < 3; ++round) {
    slab<std::uint64_t> table;
    table.grow_to(1'000'000);
    for (std::size_t i = 0; i < table.size(); ++i) {
      ASSERT_EQ(table[i], 0U);
      table[i] = ~std::uint64_t{0};
    }
  }
}

}  // namespace
}  // namespace stampede
