#include "reports/series.hpp"

#include <gtest/gtest.h>

#include "records.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;
using test::at;
using counts = std::vector<std::int64_t>;

TEST(Series, BinsAreHalfOpen) {
  series s(1s);
  s.add(at(0s));
  s.add(at(999'999'999ns));
  s.add(at(1s));
  s.add(at(2500ms), 4);
  EXPECT_EQ(s.bins(), (counts{2, 1, 4}));
  EXPECT_EQ(s.total(), 7);
}

// The bin is found by multiplication, which must come to what a division does.
TEST(Series, EdgesOfBinsAreExactForEveryWidth) {
  for (const std::int64_t width : {2, 3, 7, 1'000, 65'537, 999'999'937, 1'000'000'000, 1 << 30}) {
    for (const std::int64_t last :
         {0L, 1L, 2L, 4'095L, 65'535L, 65'536L, 1'000'003L, 77'777'777L}) {
      series s(duration{width});
      s.add(run_start + duration{width * last});
      const std::int64_t wide = s.width().count();
      const std::int64_t bin = width * last / wide;
      ASSERT_EQ(s.bin(static_cast<std::size_t>(bin)), 1) << width << " ns, bin " << last;
      s.add(run_start + duration{bin * wide});
      s.add(run_start + duration{bin * wide + wide - 1});
      EXPECT_EQ(s.bin(static_cast<std::size_t>(bin)), 3) << width << " ns, bin " << last;
      EXPECT_EQ(s.width().count(), wide);
    }
  }
}

TEST(Series, CoversALengthAndPutsTheRestInTheLastBin) {
  series s(1s);
  s.add(at(0s));
  s.add(at(3s), 2);
  s.add(at(9s), 5);
  EXPECT_EQ(s.over(4500ms), (counts{1, 0, 0, 2, 5}));
  EXPECT_EQ(s.over(4s), (counts{1, 0, 0, 7}));
  EXPECT_EQ(s.over(12s).size(), 12U);
  EXPECT_EQ(series(1s).over(0s), (counts{0}));
}

TEST(Series, WidthDoublesBeyondTheMostBinsAndNothingIsLost) {
  series s(1s);
  s.add(at(0s));
  s.add(at(1s));
  s.add(at(65'535s));
  EXPECT_EQ(s.width(), 1s);
  s.add(at(65'536s));
  EXPECT_EQ(s.width(), 2s);
  EXPECT_EQ(s.bin(0), 2);
  EXPECT_EQ(s.bin(32'767), 1);
  EXPECT_EQ(s.bin(32'768), 1);
  s.add(at(400'000s));
  EXPECT_EQ(s.width(), 8s);
  EXPECT_EQ(s.total(), 5);
  EXPECT_LE(s.bins().size(), series::most_bins);
}

TEST(Series, WidensToAnother) {
  series s(1s);
  for (int i = 0; i < 5; ++i) s.add(at(std::chrono::seconds{i}), i + 1);
  s.widen_to(4s);
  EXPECT_EQ(s.width(), 4s);
  EXPECT_EQ(s.bins(), (counts{10, 5}));
}

TEST(Series, FindsTheFullestWindow) {
  series s(1s);
  for (const auto& [when, n] : {std::pair{0, 3}, {5, 4}, {14, 4}, {15, 1}, {40, 6}})
    s.add(at(std::chrono::seconds{when}), n);
  const window_peak ten = s.most_within(10s);
  EXPECT_EQ(ten.count, 8);  // 5 s and 14 s lie within ten bins, 15 s does not
  EXPECT_EQ(ten.from, at(5s));
  EXPECT_EQ(s.most_within(1s).count, 6);
  EXPECT_EQ(s.most_within(1s).from, at(40s));
  EXPECT_EQ(s.most_within(100s).count, 18);
  EXPECT_EQ(s.most_within(100ms).count, 6);  // at least one bin
  EXPECT_EQ(series(1s).most_within(10s).count, 0);
}

}  // namespace
}  // namespace stampede
