// A server that is changed while it serves, its journal, and JSON as tables.
#include <gtest/gtest.h>

#include <string>

#include "mockserver/attempt_journal.hpp"
#include "mockserver/json_table.hpp"
#include "tests/unit/mockserver/rig.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

TEST(JsonTable, KeepsTypesPlacesAndOrder) {
  const config_table t =
      json_table("{\"b\": 1,\n \"a\": {\"x\": [true, 2.5, \"s\\\"\"]},\n\t\"n\": -7}", "body");
  ASSERT_EQ(t.entries.size(), 3U);
  EXPECT_EQ(t.entries[0].key, "b");
  EXPECT_EQ(std::get<std::int64_t>(t.entries[0].value.data), 1);
  EXPECT_EQ(t.entries[0].value.place.column, 7U);
  EXPECT_EQ(t.entries[1].place.line, 2U);
  EXPECT_EQ(t.entries[1].place.column, 2U);
  const auto& inner = std::get<config_table>(t.entries[1].value.data);
  const auto& list = std::get<config_array>(inner.entries[0].value.data);
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(std::get<double>(list[1].data), 2.5);
  EXPECT_EQ(std::get<std::string>(list[2].data), "s\"");
  EXPECT_EQ(list[2].place.column, 25U);
  EXPECT_EQ(std::get<std::int64_t>(t.entries[2].value.data), -7);
  EXPECT_EQ(t.entries[2].value.place.line, 3U);
  EXPECT_EQ(json_text(t), "{\"b\":1,\"a\":{\"x\":[true,2.5,\"s\\\"\"]},\"n\":-7}");
}

TEST(JsonTable, RefusesWhatIsNoTable) {
  const auto refused = [](const std::string& text) -> std::string {
    try {
      json_tables(text, "body");
    } catch (const config_error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refused("3"), "body:1:1: an object, or a list of objects, is needed");
  EXPECT_EQ(refused("[{}, 3]"), "body:1:6: a list of objects is needed");
  EXPECT_EQ(refused("{\"a\": nul}").substr(0, 24), "body:1:10: not valid JSO");
  EXPECT_EQ(refused("{\"a\": 1, \"a\": 2}"), "body:1:10: the key 'a' is there twice");
  EXPECT_NE(refused(std::string(40, '[') + std::string(40, ']')).find("nested too deeply"),
            std::string::npos);
  EXPECT_EQ(json_tables("[]", "body").size(), 0U);
}

exchange_record record(std::int16_t status, outcome told, duration at) {
  exchange_record r;
  r.status = status;
  r.told = told;
  r.arrived = run_start + at;
  r.ended = r.arrived + 20ms;
  r.usage = {1, 2, 3};
  return r;
}

TEST(AttemptJournal, RemembersTheLastOnesAndCountsAll) {
  attempt_journal seen;
  const std::size_t all = attempt_journal::most_entries + 10;
  for (std::size_t i = 0; i < all; ++i) seen.on_exchange(record(200, outcome::success, 0s));
  EXPECT_EQ(seen.last_number(), all);
  EXPECT_EQ(seen.after(0, 1'000'000).size(), attempt_journal::most_entries);
  EXPECT_EQ(seen.after(0, 1)[0].number, 11U) << "the oldest there is";
  EXPECT_EQ(seen.latest(2)[0].number, all);
  EXPECT_TRUE(seen.after(all, 10).empty());
  EXPECT_EQ(seen.all().attempts, all);
  EXPECT_EQ(seen.all().output_tokens, 3 * all);
  EXPECT_EQ(seen.all().by_time[2], all) << "20 ms is above 10 and up to 25";
  seen.reset();
  EXPECT_TRUE(seen.after(0, 10).empty());
  seen.on_exchange(record(429, outcome::rate_limited, 0s));
  EXPECT_EQ(seen.after(0, 10)[0].number, all + 1) << "numbers count on";
  EXPECT_EQ(seen.all().attempts, 1U);
}

TEST(AttemptJournal, SecondsAreThoseOfArrival) {
  attempt_journal seen;
  seen.on_exchange(record(429, outcome::rate_limited, 10s));
  seen.on_exchange(record(200, outcome::success, 10900ms));
  seen.on_exchange(record(200, outcome::success, 12s));
  const auto bins = seen.recent(run_start + 12500ms, 4);
  ASSERT_EQ(bins.size(), 4U);
  EXPECT_EQ(bins[0].at, 9);
  EXPECT_EQ(bins[1].arrivals, (std::array<std::uint32_t, 6>{1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(bins[2].arrivals, (std::array<std::uint32_t, 6>{}));
  EXPECT_EQ(bins[3].arrivals[0], 1U);
  // The ring goes round: what is too old for it is not put into a younger second.
  seen.on_exchange(record(200, outcome::success, 10s + 180s));
  seen.on_exchange(record(200, outcome::success, 10s));
  EXPECT_EQ(seen.recent(run_start + 190s, 1)[0].arrivals[0], 1U);
}

TEST(AttemptJournal, ClassesOfAnswers) {
  EXPECT_EQ(class_of(record(503, outcome::overloaded, 0s)), attempt_class::overloaded);
  EXPECT_EQ(class_of(record(422, outcome::invalid_parameters, 0s)), attempt_class::client_error);
  EXPECT_EQ(class_of(record(500, outcome::server_error, 0s)), attempt_class::failed);
  EXPECT_EQ(class_of(record(200, outcome::truncated_json, 0s)), attempt_class::failed);
  EXPECT_EQ(class_of(record(200, outcome::length_limit, 0s)), attempt_class::success);
  exchange_record gone = record(200, outcome::cancelled, 0s);
  gone.peer_left = true;
  EXPECT_EQ(class_of(gone), attempt_class::left);
}

TEST(Settings, OfAServerThatStartsLaterCountFromThere) {
  server_settings s;
  s.capacity.push_back({.at = run_start + 10s, .length = 5s, .speed = 500, .slots = {}});
  account_settings a;
  a.granted_until = run_start + 60s;
  a.rotations.push_back({.at = run_start + 30s, .revoke = "sk-old", .add = "sk-new"});
  s.accounts = {a};
  const server_settings later = started_at(s, run_start + 1000s);
  EXPECT_EQ(later.capacity[0].at, run_start + 1010s);
  EXPECT_EQ(later.accounts[0].granted_until, run_start + 1060s);
  EXPECT_EQ(later.accounts[0].rotations[0].at, run_start + 1030s);
  EXPECT_EQ(deepseek::date_at(later.date, run_start + 1000s), s.date);
}

}  // namespace
}  // namespace stampede
