// Places in a body, by hand.
#include "mockserver/cut_place.hpp"

#include <gtest/gtest.h>

namespace stampede {
namespace {

TEST(CutPlace, AnywhereIsWhereSaid) {
  EXPECT_EQ(cut_place("abc", cut_inside::anywhere, 2), 2);
  EXPECT_EQ(cut_place("abc", cut_inside::anywhere, 0), 0);
}

TEST(CutPlace, Utf8IsBetweenTheBytesOfOneCharacter) {
  const std::string_view body = "a\u00e9b\u20acc";  // a, 2 bytes, b, 3 bytes, c
  EXPECT_EQ(cut_place(body, cut_inside::utf8, 0), 2);
  EXPECT_EQ(cut_place(body, cut_inside::utf8, 2), 2);
  EXPECT_EQ(cut_place(body, cut_inside::utf8, 3), 5);
  EXPECT_EQ(cut_place(body, cut_inside::utf8, 6), 6) << "between its second and its third byte";
  EXPECT_EQ(cut_place(body, cut_inside::utf8, 7), 6) << "none behind: the last one before";
  EXPECT_EQ(cut_place("plain", cut_inside::utf8, 3), 3) << "none at all";
}

TEST(CutPlace, EscapeIsBehindTheBackslashThatBeginsOne) {
  const std::string_view body = R"("a\\b\"c")";  // a, an escaped backslash, b, an escaped quote
  EXPECT_EQ(cut_place(body, cut_inside::escape, 0), 3);
  EXPECT_EQ(cut_place(body, cut_inside::escape, 4), 6) << "the second backslash begins nothing";
  EXPECT_EQ(cut_place(body, cut_inside::escape, 9), 6);
}

TEST(CutPlace, FramesAndWhatIsBetweenThem) {
  const std::string_view body =
      "data: {\"a\":1}\n\n: keep-alive\n\ndata: {\"b\":2}\n\ndata: [DONE]\n\n";
  EXPECT_EQ(cut_place(body, cut_inside::frame, 0), 8) << "behind the bracket";
  EXPECT_EQ(cut_place(body, cut_inside::frame, 13), 37) << "in the next one's JSON, not a comment";
  EXPECT_EQ(cut_place(body, cut_inside::frame, 60), 41) << "[DONE] is no JSON";
  EXPECT_EQ(cut_place(body, cut_inside::between_frames, 0), 15);
  EXPECT_EQ(cut_place(body, cut_inside::between_frames, 16), 29);
  EXPECT_EQ(cut_place(body, cut_inside::between_frames, 50), 44) << "the end is no place";
}

TEST(QuotePlace, IsOneThatDelimitsAString) {
  const std::string_view body = R"({"a":"b\"c"})";
  EXPECT_EQ(quote_place(body, 0), 1);
  EXPECT_EQ(quote_place(body, 2), 3);
  EXPECT_EQ(quote_place(body, 6), 10) << "not the escaped one";
  EXPECT_EQ(quote_place(body, 11), 10);
  EXPECT_EQ(quote_place("17", 0), -1);
}

}  // namespace
}  // namespace stampede
