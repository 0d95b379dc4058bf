// The model's small parts, each against a naive reference.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "core/draw.hpp"
#include "mockserver/aging_map.hpp"
#include "mockserver/call_ledger.hpp"
#include "mockserver/due_heap.hpp"
#include "mockserver/exchange.hpp"
#include "mockserver/faults/caller_table.hpp"
#include "mockserver/number_map.hpp"
#include "mockserver/work_clock.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

std::uint64_t random_bits(std::uint64_t i) { return mix64(i * 0x9e3779b97f4a7c15ULL + 1); }

TEST(Exchange, ASlotGivesALongMessagesMemoryBack) {
  exchange x;
  x.message.assign(1'000, 'm');
  x.begin();
  EXPECT_EQ(x.message, "");
  EXPECT_GE(x.message.capacity(), 1'000U);
  x.message.assign(1'000'000, 'm');
  x.prefix.assign(1'000'000, 1);
  x.begin();
  EXPECT_LE(x.message.capacity(), 64U << 10);
  EXPECT_LE(x.prefix.capacity(), 8U << 10);
}

TEST(DueHeap, AgreesWithASortedSet) {
  due_heap heap;
  std::set<std::tuple<std::int64_t, std::uint64_t, std::uint32_t>> expected;
  std::map<std::uint32_t, std::tuple<std::int64_t, std::uint64_t, std::uint32_t>> where;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::uint64_t r = random_bits(i);
    const auto slot = static_cast<std::uint32_t>(r % 97);
    if (where.contains(slot)) expected.erase(where[slot]);
    if (r >> 62 == 0) {
      heap.remove(slot);
      where.erase(slot);
    } else {
      const auto key = static_cast<std::int64_t>((r >> 32) % 50);  // many are equal
      heap.put(slot, key, r % 11);
      where[slot] = {key, r % 11, slot};
      expected.insert(where[slot]);
    }
    ASSERT_EQ(heap.size(), expected.size());
    if (expected.empty()) continue;
    ASSERT_EQ(heap.top(), std::get<2>(*expected.begin()));
    ASSERT_EQ(heap.top_key(), std::get<0>(*expected.begin()));
  }
}

TEST(NumberMap, AgreesWithAMap) {
  number_map<int> map;
  std::map<std::uint64_t, int> expected;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    const std::uint64_t r = random_bits(i);
    const std::uint64_t key = r % 3000;
    if (r >> 63) {
      map.erase(key);
      expected.erase(key);
    } else {
      map.at(key) = static_cast<int>(i);
      expected[key] = static_cast<int>(i);
    }
    ASSERT_EQ(map.size(), expected.size());
    const std::uint64_t asked = (r >> 20) % 3000;
    const int* found = map.find(asked);
    ASSERT_EQ(found != nullptr, expected.contains(asked));
    if (found) {
      ASSERT_EQ(*found, expected[asked]);
    }
  }
}

TEST(AgingMap, AgreesWithAMapForAGenerationAndForgetsByTwo) {
  aging_map<int> map(10s);
  std::map<std::uint64_t, std::pair<int, instant>> expected;  // and when it was written
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    const instant now = run_start + i * 5ms;
    const std::uint64_t r = random_bits(i);
    const std::uint64_t asked = (r >> 20) % 6'000;
    const int* const found = map.find(asked);
    const auto written = expected.find(asked);
    if (found) {
      ASSERT_NE(written, expected.end());
      ASSERT_EQ(*found, written->second.first);
      ASSERT_LT(now - written->second.second, 20s + 10ms) << "but for the write that forgets it";
    } else if (written != expected.end()) {
      ASSERT_GE(now - written->second.second, 10s);
    }
    const std::uint64_t key = r % 6'000;
    int& value = map.at(key, now);
    const auto before = expected.find(key);
    if (before != expected.end() && now - before->second.second < 10s) {
      ASSERT_EQ(value, before->second.first) << "what is there is kept, whichever map it is in";
    }
    value = static_cast<int>(i);
    expected[key] = {value, now};
    ASSERT_LE(map.size(), 4'000U) << "written in two generations";
  }
}

TEST(CallLedger, CountsEachCall) {
  call_ledger ledger;
  EXPECT_EQ(ledger.count({1, 2, true}, run_start), 1);
  EXPECT_EQ(ledger.count({1, 2, true}, run_start), 2);
  EXPECT_EQ(ledger.count({1, 3, true}, run_start), 1);
  EXPECT_EQ(ledger.count({1, 2, false}, run_start), 1) << "known by content: another call";
}

TEST(CallLedger, RemembersForTenMinutesAndForgetsByTwenty) {
  call_ledger ledger;
  const call_identity call{0, 0, true};
  instant now = run_start;
  for (int i = 1; i <= 10; ++i, now += 599s) EXPECT_EQ(ledger.count(call, now), i);
  now += 21min;
  EXPECT_EQ(ledger.count(call, now), 1);
}

TEST(CallLedger, NeighboursDoNotKeepEachOther) {
  call_ledger ledger;
  const call_identity call{7, 30, true};
  const call_identity neighbour{7, 31, true};
  instant now = run_start;
  EXPECT_EQ(ledger.count(call, now), 1);
  for (int i = 1; i <= 4; ++i, now += 500s) EXPECT_EQ(ledger.count(neighbour, now), i);
  EXPECT_EQ(ledger.count(call, now), 1) << "2,000 s ago";
  EXPECT_EQ(ledger.count(neighbour, now), 5);
}

// Which calls share a row is nobody's business.
TEST(CallLedger, AgreesWithAMap) {
  call_ledger ledger;
  std::map<std::tuple<std::uint32_t, std::uint32_t, bool>, std::uint16_t> expected;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    const std::uint64_t r = random_bits(i);
    const call_identity call{static_cast<std::uint32_t>(r % 40),
                             static_cast<std::uint32_t>((r >> 20) % 200), r >> 62 != 0};
    std::uint16_t& attempts = expected[{call.instance, call.call, call.by_header}];
    ASSERT_EQ(ledger.count(call, run_start + i * 1ms), ++attempts);
  }
}

TEST(CallerTable, ForgetsWhoseTimeIsOver) {
  caller_table table(20s);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const instant now = run_start + i * 10ms;
    table.refuse(i % 5000, now);
    ASSERT_LE(table.size(), 4000U) << "of two lengths at most";
  }
  const instant end = run_start + 100s;
  EXPECT_EQ(table.until(4999, end), run_start + 9999 * 10ms + 20s);
  EXPECT_EQ(table.until(1, end), end) << "refused 50 s ago";
}

server_settings with(std::vector<capacity_window> windows) {
  server_settings s;
  s.capacity = std::move(windows);
  return s;
}

TEST(WorkClock, WorkIsTimeAtFullSpeed) {
  work_clock clock({});
  clock.advance(run_start + 5s);
  EXPECT_EQ(clock.done(), work_of(5s));
  EXPECT_EQ(clock.reached(work_of(7s)), run_start + 7s);
  EXPECT_EQ(clock.reached(work_of(7s) + 1), run_start + 7s + 1ns) << "rounded up";
  EXPECT_EQ(clock.reached(work_of(3s)), run_start + 5s) << "already";
}

TEST(WorkClock, StandsStillAndGoesOn) {
  work_clock clock(with({{run_start + 10s, 5s, 0, {}}}));
  EXPECT_EQ(clock.reached(work_of(12s)), run_start + 17s);
  clock.advance(run_start + 12s);
  EXPECT_EQ(clock.done(), work_of(10s));
  EXPECT_EQ(clock.next_change(), run_start + 15s);
  clock.advance(run_start + 20s);
  EXPECT_EQ(clock.done(), work_of(15s));
  EXPECT_EQ(clock.next_change(), never);
}

TEST(WorkClock, StandsStillForGood) {
  const work_clock clock(with({{run_start + 10s, forever, 0, {}}}));
  EXPECT_EQ(clock.reached(work_of(10s)), run_start + 10s);
  EXPECT_EQ(clock.reached(work_of(10s) + 1), never);
}

TEST(WorkClock, TheLaterListedWindowDecides) {
  work_clock clock(with({{run_start, 20s, 500, 3}, {run_start + 10s, 5s, 2000, {}}}));
  EXPECT_EQ(clock.slots(), 3U);
  clock.advance(run_start + 30s);  // 10 s at a half, 5 s double, 5 s at a half, 10 s full
  EXPECT_EQ(clock.done(), work_of(5s + 10s + 2500ms + 10s));
  EXPECT_EQ(clock.slots(), 64U);
}

TEST(WorkClock, ReachedAgreesWithAdvance) {
  const server_settings s = with(
      {{run_start + 1s, 3s, 333, {}}, {run_start + 2s, 1s, 0, {}}, {run_start + 7s, 4s, 1700, {}}});
  for (std::uint64_t i = 0; i < 1000; ++i) {
    work_clock clock(s);
    const auto target =
        static_cast<work>(random_bits(i) % static_cast<std::uint64_t>(work_of(20s)));
    const instant t = clock.reached(target);
    work_clock before = clock;
    clock.advance(t);
    EXPECT_GE(clock.done(), target);
    if (t == run_start) continue;
    before.advance(t - 1ns);
    EXPECT_LT(before.done(), target);
  }
}

}  // namespace
}  // namespace stampede
