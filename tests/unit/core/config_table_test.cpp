// config_reader: every kind of value, right and wrong, and the line a user sees.
#include "core/config_table.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace stampede {
namespace {

using namespace std::chrono_literals;

config_place place(std::uint32_t line, std::uint32_t column) {
  return {std::make_shared<const std::string>("storm.toml"), line, column};
}

// Tables built by hand: entry n stands in line n, its key in column 1, its value in column 9.
struct builder {
  config_table table{place(1, 1), {}};

  template <class Value>
  builder& add(const char* key, Value value) {
    const auto line = static_cast<std::uint32_t>(table.entries.size() + 1);
    config_value v;
    v.place = place(line, 9);
    if constexpr (std::is_same_v<Value, const char*>)
      v.data = std::string(value);
    else if constexpr (std::is_same_v<Value, int>)
      v.data = std::int64_t{value};
    else
      v.data = value;
    table.entries.push_back({key, place(line, 1), v});
    return *this;
  }
};

config_value element(
    std::variant<bool, std::int64_t, double, std::string, config_array, config_table> data,
    std::uint32_t column) {
  return {place(1, column), std::move(data)};
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const config_error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ConfigError, ShowsAsMuchOfThePlaceAsThereIs) {
  EXPECT_STREQ(config_error(place(3, 7), "wrong").what(), "storm.toml:3:7: wrong");
  EXPECT_STREQ(config_error(place(0, 0), "wrong").what(), "storm.toml: wrong");
  EXPECT_STREQ(config_error({}, "wrong").what(), "wrong");
}

TEST(ConfigError, IsOneLineWhateverItQuotes) {
  EXPECT_STREQ(config_error(place(3, 7), "'a\nb\x1b[31m\tc' is wrong").what(),
               "storm.toml:3:7: 'a\\nb?[31m?c' is wrong");
}

TEST(ConfigReader, ReadsEveryKindOfValue) {
  builder b;
  b.add("flag", true)
      .add("text", "hello")
      .add("count", 42)
      .add("share", 0.25)
      .add("percent", "25%");
  b.add("wait", "1.5s").add("rate", "60/m").add("whole", 3);
  config_reader read(b.table);
  EXPECT_EQ(read.flag("flag"), true);
  EXPECT_EQ(read.text("text"), "hello");
  EXPECT_EQ(read.integer("count", 0, 100), 42);
  EXPECT_EQ(read.ratio("share"), 0.25);
  EXPECT_EQ(read.ratio("percent"), 0.25);
  EXPECT_EQ(read.time("wait"), 1500ms);
  EXPECT_EQ(read.rate("rate"), 1.0);
  EXPECT_EQ(read.number("whole", 0, 10), 3.0);
  read.done();
}

TEST(ConfigReader, AbsentKeysAreNothing) {
  const config_table empty;
  config_reader read(empty);
  EXPECT_FALSE(read.has("a"));
  EXPECT_FALSE(read.flag("a"));
  EXPECT_FALSE(read.text("a"));
  EXPECT_FALSE(read.integer("a", 0, 1));
  EXPECT_FALSE(read.number("a", 0, 1));
  EXPECT_FALSE(read.time("a"));
  EXPECT_FALSE(read.rate("a"));
  EXPECT_FALSE(read.ratio("a"));
  EXPECT_FALSE(read.times("a"));
  EXPECT_FALSE(read.counts("a"));
  EXPECT_EQ(read.table("a"), nullptr);
  EXPECT_TRUE(read.tables("a").empty());
  EXPECT_TRUE(read.texts("a").empty());
  EXPECT_TRUE(read.integers("a", 0, 1).empty());
  read.done();
}

TEST(ConfigReader, NamesTheTypeItWantedAndTheOneItGot) {
  builder b;
  b.add("a", 3);
  const auto with = [&](auto read_it) {
    return refusal([&] {
      config_reader read(b.table);
      read_it(read);
    });
  };
  EXPECT_EQ(with([](auto& r) { r.flag("a"); }),
            "storm.toml:1:9: 'a' must be true or false, not a whole number");
  EXPECT_EQ(with([](auto& r) { r.text("a"); }),
            "storm.toml:1:9: 'a' must be a string, not a whole number");
  EXPECT_EQ(with([](auto& r) { r.time("a"); }),
            "storm.toml:1:9: 'a' must be a duration in quotes, such as \"250ms\", \"90s\" or "
            "\"10m\", not a whole number");
  EXPECT_EQ(with([](auto& r) { r.rate("a"); }),
            "storm.toml:1:9: 'a' must be a rate in quotes, such as \"20/s\" or \"50/m\", not a "
            "whole number");
  EXPECT_EQ(with([](auto& r) { r.table("a"); }),
            "storm.toml:1:9: 'a' must be a table, not a whole number");
  EXPECT_EQ(with([](auto& r) { r.tables("a"); }),
            "storm.toml:1:9: 'a' must be an array of tables in double brackets, [[ ]], not a whole "
            "number");
  EXPECT_EQ(with([](auto& r) { r.texts("a"); }),
            "storm.toml:1:9: 'a' must be an array of strings, not a whole number");
  EXPECT_EQ(with([](auto& r) { r.integers("b", 0, 1); }), "accepted");
  b.table.entries[0].value.data = 1.5;
  EXPECT_EQ(with([](auto& r) { r.integer("a", 0, 9); }),
            "storm.toml:1:9: 'a' must be a whole number, not a decimal number");
  b.table.entries[0].value.data = true;
  EXPECT_EQ(with([](auto& r) { r.number("a", 0, 9); }),
            "storm.toml:1:9: 'a' must be a number, not true or false");
}

TEST(ConfigReader, NamesTheRange) {
  builder b;
  b.add("n", 11).add("x", 2.5).add("big", -1);
  config_reader read(b.table);
  EXPECT_EQ(refusal([&] { read.integer("n", 1, 10); }),
            "storm.toml:1:9: 'n' must be from 1 to 10, not 11");
  EXPECT_EQ(refusal([&] { read.number("x", 0, 2); }),
            "storm.toml:2:9: 'x' must be from 0 to 2, not 2.5");
  EXPECT_EQ(refusal([&] { read.ratio("x"); }), "storm.toml:2:9: 'x' must be from 0 to 1, not 2.5");
  EXPECT_EQ(refusal([&] { read.integer("big", 0, std::numeric_limits<std::int64_t>::max()); }),
            "storm.toml:3:9: 'big' must be 0 or more, not -1");
}

TEST(ConfigReader, SaysWhatIsWrongWithADuration) {
  const auto with = [](const char* text) {
    builder b;
    b.add("wait", text);
    return refusal([&] { config_reader(b.table).time("wait", 1ms); });
  };
  constexpr const char* form =
      "is not a duration; write a number and one of ns, us, ms, s, m, h, such as \"90s\"";
  const std::string start = "storm.toml:1:9: 'wait': '";
  EXPECT_EQ(with("90"), start + "90' " + form);
  EXPECT_EQ(with("90sec"), start + "90sec' " + form);
  EXPECT_EQ(with(""), start + "' " + form);
  EXPECT_EQ(with(".5s"), start + ".5s' " + form);
  EXPECT_EQ(with("1.2.3s"), start + "1.2.3s' " + form);
  EXPECT_EQ(with("-5s"), start + "-5s' is negative; a duration is 0s or more");
  EXPECT_EQ(with("9999999h"),
            start + "9999999h' is longer than 292 years or finer than a nanosecond");
  EXPECT_EQ(with("0.5ns"), start + "0.5ns' is longer than 292 years or finer than a nanosecond");
  EXPECT_EQ(with("10us"), "storm.toml:1:9: 'wait' must be at least 1ms, not 10us");
  EXPECT_EQ(with("1ms"), "accepted");
}

TEST(ConfigReader, SaysWhatIsWrongWithARateOrShare) {
  const auto rate = [](const char* text) {
    builder b;
    b.add("rate", text);
    return refusal([&] { config_reader(b.table).rate("rate"); });
  };
  const std::string start = "storm.toml:1:9: 'rate': '";
  EXPECT_EQ(rate("20"),
            start + "20' is not a rate; write a number above 0 per s, m or h, such as \"20/s\"");
  EXPECT_EQ(rate("1e7/s"), start + "1e7/s' is out of range; it goes from 0.000001/s to 1000000/s");
  EXPECT_EQ(rate("0.001/h"),
            start + "0.001/h' is out of range; it goes from 0.000001/s to 1000000/s");
  EXPECT_EQ(rate("1000000/s"), "accepted");
  builder b;
  b.add("share", "120%");
  EXPECT_EQ(refusal([&] { config_reader(b.table).ratio("share"); }),
            "storm.toml:1:9: 'share': '120%' is not a share; write 0 to 1, or \"0%\" to \"100%\"");
}

TEST(ConfigReader, ReadsDistributions) {
  builder lognormal;
  lognormal.add("distribution", "lognormal").add("median", "300ms").add("sigma", 0.5);
  builder uniform;
  uniform.add("distribution", "uniform").add("min", 100).add("max", 500);
  builder b;
  b.add("fixed", "2s").add("times", lognormal.table).add("tokens", uniform.table).add("count", 7);
  config_reader read(b.table);
  EXPECT_EQ(read.times("fixed"), (distribution{distribution_kind::constant, 2e9, 0}));
  EXPECT_EQ(read.times("times"), (distribution{distribution_kind::lognormal, 3e8, 0.5}));
  EXPECT_EQ(read.counts("tokens"), (distribution{distribution_kind::uniform, 100, 500}));
  EXPECT_EQ(read.counts("count"), (distribution{distribution_kind::constant, 7, 0}));
}

TEST(ConfigReader, RefusesWrongDistributions) {
  const auto with = [](builder& inner) {
    builder b;
    b.add("x", inner.table);
    return refusal([&] { config_reader(b.table).times("x"); });
  };
  builder none;
  none.add("median", "1s");
  EXPECT_EQ(with(none), "storm.toml:1:1: missing key 'distribution'");
  builder misspelt;
  misspelt.add("distribution", "lognorml");
  EXPECT_EQ(with(misspelt),
            "storm.toml:1:9: 'distribution' cannot be 'lognorml', did you mean 'lognormal'?");
  builder unknown;
  unknown.add("distribution", "zipf");
  EXPECT_EQ(with(unknown),
            "storm.toml:1:9: 'distribution' cannot be 'zipf'; it is one of \"constant\", "
            "\"exponential\", \"lognormal\", \"uniform\"");
  builder half;
  half.add("distribution", "lognormal").add("median", "1s");
  EXPECT_EQ(with(half), "storm.toml:1:1: missing key 'sigma'");
  builder reversed;
  reversed.add("distribution", "uniform").add("min", "2s").add("max", "1s");
  EXPECT_EQ(with(reversed), "storm.toml:3:9: 'max' must not be below 'min'");
  builder endless;
  endless.add("distribution", "lognormal").add("median", "1000000h").add("sigma", 10);
  EXPECT_EQ(with(endless), "storm.toml:1:9: the mean of this is beyond any clock");
  builder other;
  other.add("distribution", "exponential").add("mean", "2s").add("sigma", 1);
  EXPECT_EQ(with(other),
            "storm.toml:3:1: unknown key 'sigma'; the keys here are distribution, mean");
}

TEST(ConfigReader, ReadsArraysAndPointsAtTheWrongElement) {
  builder b;
  const config_array words{element(std::string("a"), 10), element(std::string("b"), 15)};
  const config_array mixed{element(std::string("a"), 10), element(std::int64_t{3}, 15)};
  const config_array numbers{element(std::int64_t{429}, 10), element(std::int64_t{503}, 15)};
  b.add("words", words).add("mixed", mixed).add("numbers", numbers);
  config_reader read(b.table);
  EXPECT_EQ(read.texts("words"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(read.integers("numbers", 400, 599), (std::vector<int>{429, 503}));
  EXPECT_EQ(refusal([&] { read.texts("mixed"); }),
            "storm.toml:1:15: 'mixed' must be an array of strings, not a whole number");
  EXPECT_EQ(refusal([&] { read.integers("numbers", 400, 499); }),
            "storm.toml:1:15: 'numbers' must hold numbers from 400 to 499, not 503");
}

enum class colour { red, green };

TEST(ConfigReader, ReadsChoices) {
  builder b;
  b.add("colour", "green");
  const std::initializer_list<std::pair<std::string_view, colour>> colours{
      {"red", colour::red}, {"green", colour::green}};
  EXPECT_EQ(config_reader(b.table).choice<colour>("colour", colours), colour::green);
  EXPECT_FALSE(config_reader(b.table).choice<colour>("other", colours));
  b.table.entries[0].value.data = std::string("gren");
  EXPECT_EQ(refusal([&] { config_reader(b.table).choice<colour>("colour", colours); }),
            "storm.toml:1:9: 'colour' cannot be 'gren', did you mean 'green'?");
  b.table.entries[0].value.data = std::int64_t{3};
  EXPECT_EQ(refusal([&] { config_reader(b.table).choice<colour>("colour", colours); }),
            "storm.toml:1:9: 'colour' must be one of \"red\", \"green\", not a whole number");
}

TEST(ConfigReader, DoneRefusesWhatNobodyAskedFor) {
  builder b;
  b.add("retry_after", "1s").add("retry_aftr", "1s");
  config_reader read(b.table);
  read.time("retry_after");
  EXPECT_EQ(refusal([&] { read.done(); }),
            "storm.toml:2:1: unknown key 'retry_aftr', did you mean 'retry_after'?");
  b.table.entries[1].key = "colour";
  EXPECT_EQ(refusal([&] { read.done(); }),
            "storm.toml:2:1: unknown key 'colour'; the keys here are retry_after");
}

TEST(NearestWord, FindsSlipsAndNothingFarFetched) {
  const std::vector<std::string_view> words{"rate", "duration", "retry_after", "seed", "name"};
  EXPECT_EQ(nearest_word("raet", words), "rate");  // a swap is one edit
  EXPECT_EQ(nearest_word("duraton", words), "duration");
  EXPECT_EQ(nearest_word("retry-after", words), "retry_after");
  EXPECT_EQ(nearest_word("seeds", words), "seed");
  EXPECT_EQ(nearest_word("nme", words), "name");
  EXPECT_EQ(nearest_word("colour", words), "");
  EXPECT_EQ(nearest_word("x", words), "");
  EXPECT_EQ(nearest_word("temperature", words), "");
  EXPECT_EQ(nearest_word("rate", {}), "");
}

TEST(ConfigTable, MergesDeeply) {
  builder inner_base;
  inner_base.add("a", 1).add("b", 2);
  builder inner_over;
  inner_over.add("b", 3).add("c", 4);
  builder base;
  base.add("x", 1).add("t", inner_base.table);
  builder over;
  over.add("t", inner_over.table).add("y", "new");
  const config_table merged = base.table.merged_with(over.table);
  ASSERT_EQ(merged.entries.size(), 3u);
  config_reader read(merged);
  EXPECT_EQ(read.integer("x", 0, 9), 1);
  EXPECT_EQ(read.text("y"), "new");
  config_reader inner(*read.table("t"));
  EXPECT_EQ(inner.integer("a", 0, 9), 1);
  EXPECT_EQ(inner.integer("b", 0, 9), 3);
  EXPECT_EQ(inner.integer("c", 0, 9), 4);
  EXPECT_EQ(base.table.entries.size(), 2u);  // unchanged
}

TEST(ConfigTable, AnotherDistributionReplacesTheOneBelow) {
  builder lognormal;
  lognormal.add("distribution", "lognormal").add("median", "1s").add("sigma", 1);
  builder exponential;
  exponential.add("distribution", "exponential").add("mean", "2s");
  builder base;
  base.add("think_time", lognormal.table);
  builder over;
  over.add("think_time", exponential.table);
  const config_table merged = base.table.merged_with(over.table);
  config_reader read(merged);
  EXPECT_EQ(read.times("think_time"), (distribution{distribution_kind::exponential, 2e9, 0}));
  builder same;
  builder tweak;
  tweak.add("distribution", "lognormal").add("sigma", 2);
  same.add("think_time", tweak.table);
  const config_table tweaked = base.table.merged_with(same.table);
  config_reader read_tweaked(tweaked);
  EXPECT_EQ(read_tweaked.times("think_time"), (distribution{distribution_kind::lognormal, 1e9, 2}));
}

}  // namespace
}  // namespace stampede
