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
  EXPECT_EQ(s.retry_after, 1s);
  EXPECT_EQ(s.keep_alive_every, 12400ms);
  EXPECT_EQ(s.queue_close_after, 10min);
  EXPECT_EQ(mean_of(s.time_to_first_token), 300e6);
  EXPECT_EQ(s.tokens_per_second, 60);
  EXPECT_EQ(s.stream_interval, 100ms);
  EXPECT_FALSE(s.output_tokens.has_value());
  EXPECT_EQ(s.account_concurrency, 0U);
  EXPECT_FALSE(s.concurrency_by_date);
  EXPECT_FALSE(s.concurrency_by_balance);
  EXPECT_FALSE(s.rate_limit.has_value());
  EXPECT_FALSE(s.slows_down.has_value());
  EXPECT_EQ(s.order, queue_order::fifo);
  EXPECT_EQ(s.prefix_cache_units, 262'144U);
  EXPECT_TRUE(s.accounts.empty());
  EXPECT_EQ(s.abandoned, abandoned_work::drop);
  EXPECT_TRUE(s.bill_abandoned);
}

// The guide says that 429 and 503 carry one; from the service itself none was ever seen.
TEST(Settings, RetryAfterIsTheProfiles) {
  const auto of = [](std::initializer_list<cell> cells) {
    return parse_server(table(cells)).retry_after;
  };
  EXPECT_EQ(of({{"profile", "documented"}}), 1s);
  EXPECT_EQ(of({{"profile", "observed"}}), std::nullopt);
  EXPECT_EQ(of({{"retry_after", "none"}}), std::nullopt);
  EXPECT_EQ(of({{"profile", "observed"}, {"retry_after", "3s"}}), 3s);
  EXPECT_THROW(of({{"retry_after", "soon"}}), config_error);
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

config_table account(std::initializer_list<cell> cells) {
  return table({{"account", config_array{value_of(table(cells))}}});
}
cell keys(std::initializer_list<const char*> names) {
  config_array array;
  for (const char* name : names) array.push_back(value_of(name));
  return {"keys", std::move(array)};
}

TEST(Settings, Limits) {
  const server_settings s = parse_server(
      table({{"account_concurrency", "by_date"},
             {"concurrency_by_balance", true},
             {"queue_order", "lifo"},
             {"slow_down", table({{"from", 0.5}, {"to", "25%"}})},
             {"rate_by_load", table({{"most", "50/s"}, {"least", "30/m"}, {"from", 0.125}})},
             {"prefix_cache_units", 10}}));
  EXPECT_TRUE(s.concurrency_by_date);
  EXPECT_TRUE(s.concurrency_by_balance);
  EXPECT_EQ(s.order, queue_order::lifo);
  ASSERT_TRUE(s.slows_down);
  EXPECT_EQ(s.slows_down->from, 500);
  EXPECT_EQ(s.slows_down->to, 250);
  ASSERT_TRUE(s.rate_limit);
  EXPECT_EQ(s.rate_limit->most, 50);
  EXPECT_EQ(s.rate_limit->least, 0.5);
  EXPECT_EQ(s.rate_limit->from, 125);
  EXPECT_EQ(s.prefix_cache_units, 10U);
}

TEST(Settings, Accounts) {
  const server_settings s = parse_server(account(
      {{"name", "team-a"},
       keys({"sk-old", "sk-b"}),
       {"revoked", config_array{value_of("sk-leaked")}},
       {"rotations",
        config_array{value_of(table({{"at", "60s"}, {"revoke", "sk-old"}, {"add", "sk-new"}}))}},
       {"granted", "5.00"},
       {"granted_until", "10m"},
       {"topped_up", "$20"},
       {"alert_below", "1.5"}}));
  ASSERT_EQ(s.accounts.size(), 1U);
  const account_settings& a = s.accounts[0];
  EXPECT_EQ(a.name, "team-a");
  EXPECT_EQ(a.keys, (std::vector<std::string>{"sk-old", "sk-b"}));
  EXPECT_EQ(a.revoked, std::vector<std::string>{"sk-leaked"});
  ASSERT_EQ(a.rotations.size(), 1U);
  EXPECT_EQ(a.rotations[0].at, run_start + 60s);
  EXPECT_EQ(a.rotations[0].revoke, "sk-old");
  EXPECT_EQ(a.rotations[0].add, "sk-new");
  EXPECT_EQ(a.granted, pico_usd{5'000'000'000'000});
  EXPECT_EQ(a.granted_until, run_start + 10min);
  EXPECT_EQ(a.topped_up, pico_usd{20'000'000'000'000});
  EXPECT_EQ(a.alert_below, pico_usd{1'500'000'000'000});
  const account_settings plain = parse_server(account({keys({"sk-a"})})).accounts.at(0);
  EXPECT_EQ(plain.name, "default");
  EXPECT_FALSE(plain.has_limit());
  EXPECT_EQ(plain.granted_until, never);
}

TEST(Settings, LimitsAndAccountsInWords) {
  server_settings s;
  s.order = queue_order::lifo;
  s.slows_down = slow_down{500, 250};
  s.concurrency_by_date = s.concurrency_by_balance = true;
  s.rate_limit = rate_by_load{50, 0.5, 125};
  account_settings a;
  a.keys = {"sk-a", "sk-b"};
  a.revoked = {"sk-c"};
  a.rotations = {{run_start + 60s, "sk-a", "sk-d"}};
  a.granted = pico_usd{5'000'000'000'000};
  a.granted_until = run_start + 10min;
  a.alert_below = pico_usd{1'500'000'000'000};
  s.accounts = {a, {}};
  const std::vector<std::string> lines = describe(s);
  EXPECT_EQ(std::vector<std::string>(lines.begin() + 3, lines.end()),
            (std::vector<std::string>{
                "the newest in the queue is served first",
                "slows down from 50 % of its slots on, to 25 % of its speed",
                "requests of one account and model at a time: as the date says",
                "requests of one account and model at a time: no more than 25 for a dollar",
                "50 requests/s of one account, falling from 12.5 % load on to 0.5/s",
                "account 'default': 2 keys, 1 revoked, at 1m one is replaced, $5.00 granted until "
                "10m, $0.00 topped up, an alert below $1.50",
                "account 'default': 0 keys, money without end"}));
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
       {table({{"slot", 3}}),
        table({{"slots", -1}}),
        table({{"date", "yesterday"}}),
        table({{"profile", "documentd"}}),
        table({{"when_full", "500"}}),
        table({{"tokens_per_second", 0}}),
        table({{"keep_alive_every", "0s"}}),
        table({{"account_concurrency", "by_day"}}),
        table({{"account_concurrency", -1}}),
        table({{"queue_order", "random"}}),
        table({{"slow_down", table({{"from", 0.5}})}}),
        table({{"slow_down", table({{"from", 1.0}, {"to", 0.5}})}}),
        table({{"slow_down", table({{"from", 0.5}, {"to", 0.0}})}}),
        table({{"rate_by_load", table({{"most", "1/s"}, {"least", "2/s"}})}}),
        table({{"rate_by_load", table({{"most", "1/s"}})}}),
        account({}),
        account({keys({})}),
        account({keys({"sk-a"}), {"granted", "a dollar"}}),
        account({keys({"sk-a"}), {"granted_until", "10m"}}),
        account({keys({"sk-a"}), {"alert_below", "1.00"}}),
        account({keys({"sk-a", "sk-a"})}),
        account({keys({"sk-a"}), {"rotations", config_array{value_of(table({{"at", "1s"}}))}}}),
        account({keys({"sk-a"}),
                 {"rotations", config_array{value_of(table({{"at", "1s"}, {"revoke", "sk-b"}}))}}}),
        capacity(table({{"speed", 0.5}})),
        capacity(table({{"at", "1s"}})),
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
  EXPECT_EQ(delays_of({}), (std::vector<duration>{300ms, 100ms, 1s}));
  server_settings s;
  s.queue_places = 1;
  s.retry_after = 2s;
  EXPECT_EQ(delays_of(s), (std::vector<duration>{300ms, 100ms, 12400ms, 10min, 2s}));
}

}  // namespace
}  // namespace stampede
