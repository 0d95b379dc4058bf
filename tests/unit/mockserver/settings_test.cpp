// The [server] table: defaults, every key, what is refused, and the words for it.
#include "mockserver/settings.hpp"

#include "tests/unit/mockserver/rig.hpp"

namespace stampede {
namespace {

using namespace testing;

TEST(Settings, Defaults) {
  const server_settings s = parse_server({});
  EXPECT_EQ(s.profile, server_profile::documented);
  EXPECT_EQ(s.date, deepseek::parse_date("2026-04-25"));
  EXPECT_EQ(s.slots, 64U);
  EXPECT_EQ(s.queue_places, 0U);
  EXPECT_EQ(s.when_full, 429);
  EXPECT_FALSE(s.retry_after.has_value());
  EXPECT_EQ(s.keep_alive_every, 12400ms);
  EXPECT_EQ(s.queue_close_after, 10min);
  EXPECT_EQ(mean_of(s.time_to_first_token), 300e6);
  EXPECT_EQ(s.tokens_per_second, 60);
  EXPECT_EQ(s.stream_interval, 100ms);
  EXPECT_FALSE(s.output_tokens.has_value());
  EXPECT_EQ(s.account_concurrency, 0U);
  EXPECT_EQ(s.abandoned, abandoned_work::drop);
  EXPECT_TRUE(s.bill_abandoned);
}

TEST(Settings, EveryKey) {
  const server_settings s = parse_server(table({{"profile", "observed"},
                                                {"date", "2026-07-25"},
                                                {"slots", 3},
                                                {"queue", 4},
                                                {"when_full", "503"},
                                                {"retry_after", "2s"},
                                                {"keep_alive_every", "1s"},
                                                {"queue_close_after", "1m"},
                                                {"time_to_first_token", "1s"},
                                                {"tokens_per_second", 30},
                                                {"stream_interval", "0s"},
                                                {"output_tokens", 7},
                                                {"api_keys", config_array{value_of("sk-a")}},
                                                {"account_concurrency", 5},
                                                {"abandoned", "finish"},
                                                {"bill_abandoned", false}}));
  EXPECT_EQ(s.profile, server_profile::observed);
  EXPECT_EQ(s.slots, 3U);
  EXPECT_EQ(s.queue_places, 4U);
  EXPECT_EQ(s.when_full, 503);
  EXPECT_EQ(s.retry_after, 2s);
  EXPECT_EQ(s.tokens_per_second, 30);
  EXPECT_EQ(s.stream_interval, 0ns);
  EXPECT_EQ(mean_of(*s.output_tokens), 7);
  EXPECT_EQ(s.api_keys, std::vector<std::string>{"sk-a"});
  EXPECT_EQ(s.abandoned, abandoned_work::finish);
  EXPECT_FALSE(s.bill_abandoned);
}

TEST(Settings, CapacityWindows) {
  const server_settings s = parse_server(table(
      {{"capacity", config_array{value_of(table({{"at", "10s"}, {"for", "5s"}, {"speed", 0.0}})),
                                 value_of(table({{"at", "1m"}, {"slots", 2}}))}}}));
  ASSERT_EQ(s.capacity.size(), 2U);
  EXPECT_EQ(s.capacity[0].at, run_start + 10s);
  EXPECT_EQ(s.capacity[0].length, 5s);
  EXPECT_EQ(s.capacity[0].speed, 0);
  EXPECT_EQ(s.capacity[1].length, forever);
  EXPECT_EQ(s.capacity[1].slots, 2U);
}

TEST(Settings, WrongTablesAreRefused) {
  const auto capacity = [](config_table window) {
    return table({{"capacity", config_array{value_of(std::move(window))}}});
  };
  for (const config_table& wrong :
       {table({{"slot", 3}}), table({{"slots", -1}}), table({{"date", "yesterday"}}),
        table({{"profile", "documentd"}}), table({{"when_full", "500"}}),
        table({{"tokens_per_second", 0}}), table({{"keep_alive_every", "0s"}}),
        capacity(table({{"speed", 0.5}})), capacity(table({{"at", "1s"}})),
        capacity(table({{"at", "1s"}, {"speed", 0.0001}})),
        capacity(table({{"at", "1s"}, {"speed", 1.0}, {"untill", "2s"}}))}) {
    EXPECT_THROW(parse_server(wrong), config_error);
  }
}

TEST(Settings, InWords) {
  server_settings s;
  s.slots = 8;
  s.queue_places = 20;
  s.capacity.push_back({run_start + 60s, 10s, 0, {}});
  s.capacity.push_back({run_start + 2min, forever, 250, 4});
  const std::vector<std::string> lines = describe(s);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0], "answers as the documented profile says, on 2026-04-25");
  EXPECT_EQ(lines[2],
            "first token after 300ms, then 60 tokens/s; streams send at most every 100ms");
  EXPECT_EQ(lines[3], "from 1m for 10s: 0 % of its speed");
  EXPECT_EQ(lines[4], "from 2m on: 25 % of its speed, 4 slots");
}

TEST(Settings, DelaysForTheSpeedCheck) {
  EXPECT_EQ(delays_of({}), (std::vector<duration>{300ms, 100ms}));
  server_settings s;
  s.queue_places = 1;
  s.retry_after = 2s;
  EXPECT_EQ(delays_of(s), (std::vector<duration>{300ms, 100ms, 12400ms, 10min, 2s}));
}

}  // namespace
}  // namespace stampede
