// What came after a fault, by hand: recovery, backlog, overshoot, metastable or not.
#include "reports/recovery.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "records.hpp"
#include "reports/measures.hpp"

namespace stampede {
namespace {

using namespace test;

const fault_window outage{"outage", "503", at(20s), at(30s)};

struct load {
  int seconds = 120;
  int per_second = 10;
  std::vector<fault_window> faults{outage};
  std::function<bool(int)> good = [](int) { return true; };  // of the calls of a second
  std::function<int(int)> retries = [](int) { return 0; };   // a call
};

fold_options options_of(const load& l) {
  fold_options options;
  options.length = std::chrono::seconds{l.seconds};
  options.faults = l.faults;
  return options;
}

// A call at once over: its last attempt comes to what the call does.
void add_call(measure_fold& fold, duration t, bool good, std::uint16_t tries = 1) {
  for (std::uint16_t k = 1; k < tries; ++k)
    fold.on_attempt(retried(0, k, t, outcome::timed_out, 0s));
  fold.on_attempt(good ? success(0, tries, t, t) : given_up(0, tries, t, outcome::timed_out));
  fold.on_call(ended_call(t, t, good ? outcome::success : outcome::timed_out,
                          good ? stop_reason::success : stop_reason::attempts_used, tries));
}

measure_fold fold_of(const load& l) {
  measure_fold fold(options_of(l));
  for (int s = 0; s < l.seconds; ++s) {
    for (int i = 0; i < l.per_second; ++i) {
      const duration t = std::chrono::seconds{s} + 50ms * i;
      add_call(fold, t, l.good(s), static_cast<std::uint16_t>(1 + l.retries(s)));
      fold.on_exchange(answered(t, t, t));
    }
  }
  return fold;
}

recovery_measures measured(const load& l) {
  return fold_of(l).finish(std::chrono::seconds{l.seconds}).recovery;
}

// Good until 20 s and from 36 s on: the first five seconds with 95 % begin at 36 s.
TEST(Recovery, IsTheFirstFiveSecondsOfGoodputAfterTheFault) {
  load l;
  l.good = [](int s) { return s < 20 || s >= 36; };
  const recovery_measures m = measured(l);
  ASSERT_EQ(m.disturbances.size(), 1U);
  EXPECT_EQ(m.disturbances[0].recovered, 6s);
  EXPECT_EQ(m.disturbances[0].watched, 90s);
  EXPECT_EQ(m.slowest(), 6s);
}

TEST(Recovery, NinetyFivePercentAreEnoughAndLessAreNot) {
  load l;
  l.per_second = 20;  // 100 calls in five seconds
  for (const int good : {19, 18}) {
    measure_fold fold(options_of(l));
    for (int s = 0; s < 120; ++s)
      for (int i = 0; i < 20; ++i) add_call(fold, std::chrono::seconds{s}, i < good);
    const recovery_measures m = fold.finish(120s).recovery;
    EXPECT_EQ(m.disturbances[0].recovered, good == 19 ? std::optional<duration>(0s) : std::nullopt);
    EXPECT_EQ(m.slowest(), good == 19 ? duration{0s} : forever);
  }
}

// The last call wanted before 30 s ends at 45 s; a later one does not count.
TEST(Recovery, BacklogIsDrainedWhenTheLastWaitingCallHasEnded) {
  measure_fold fold = fold_of({});
  fold.on_call(ended_call(29s, 45s));
  fold.on_call(ended_call(31s, 60s));
  EXPECT_EQ(fold.finish(120s).recovery.slowest_drain(), 15s);
}

// 25 arrivals in the fullest second after the fault, 10 calls a second before it.
TEST(Recovery, OvershootIsTheFullestBinOverTheLoadBefore) {
  measure_fold fold = fold_of({});
  const auto arrive = [&fold](duration t, int n) {
    for (int i = 0; i < n; ++i) fold.on_exchange(answered(t, t, t));
  };
  arrive(10s, 30);  // before and during it do not count
  arrive(25s, 40);
  arrive(33s, 15);
  EXPECT_DOUBLE_EQ(*fold.finish(120s).recovery.largest_overshoot(), 2.5);
}

TEST(Recovery, TouchingWindowsAreOneDisturbanceAndEndlessOnesNone) {
  load l;
  l.faults = {outage, {"status", "500", at(30s), at(40s)}, {"truncate", "2 %", at(0s), never}};
  const recovery_measures m = measured(l);
  ASSERT_EQ(m.disturbances.size(), 1U);
  EXPECT_EQ(m.disturbances[0].name, "outage + status");
  EXPECT_EQ(m.disturbances[0].to, at(40s));
  load still_on;
  still_on.faults = {{"outage", "503", at(20s), at(200s)}};
  EXPECT_TRUE(measured(still_on).disturbances.empty());
  EXPECT_EQ(measured(still_on).metastable.result, metastability::undetermined);
}

TEST(Metastable, IsAStormThatOutlivesItsCause) {
  load l;
  l.good = [](int s) { return s < 20; };
  l.retries = [](int s) { return s < 20 ? 0 : 1; };
  const metastable_verdict v = measured(l).metastable;
  EXPECT_EQ(v.result, metastability::yes);
  EXPECT_DOUBLE_EQ(*v.before, 1);
  EXPECT_DOUBLE_EQ(*v.tail, 0);
  EXPECT_DOUBLE_EQ(*v.tail_amplification, 2);
  EXPECT_DOUBLE_EQ(*v.tail_answers, 1);
  EXPECT_EQ(v.tail_from, at(75s));  // the second half of the 90 s after the fault
  EXPECT_EQ(v.why,
            "45.0 s after outage was over goodput was 0% of the offered load for 45.0 s, against "
            "100% before; 2 attempts a first try keep it up, the server wrote answers for 100% of "
            "the offered calls");
}

TEST(Metastable, NeedsRetriesATimeBeforeAndGoodputBelowHalf) {
  load dead;
  dead.good = [](int s) { return s < 20; };
  EXPECT_EQ(measured(dead).metastable.result, metastability::no);
  load never_well;
  never_well.good = [](int) { return false; };
  never_well.retries = [](int) { return 1; };
  EXPECT_EQ(measured(never_well).metastable.result, metastability::no);
  load from_the_start = never_well;
  from_the_start.faults = {{"outage", "503", at(0s), at(30s)}};
  EXPECT_EQ(measured(from_the_start).metastable.result, metastability::undetermined);
  load half;
  half.good = [](int s) { return s < 20 || s % 2 == 1; };
  half.retries = [](int) { return 1; };
  EXPECT_EQ(measured(half).metastable.result, metastability::no);
  load brief;
  brief.seconds = 45;  // 7 s of tail
  brief.good = [](int s) { return s < 20; };
  EXPECT_EQ(measured(brief).metastable.result, metastability::undetermined);
}

}  // namespace
}  // namespace stampede
