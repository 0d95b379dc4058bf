#include "reports/text.hpp"

#include <gtest/gtest.h>

#include "deepseek/models.hpp"
#include "reports/text_table.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

TEST(Text, Counts) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(-1234567), "-1,234,567");
  EXPECT_EQ(plural(1, "call", "calls"), "1 call");
  EXPECT_EQ(plural(0, "call", "calls"), "0 calls");
}

TEST(Text, PercentNeverRoundsToAWholeThatWasNotReached) {
  EXPECT_EQ(percent_text(1), "100%");
  EXPECT_EQ(percent_text(0.99999), "99.999%");
  EXPECT_EQ(percent_text(0.9999999), "99.99999%");
  EXPECT_EQ(percent_text(0.99999999997), "99.999999997%");
  EXPECT_EQ(percent_text(0.00004), "0.004%");
  EXPECT_EQ(percent_text(-0.00004), "-0.004%");
  EXPECT_EQ(percent_text(1.00001), "100.001%");
  EXPECT_EQ(percent_text(0.995), "99.5%");
  EXPECT_EQ(percent_text(0.6884), "68.8%");
  EXPECT_EQ(percent_text(0.0204), "2.04%");
  EXPECT_EQ(percent_text(0), "0%");
  EXPECT_EQ(percent_text(-0.0206), "-2.06%");
}

TEST(Text, Money) {
  EXPECT_EQ(money_text(pico_usd{168'000'000'000'000}), "$168.00");
  EXPECT_EQ(money_text(pico_usd{1'682'000'000'000'000}), "$1,682.00");
  EXPECT_EQ(money_text(pico_usd{168'000'000}), "$0.000168");
  EXPECT_EQ(money_text(pico_usd{0}), "$0.00");
  EXPECT_EQ(money_text(pico_usd{-20'600'000'000}), "-$0.0206");
  EXPECT_EQ(money_text(pico_usd{1}), "$0.000000000001");
}

TEST(Text, Factors) {
  EXPECT_EQ(factor_text(1), "1");
  EXPECT_EQ(factor_text(1.5), "1.5");
  EXPECT_EQ(factor_text(1.8137), "1.814");
  EXPECT_EQ(factor_text(1234.56), "1,234.6");
}

TEST(Text, MomentsAndDates) {
  EXPECT_EQ(moment_text(run_start + 60s), "60 s");
  EXPECT_EQ(moment_text(run_start + 1550ms), "1.6 s");
  EXPECT_EQ(date_text(deepseek::default_date), "2026-04-25");
}

TEST(Text, HtmlAndUtf8) {
  EXPECT_EQ(html_escaped("<a href='x'>\"&\"</a>"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt;");
  EXPECT_EQ(as_utf8("p\u00E4\u20AC\U0001F600"), "p\u00E4\u20AC\U0001F600");
  EXPECT_EQ(as_utf8("a\xFF"
                    "b"),
            "a\uFFFD"
            "b");
  EXPECT_EQ(as_utf8("\xE2\x82"), "\uFFFD\uFFFD");            // cut short
  EXPECT_EQ(as_utf8("\xC0\xAF"), "\uFFFD\uFFFD");            // overlong
  EXPECT_EQ(as_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(as_utf8("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST(TextTable, AlignsByCodePoints) {
  text_table t("lrl");
  t.row({"\u00E4", "1", "x"});
  t.row({"long", "1,000", ""});
  EXPECT_EQ(t.text("  "), "  \u00E4         1  x\n  long  1,000\n");
}

TEST(TextTable, Wraps) {
  EXPECT_EQ(wrapped("one two three", "  ", 10), "  one two\n  three\n");
  EXPECT_EQ(wrapped("incomprehensible", "", 5), "incomprehensible\n");
  EXPECT_EQ(wrapped("", "", 5), "");
}

}  // namespace
}  // namespace stampede
