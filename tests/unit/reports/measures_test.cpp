// The whole fold: groups, series, and that order and time of asking change nothing.
#include "reports/measures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/draw.hpp"
#include "records.hpp"
#include "reports/render_json.hpp"
#include "storm.hpp"

namespace stampede {
namespace {

using namespace test;
using counts = std::vector<std::int64_t>;

struct kept_records : record_sink {
  std::vector<attempt_record> attempts;
  std::vector<call_record> calls;
  std::vector<exchange_record> exchanges;
  void on_attempt(const attempt_record& r) override { attempts.push_back(r); }
  void on_call(const call_record& r) override { calls.push_back(r); }
  void on_exchange(const exchange_record& r) override { exchanges.push_back(r); }
};

template <class Record>
void shuffle(std::vector<Record>& records) {
  for (std::size_t i = records.size(); i > 1; --i)
    std::swap(records[i - 1], records[uniform_below(draw({.seed = 11, .index = i}), i)]);
}

std::string as_json(const measures& m) { return render_json(make_report(storm_info(), m, {})); }

// 4 calls, 6 attempts: every ratio by hand.
TEST(Measures, ByHand) {
  measure_fold fold({});
  fold.on_attempt(success(0, 1, 0s, 1s));
  fold.on_call(ended_call(0s, 1s));
  fold.on_attempt(retried(1, 1, 1s, outcome::rate_limited, 2s));
  fold.on_attempt(success(1, 2, 3s, 4s));
  fold.on_call(ended_call(1s, 4s, outcome::success, stop_reason::success, 2));
  fold.on_attempt(given_up(2, 1, 2s, outcome::unauthorized));
  fold.on_call(ended_call(2s, 2s, outcome::unauthorized, stop_reason::persistent));
  fold.on_attempt(retried(3, 1, 2s, outcome::overloaded, 1s));
  fold.on_attempt(given_up(3, 2, 3s, outcome::overloaded));
  fold.on_call(ended_call(2s, 3s, outcome::overloaded, stop_reason::attempts_used, 2));
  const measures m = fold.finish(5s);
  EXPECT_DOUBLE_EQ(*m.whole.success_rate(), 0.5);
  EXPECT_DOUBLE_EQ(*m.whole.retry_rate(), 0.5);
  EXPECT_DOUBLE_EQ(*m.whole.amplification(), 1.5);
  EXPECT_EQ(m.whole.calls.latency.at(500), 1s);
  EXPECT_EQ(m.whole.calls.latency.most(), 3s);
  EXPECT_EQ(m.load.first_tries, (counts{1, 1, 2, 0, 0}));
  EXPECT_EQ(m.load.retries, (counts{0, 0, 0, 2, 0}));
  EXPECT_EQ(m.load.successes, (counts{0, 1, 0, 0, 1}));
  EXPECT_EQ(m.load.rate_limited, (counts{0, 1, 0, 0, 0}));
  EXPECT_EQ(m.load.overloaded, (counts{0, 0, 1, 1, 0}));
  EXPECT_EQ(m.load.other_failures, (counts{0, 0, 1, 0, 0}));
}

TEST(Measures, NothingIsNothing) {
  const measures m = measure_fold({}).finish(0s);
  EXPECT_FALSE(m.whole.success_rate());
  EXPECT_FALSE(m.whole.retry_rate());
  EXPECT_FALSE(m.whole.amplification());
  EXPECT_EQ(m.load.retries, (counts{0}));
}

TEST(Measures, GroupsAddUpToTheWhole) {
  measure_fold fold(fold_options::of(storm_info()));
  feed_storm(fold);
  const measures m = fold.finish(360s);
  ASSERT_EQ(m.groups.size(), 2U);
  const population& a = m.groups[0].numbers;
  const population& b = m.groups[1].numbers;
  EXPECT_GT(a.calls.calls, 1000);
  EXPECT_EQ(a.calls.calls + b.calls.calls, m.whole.calls.calls);
  EXPECT_EQ(a.retries.attempts + b.retries.attempts, m.whole.retries.attempts);
  EXPECT_EQ(a.cost.billed + b.cost.billed, m.whole.cost.billed);
  EXPECT_EQ(m.whole.cost.billed, m.ledger.charged);
  EXPECT_EQ(m.whole.retries.attempts, m.herd.arrivals);
}

TEST(Measures, AGroupNobodyDeclaredCountsInTheWhole) {
  measure_fold fold({});
  call_record c = ended_call(0s, 1s);
  c.group = 9;
  fold.on_call(c);
  EXPECT_EQ(fold.finish(1s).whole.calls.calls, 1);
}

TEST(Measures, OrderOfRecordsChangesNothing) {
  kept_records kept;
  feed_storm(kept);
  measure_fold in_order(fold_options::of(storm_info()));
  feed_storm(in_order);
  shuffle(kept.attempts);
  shuffle(kept.calls);
  shuffle(kept.exchanges);
  measure_fold shuffled(fold_options::of(storm_info()));
  for (const auto& c : kept.calls) shuffled.on_call(c);
  for (const auto& e : kept.exchanges) shuffled.on_exchange(e);
  for (const auto& a : kept.attempts) shuffled.on_attempt(a);
  EXPECT_EQ(as_json(shuffled.finish(360s)), as_json(in_order.finish(360s)));
}

TEST(Measures, AskingOnTheWayChangesNothing) {
  kept_records kept;
  feed_storm(kept);
  measure_fold once(fold_options::of(storm_info()));
  measure_fold often(fold_options::of(storm_info()));
  for (std::size_t i = 0; i < kept.calls.size(); ++i) {
    once.on_call(kept.calls[i]);
    often.on_call(kept.calls[i]);
    if (i % 500 == 0) (void)often.finish(360s);
  }
  EXPECT_EQ(as_json(often.finish(360s)), as_json(once.finish(360s)));
}

TEST(Measures, SeriesOfDifferentLengthsShareOneWidth) {
  measure_fold fold({});
  fold.on_attempt(success(0, 1, 0s, 1s));
  fold.on_attempt(success(0, 2, 200'000s, 200'001s));
  const measures m = fold.finish(200'001s);
  EXPECT_EQ(m.load.width, 4s);
  for (const counts* s : {&m.load.arrivals, &m.load.first_tries, &m.load.retries, &m.load.successes,
                          &m.load.rate_limited, &m.load.overloaded, &m.load.other_failures})
    EXPECT_EQ(s->size(), 50'001U);
}

}  // namespace
}  // namespace stampede
