#include "reports/server_load.hpp"

#include <gtest/gtest.h>

#include "records.hpp"

namespace stampede {
namespace {

using namespace test;

// 4 slots for 50 s and 2 for 50 s more are 300 slot seconds, 75 of them busy.
TEST(ServerLoad, ByHand) {
  server_fold fold(1s);
  for (int i = 0; i < 4; ++i) fold.add(answered(0s, 0s, 15s));
  exchange_record left = answered(60s, 60s, 75s);
  left.whole = false;
  left.peer_left = true;
  fold.add(left);
  const server_measures m = fold.finish(100s, {{at(0s), 4}, {at(50s), 2}}, 3);
  EXPECT_DOUBLE_EQ(*m.utilisation, 0.25);
  EXPECT_DOUBLE_EQ(*m.in_service(), 0.75);
  EXPECT_DOUBLE_EQ(*m.wasted_work(), 0.2);
  EXPECT_DOUBLE_EQ(*m.throughput(), 0.04);
  EXPECT_DOUBLE_EQ(*m.goodput(), 0.03);
  EXPECT_EQ(m.left, 1);
  EXPECT_EQ(m.queued, 0);
}

// Little's law: waits of 3, 5 and 8 s over 100 s are 0.16 requests waiting on average.
TEST(ServerLoad, QueueByHand) {
  server_fold fold(1s);
  fold.add(answered(10s, 13s, 14s));
  fold.add(answered(10s, 15s, 16s));
  exchange_record closed = answered(40s, 40s, 48s);  // waited and was closed without a start
  closed.started = never;
  closed.busy = 0s;
  closed.whole = false;
  fold.add(closed);
  exchange_record held = closed;  // what a fault holds does not wait for a slot
  held.fault = 0;
  fold.add(held);
  const server_measures m = fold.finish(100s, {}, 2);
  EXPECT_FALSE(m.utilisation);
  EXPECT_EQ(m.queued, 3);
  EXPECT_DOUBLE_EQ(*m.mean_queue(), 0.16);
  EXPECT_EQ(m.queue_wait.at(500), 5s);
  EXPECT_EQ(m.queue_wait.most(), 8s);
  EXPECT_EQ(m.longest_queue, 2);
  EXPECT_EQ(m.longest_queue_at, at(11s));
}

TEST(ServerLoad, NothingIsNothing) {
  const server_measures m = server_fold(1s).finish(0s, {{at(0s), 4}}, 0);
  EXPECT_FALSE(m.utilisation);
  EXPECT_FALSE(m.wasted_work());
  EXPECT_FALSE(m.throughput());
  EXPECT_FALSE(m.mean_queue());
}

}  // namespace
}  // namespace stampede
