// Fingerprints: every word, its place and the order of records count; values are pinned, since
// they are written down in golden files and journals.
#include "core/fingerprint.hpp"

#include <gtest/gtest.h>

#include <set>

namespace stampede {
namespace {

template <class... Words>
std::uint64_t of(Words... words) {
  fingerprint f(2);
  f.add(words...);
  return f.value();
}

TEST(Fingerprint, EveryBitOfEveryWordCounts) {
  std::set<std::uint64_t> seen{of(1, 2, 3, 4, 5)};
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t other = std::uint64_t{1} << bit;
    seen.insert(of(1 ^ other, 2, 3, 4, 5));
    seen.insert(of(1, 2 ^ other, 3, 4, 5));
    seen.insert(of(1, 2, 3 ^ other, 4, 5));
    seen.insert(of(1, 2, 3, 4 ^ other, 5));
    seen.insert(of(1, 2, 3, 4, 5 ^ other));
  }
  EXPECT_EQ(seen.size(), 1u + 5 * 64);
}

TEST(Fingerprint, PlacesCount) {
  const std::set<std::uint64_t> seen{of(1, 2, 3), of(1, 3, 2), of(2, 1, 3), of(2, 3, 1),
                                     of(3, 1, 2), of(3, 2, 1), of(1, 2),    of(0, 1, 2)};
  EXPECT_EQ(seen.size(), 8u);
  EXPECT_NE(of(7, 7, 1, 1), of(1, 1, 7, 7));
  EXPECT_NE(of(1, 2, 3), of(1, 2, 3, 0));
}

TEST(Fingerprint, ANegativeWordIsAllItsBits) {
  EXPECT_EQ(of(std::int64_t{-1}, 2), of(~std::uint64_t{0}, 2));
  EXPECT_NE(of(std::int64_t{-1}, 2), of(std::uint64_t{0xffffffff}, 2));
}

TEST(Fingerprint, RecordsCountInTheirOrder) {
  fingerprint there(2);
  there.add(1, 2);
  there.add(3, 4);
  fingerprint back(2);
  back.add(3, 4);
  back.add(1, 2);
  EXPECT_NE(there.value(), back.value());
}

TEST(Fingerprint, VersionsDiffer) {
  fingerprint older(1);
  older.add(1, 2);
  EXPECT_NE(older.value(), of(1, 2));
}

TEST(Fingerprint, ValuesStay) {
  fingerprint journal(1);
  journal.add(1);
  journal.add(2);
  EXPECT_EQ(fingerprint_text(journal.value()), "358faf979be1d2e3");
  EXPECT_EQ(fingerprint_text(of(1, 2, 3, 4, 5)), "e9e3a9fee719285e");
  EXPECT_EQ(fingerprint_text(of(1, 2, 3, 4)), "504402d09afe6870");
}

}  // namespace
}  // namespace stampede
