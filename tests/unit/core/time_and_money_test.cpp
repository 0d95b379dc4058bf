// Instants that saturate, money that stays exact, ids and the names of records.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/ids.hpp"
#include "core/instant.hpp"
#include "core/money.hpp"
#include "core/records.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

TEST(Instant, CountsFromTheStart) {
  EXPECT_EQ(after(run_start, 250ms).time_since_epoch(), 250ms);
  EXPECT_EQ(after(after(run_start, 1s), 0s), after(run_start, 1s));
  EXPECT_EQ(to_seconds(after(run_start, 1500ms)), 1.5);
  EXPECT_EQ(to_milliseconds(1500us), 1.5);
}

TEST(Instant, StopsAtNever) {
  EXPECT_EQ(after(never, 0s), never);
  EXPECT_EQ(after(never, 1s), never);
  EXPECT_EQ(after(run_start, forever), never);
  EXPECT_EQ(after(after(run_start, 1s), forever), never);
  EXPECT_EQ(after(never - 1s, 1s), never);
  EXPECT_EQ(after(never - 1s, 1s - 1ns), never - 1ns);
  EXPECT_EQ(after(never - 1s, 2s), never);
}

TEST(Money, IsExact) {
  constexpr pico_usd hit{28'000};
  EXPECT_EQ((hit * 2'000'000'000).value, 56'000'000'000'000);
  EXPECT_EQ(to_usd(hit * 2'000'000'000), 56.0);
  pico_usd sum;
  for (int i = 0; i < 10; ++i) sum += pico_usd{1};
  EXPECT_EQ(sum.value, 10);
  EXPECT_EQ((sum - pico_usd{3} + pico_usd{1}).value, 8);
  EXPECT_LT(pico_usd{1}, pico_usd{2});
}

TEST(Ids, OrderBySlotThenSerial) {
  EXPECT_LT((call_id{1, 9}), (call_id{2, 0}));
  EXPECT_LT((call_id{1, 0}), (call_id{1, 1}));
  EXPECT_EQ((exchange_id{3, 4}), (exchange_id{3, 4}));
  EXPECT_LT(instance_id{1}, instance_id{2});
}

template <class Enum>
void expect_distinct_names(int count) {
  std::set<std::string> names;
  for (int i = 0; i < count; ++i) {
    const std::string name(name_of(static_cast<Enum>(i)));
    EXPECT_FALSE(name.empty()) << i;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(Records, EveryNameIsThereAndDistinct) {
  expect_distinct_names<outcome>(outcome_count);
  expect_distinct_names<classification>(3);
  expect_distinct_names<decision>(5);
  expect_distinct_names<wait_reason>(wait_reason_count);
  expect_distinct_names<stop_reason>(stop_reason_count);
}

TEST(Records, NamesStandAtTheirNumbers) {
  EXPECT_EQ(name_of(outcome::success), "success");
  EXPECT_EQ(name_of(outcome::rate_limited), "rate_limited");
  EXPECT_EQ(name_of(outcome::tls_failed), "tls_failed");
  EXPECT_EQ(name_of(outcome::truncated_json), "truncated_json");
  EXPECT_EQ(name_of(outcome::insufficient_resource), "insufficient_resource");
  EXPECT_EQ(name_of(outcome::unfinished), "unfinished");
  EXPECT_EQ(name_of(wait_reason::breaker), "breaker");
  EXPECT_EQ(name_of(stop_reason::run_ended), "run_ended");
}

}  // namespace
}  // namespace stampede
