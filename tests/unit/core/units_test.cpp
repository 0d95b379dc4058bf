#include "core/units.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace stampede {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, EveryUnit) {
  EXPECT_EQ(parse_duration("7ns"), 7ns);
  EXPECT_EQ(parse_duration("7us"), 7us);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("2h"), 2h);
  EXPECT_EQ(parse_duration("0s"), 0ns);
  EXPECT_EQ(parse_duration("007s"), 7s);
}

TEST(ParseDuration, FractionsAreExact) {
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("0.1s"), 100ms);
  EXPECT_EQ(parse_duration("0.000000001s"), 1ns);
  EXPECT_EQ(parse_duration("1.000000001s"), 1'000'000'001ns);
  EXPECT_EQ(parse_duration("2.25m"), 135s);
  EXPECT_EQ(parse_duration("0.5h"), 30min);
  EXPECT_EQ(parse_duration("1.10s"), 1100ms);
}

TEST(ParseDuration, NothingFinerThanANanosecond) {
  EXPECT_FALSE(parse_duration("0.5ns"));
  EXPECT_FALSE(parse_duration("0.0000000001s"));
  EXPECT_FALSE(parse_duration("1.0001us"));
  EXPECT_FALSE(parse_duration("1.05ns"));
  EXPECT_FALSE(parse_duration("1.00000000005s"));
  EXPECT_EQ(parse_duration("1.001us"), 1001ns);
  EXPECT_EQ(parse_duration("1.0000000000s"), 1s);  // trailing zeros are no precision
}

TEST(ParseDuration, NothingThatOverflows) {
  EXPECT_EQ(parse_duration("9223372036854775807ns"), duration::max());
  EXPECT_FALSE(parse_duration("9223372036854775808ns"));
  EXPECT_EQ(parse_duration("2562047h"), 2562047h);
  EXPECT_FALSE(parse_duration("2562048h"));
  EXPECT_EQ(parse_duration("9223372036.854775807s"), duration::max());
  EXPECT_FALSE(parse_duration("9223372036.854775808s"));
  EXPECT_FALSE(parse_duration("99999999999999999999s"));
}

TEST(ParseDuration, RefusesOtherText) {
  for (const char* text :
       {"",     "s",  "1",    "1.s",   ".5s",  "-1s",  "+1s",   "1 s",    " 1s", "1s ", "1S",
        "1sec", "1d", "1min", "1m30s", "1e3s", "1,5s", "1..5s", "1.5.5s", "inf", "0x1s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(ParseRate, PerSecondMinuteAndHour) {
  EXPECT_EQ(parse_rate("20/s"), 20.0);
  EXPECT_EQ(parse_rate("0.5/s"), 0.5);
  EXPECT_EQ(parse_rate("60/m"), 1.0);
  EXPECT_EQ(parse_rate("3600/h"), 1.0);
}

TEST(ParseRate, RefusesOtherText) {
  for (const char* text : {"", "20", "/s", "20/", "20/d", "20/sec", "20 /s", "20/ s", "0/s", "-1/s",
                           "inf/s", "nan/s", "1e999/s", "20/s/s"})
    EXPECT_FALSE(parse_rate(text)) << text;
}

TEST(ParsePercent, WithinZeroAndHundred) {
  EXPECT_EQ(parse_percent("0%"), 0.0);
  EXPECT_EQ(parse_percent("25%"), 0.25);
  EXPECT_EQ(parse_percent("100%"), 1.0);
  EXPECT_EQ(parse_percent("12.5%"), 0.125);
  for (const char* text : {"", "%", "25", "-1%", "101%", "nan%", "inf%", "25 %", "25%%"})
    EXPECT_FALSE(parse_percent(text)) << text;
}

TEST(ParseNumber, WholeTextAndFinite) {
  EXPECT_EQ(parse_number("1.5"), 1.5);
  EXPECT_EQ(parse_number("-3"), -3.0);
  EXPECT_EQ(parse_number("1e3"), 1000.0);
  for (const char* text :
       {"", "1.5x", " 1", "1 ", "inf", "-inf", "nan", "NAN", "+1", "0x10", "1e999"})
    EXPECT_FALSE(parse_number(text)) << text;
}

TEST(ToText, LargestUnitThatGivesAWholeNumber) {
  EXPECT_EQ(to_text(0ns), "0s");
  EXPECT_EQ(to_text(90s), "90s");
  EXPECT_EQ(to_text(120s), "2m");
  EXPECT_EQ(to_text(2h), "2h");
  EXPECT_EQ(to_text(1500ms), "1500ms");
  EXPECT_EQ(to_text(250ms), "250ms");
  EXPECT_EQ(to_text(1ns), "1ns");
}

TEST(ToText, IsReadBackUnchanged) {
  for (std::int64_t n : {std::int64_t{0}, std::int64_t{1}, std::int64_t{999}, std::int64_t{1'000},
                         std::int64_t{1'500'000'000}, std::int64_t{61'000'000'000},
                         std::int64_t{3'600'000'000'001}, std::numeric_limits<std::int64_t>::max()})
    EXPECT_EQ(parse_duration(to_text(duration{n})), duration{n}) << n;
}

TEST(ToShortText, ThreeDigitsForPeople) {
  EXPECT_EQ(to_short_text(0ns), "0 s");
  EXPECT_EQ(to_short_text(1240ms), "1.24 s");
  EXPECT_EQ(to_short_text(35200us), "35.2 ms");
  EXPECT_EQ(to_short_text(999ns), "999 ns");
  EXPECT_EQ(to_short_text(90s), "90.0 s");
  EXPECT_EQ(to_short_text(10min), "10.0 min");
  EXPECT_EQ(to_short_text(3h), "3.00 h");
  EXPECT_EQ(to_short_text(-1240ms), "-1.24 s");
}

TEST(ParseUsd, ReadsDollarsExactly) {
  EXPECT_EQ(parse_usd("5"), pico_usd{5'000'000'000'000});
  EXPECT_EQ(parse_usd("5.00"), pico_usd{5'000'000'000'000});
  EXPECT_EQ(parse_usd("$0.028"), pico_usd{28'000'000'000});
  EXPECT_EQ(parse_usd("0.000000000001"), pico_usd{1});
  EXPECT_EQ(parse_usd("9223372.036854775807"), pico_usd{9'223'372'036'854'775'807});
  for (const char* text : {"", "$", ".5", "5.", "-1", "+1", "1e3", "1.2.3", "5 USD", "$ 5",
                           "0.0000000000001", "9223372.036854775808", "9223373", "five"})
    EXPECT_FALSE(parse_usd(text)) << text;
}

TEST(ToCents, CutsOffWhatIsLess) {
  EXPECT_EQ(to_cents({110'000'000'000'000}), "110.00");
  EXPECT_EQ(to_cents({9'999'999'999}), "0.00");
  EXPECT_EQ(to_cents({1'059'999'999'999}), "1.05");
  EXPECT_EQ(to_cents({-9'999'999'999}), "0.00");
  EXPECT_EQ(to_cents({-20'000'000'000}), "-0.02");
  EXPECT_EQ(to_cents({-1'500'000'000'000}), "-1.50");
}

}  // namespace
}  // namespace stampede
