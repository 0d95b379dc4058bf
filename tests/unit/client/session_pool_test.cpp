// Instances that keep their sessions in one pool.
#include "client/session_pool.hpp"

#include <gtest/gtest.h>

#include "tests/unit/client/transcript.hpp"

namespace stampede::testing {
namespace {

// Slots used again are not in the order of the calls, and lie between another instance's.
TEST(SessionPool, TheEndOfTheRunEndsAnInstancesOwnCallsTheOldestFirst) {
  const client_setup setup{
      .policy = guide(),
      .models = model_chain(guide(), "deepseek-v4-flash", deepseek::default_date)};
  kept_records records;
  session_pool pool;
  client_instance a(setup, instance_id{1}, records, pool);
  client_instance b(setup, instance_id{2}, records, pool);
  effects<client_effect> out;
  const auto start = [&](client_instance& who) {
    const call_id id = who.next_id();
    who.start(id, {}, at(0s), out);
    return id;
  };
  const call_id first = start(a);
  start(b);
  start(a);
  a.on(first, call_cancelled{}, at(1s), out);
  start(b);  // where the first was
  start(a);
  records.calls.clear();

  const auto ended = [&](client_instance& who) {
    records.calls.clear();
    who.stop(at(2s), out);
    std::vector<std::uint32_t> serials;
    for (const call_record& r : records.calls) {
      EXPECT_EQ(r.instance, who.id());
      serials.push_back(r.call);
    }
    EXPECT_EQ(who.calls_under_way(), 0u);
    return serials;
  };
  EXPECT_EQ(ended(b), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(ended(a), (std::vector<std::uint32_t>{1, 2}));
  start(b);
  EXPECT_EQ(ended(b), (std::vector<std::uint32_t>{2}));
}

}  // namespace
}  // namespace stampede::testing
