// Draws: pinned values (they are part of every fingerprint), uniformity, independence.
#include "core/draw.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <set>
#include <vector>

namespace stampede {
namespace {

using namespace std::chrono_literals;

// The finaliser's reference: splitmix64's first outputs for seed 0 are mix64 of the multiples of
// its increment.
TEST(Mix64, IsSplitmix64) {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;
  EXPECT_EQ(mix64(golden), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(mix64(2 * golden), 0x6e789e6aa1b965f4ULL);
  EXPECT_EQ(mix64(3 * golden), 0x06c45d188009454fULL);
}

// Computed by another program from the formula.
TEST(Draw, ValuesStay) { EXPECT_EQ(draw({7, 1, 2, purpose::jitter, 3}), 0x9d4fd2466d676b10ULL); }

TEST(Draw, DependsOnEveryWordOfItsKey) {
  const draw_key base{7, 1, 2, purpose::jitter, 3};
  const std::array<draw_key, 6> others{{{8, 1, 2, purpose::jitter, 3},
                                        {7, 2, 2, purpose::jitter, 3},
                                        {7, 1, 3, purpose::jitter, 3},
                                        {7, 1, 2, purpose::fault, 3},
                                        {7, 1, 2, purpose::jitter, 4},
                                        {7, 1, 3, purpose::jitter, 2}}};
  for (const draw_key& other : others) EXPECT_NE(draw(base), draw(other));
  EXPECT_EQ(draw(base), draw(base));
}

TEST(Draw, NeighbouringKeysDoNotCollide) {
  std::set<std::uint64_t> seen;
  std::size_t drawn = 0;
  for (std::uint64_t entity = 0; entity < 64; ++entity)
    for (std::uint64_t index = 0; index < 64; ++index)
      for (purpose why : {purpose::arrival, purpose::jitter, purpose::fault, purpose::network}) {
        seen.insert(draw({1, 0, entity, why, index}));
        ++drawn;
      }
  EXPECT_EQ(seen.size(), drawn);
}

// Flipping any one bit of a key's word flips each bit of the draw half of the time.
TEST(Draw, Avalanches) {
  constexpr int keys = 200;
  double least = 64;
  double most = 0;
  for (int bit = 0; bit < 64; ++bit)
    for (int word = 0; word < 3; ++word) {
      int flipped = 0;
      for (std::uint64_t k = 0; k < keys; ++k) {
        std::array<std::uint64_t, 3> words{k, 3 * k, 5 * k};
        const auto drawn = [&] { return draw({words[0], 0, words[1], purpose::jitter, words[2]}); };
        const std::uint64_t before = drawn();
        words[word] ^= std::uint64_t{1} << bit;
        flipped += std::popcount(before ^ drawn());
      }
      const double mean = static_cast<double>(flipped) / keys;
      least = std::min(least, mean);
      most = std::max(most, mean);
    }
  EXPECT_GT(least, 30);  // 32 +- 4 / sqrt(200), the extremes of 192
  EXPECT_LT(most, 34);
}

double chi_squared(const std::vector<int>& cells, int drawn) {
  const double expected = static_cast<double>(drawn) / static_cast<double>(cells.size());
  double sum = 0;
  for (int n : cells) sum += (n - expected) * (n - expected) / expected;
  return sum;
}

// 256 cells: chi squared has mean 255 and standard deviation 22.6; 5 of those leave room.
constexpr double least_chi = 255 - 5 * 22.6;
constexpr double most_chi = 255 + 5 * 22.6;

TEST(Draw, IsUniformOverIndexEntityAndSeed) {
  constexpr int drawn = 100'000;
  for (int word = 0; word < 3; ++word)
    for (int shift : {0, 28, 56}) {
      std::vector<int> cells(256);
      for (std::uint64_t i = 0; i < drawn; ++i) {
        const draw_key key{word == 0 ? i : 1, 0, word == 1 ? i : 1, purpose::jitter,
                           word == 2 ? i : 1};
        ++cells[draw(key) >> shift & 0xff];
      }
      const double chi = chi_squared(cells, drawn);
      EXPECT_GT(chi, least_chi) << word << " " << shift;
      EXPECT_LT(chi, most_chi) << word << " " << shift;
    }
}

// Pairs of draws fill the unit square evenly: those of two purposes, of two entities, of two
// indices, of two replications.
TEST(Draw, NeighboursAreIndependent) {
  constexpr int drawn = 100'000;
  for (int what = 0; what < 4; ++what) {
    std::vector<int> cells(256);
    for (std::uint64_t i = 0; i < drawn; ++i) {
      const draw_key a{42, 0, i, purpose::jitter, 0};
      draw_key b = a;
      if (what == 0) b.why = purpose::fault;
      if (what == 1) b.entity = i + 1;
      if (what == 2) b.index = 1;
      if (what == 3) b.replication = 1;
      ++cells[(draw(a) >> 60) * 16 + (draw(b) >> 60)];
    }
    const double chi = chi_squared(cells, drawn);
    EXPECT_GT(chi, least_chi) << what;
    EXPECT_LT(chi, most_chi) << what;
  }
}

TEST(UnitInterval, IsBelowOne) {
  EXPECT_EQ(unit_interval(0), 0);
  EXPECT_EQ(unit_interval(~std::uint64_t{0}), 1 - 0x1p-53);
  EXPECT_EQ(unit_interval(std::uint64_t{1} << 63), 0.5);
}

TEST(UniformBelow, CoversItsRangeAndNoMore) {
  EXPECT_EQ(uniform_below(0, 10), 0u);
  EXPECT_EQ(uniform_below(~std::uint64_t{0}, 10), 9u);
  EXPECT_EQ(uniform_below(~std::uint64_t{0}, 1), 0u);
  EXPECT_EQ(uniform_below(123, 0), 0u);
  std::array<int, 6> faces{};
  for (std::uint64_t i = 0; i < 60'000; ++i) ++faces[uniform_below(draw({.index = i}), 6)];
  for (int n : faces) EXPECT_NEAR(n, 10'000, 5 * std::sqrt(60'000 * 5.0 / 36));
}

TEST(UniformDuration, IsBelowItsWidth) {
  EXPECT_EQ(uniform_duration(~std::uint64_t{0}, 1s), 1s - 1ns);
  EXPECT_EQ(uniform_duration(0, 1s), 0s);
  EXPECT_EQ(uniform_duration(99, 0s), 0s);
}

TEST(CallEntity, IsUniqueOverInstancesAndCalls) {
  EXPECT_NE(call_entity(1, 0), call_entity(0, 1));
  EXPECT_EQ(call_entity(2, 3), 0x0000000200000003ULL);
}

}  // namespace
}  // namespace stampede
