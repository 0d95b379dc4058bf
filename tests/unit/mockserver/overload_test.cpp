// What follows from load: who is served next, how fast, and who is sent away.
#include "mockserver/accounts.hpp"
#include "tests/unit/mockserver/rig.hpp"

namespace stampede {
namespace {

using namespace testing;

// Ends of the answers, in order: "1s #0 200".
std::string ends(const rig& server) {
  std::string text;
  for (const exchange_record& r : server.sink.exchanges)
    text += fmt::format("{:g}s #{} {}\n", to_seconds(r.ended), r.serial, r.status);
  return text;
}

TEST(Overload, TheQueueIsServedInOrderOrTheNewestFirst) {
  for (const queue_order order : {queue_order::fifo, queue_order::lifo}) {
    server_settings s;
    s.slots = 1;
    s.queue_places = 10;
    s.order = order;
    rig server(s);
    for (std::uint32_t call = 0; call < 4; ++call) server.ask(with_work(chat(0, call), 1s));
    server.run_all();
    EXPECT_EQ(ends(server), order == queue_order::fifo
                                ? "1s #0 200\n2s #1 200\n3s #2 200\n4s #3 200\n"
                                : "1s #0 200\n2s #3 200\n3s #2 200\n4s #1 200\n");
  }
}

TEST(Overload, TheNewestFirstStillClosesTheOldestInTime) {
  server_settings s;
  s.slots = 1;
  s.queue_places = 10;
  s.order = queue_order::lifo;
  s.queue_close_after = 2500ms;
  rig server(s);
  for (std::uint32_t call = 0; call < 4; ++call) server.ask(with_work(chat(0, call), 1s));
  server.run_all();
  EXPECT_EQ(ends(server), "1s #0 200\n2s #3 200\n2.5s #1 0\n3s #2 200\n");
}

TEST(Overload, SpeedFallsWithTheSlotsInUse) {
  server_settings s;
  s.slots = 4;
  s.slows_down = slow_down{500, 250};
  // One or two of four: full speed. Three: halfway from 1 to 0.25. Four: 0.25.
  for (const auto& [answers, seconds] :
       {std::pair{1, 1.0}, std::pair{2, 1.0}, std::pair{3, 1.6}, std::pair{4, 4.0}}) {
    rig server(s);
    for (std::uint32_t call = 0; call < static_cast<std::uint32_t>(answers); ++call)
      server.ask(with_work(chat(0, call), 1s));
    server.run_all();
    for (const exchange_record& r : server.sink.exchanges)
      EXPECT_NEAR(to_seconds(r.ended), seconds, 1e-9) << answers;
  }
}

TEST(Overload, WhoJoinsSlowsAllAndWhoLeavesFreesThem) {
  server_settings s;
  s.slots = 2;
  s.slows_down = slow_down{500, 500};
  rig server(s);
  server.ask(with_work(chat(0, 0), 4s));
  server.run_to(1s);  // a quarter is done
  const exchange_id other = server.ask(with_work(chat(0, 1), 10s));
  server.run_to(3s);  // two seconds at half speed: another quarter
  server.feed(other, peer_left{});
  server.run_all();
  EXPECT_EQ(ends(server), "3s #1 0\n5s #0 200\n");
}

TEST(Overload, ASlowerWindowSlowsWhatLoadHasSlowedAlready) {
  server_settings s;
  s.slots = 2;
  s.slows_down = slow_down{500, 500};
  s.capacity.push_back({run_start + 2s, 2s, 500, {}});
  s.capacity.push_back({run_start + 4s, forever, {}, 4});  // twice the slots: half in use
  rig server(s);
  server.ask(with_work(chat(0, 0), 3s));
  server.ask(with_work(chat(0, 1), 3s));
  server.run_all();
  // 2 s x 0.5, 2 s x 0.25, and the 1.5 that are left at full speed.
  ASSERT_EQ(server.sink.exchanges.size(), 2U);
  for (const exchange_record& r : server.sink.exchanges) EXPECT_EQ(r.ended, run_start + 5500ms);
}

TEST(Overload, RateFollowsLoad) {
  server_settings s;
  s.slots = 100;
  s.rate_limit = rate_by_load{10, 2, 500};
  rig idle(s);
  for (std::uint32_t call = 0; call < 30; ++call) idle.ask(with_work(chat(0, call), 1ms));
  EXPECT_EQ(idle.sink.exchanges.size(), 20U) << "a second's worth is ten";
  EXPECT_EQ(idle.sink.exchanges[0].status, 429);
  idle.run_to(100ms);
  const std::size_t before = idle.sink.exchanges.size();
  idle.ask(with_work(chat(0, 30), 1ms));
  EXPECT_EQ(idle.sink.exchanges.size(), before) << "a tenth of a second is one more";
  idle.ask(with_work(chat(0, 31), 1ms));
  EXPECT_EQ(idle.sink.exchanges.size(), before + 1);

  // Three quarters full: halfway from 10 to 2.
  s.slots = 0;
  s.rate_limit.reset();
  server_settings busy = s;
  busy.slots = 4;
  busy.rate_limit = rate_by_load{10, 2, 500};
  rig server(busy);
  for (std::uint32_t call = 0; call < 3; ++call) server.ask(with_work(chat(0, call), 1h));
  server.run_to(10s);
  int let_in = 0;
  for (std::uint32_t call = 0; call < 20; ++call) {
    const exchange_id id = server.ask(with_work(chat(1, call), 1h));
    if (server.model.in_flight() == 3) continue;
    ++let_in;
    server.feed(id, peer_left{});
  }
  EXPECT_EQ(let_in, 6);
}

TEST(Overload, AHammeringAccountIsAllowedLess) {
  server_settings s;
  s.slots = 1000;
  s.concurrency_by_date = true;
  rig server(s);
  server_request pro = with_work(chat(0, 0), 1h);
  pro.model = "deepseek-v4-pro";
  std::uint32_t let_in = 0;
  for (std::uint32_t call = 0; call < 1000; ++call) {
    pro.identity.call = call;
    server.ask(pro);
    let_in = std::max(let_in, server.model.in_flight());
  }
  // With 333 open no more than 500 x (1 - 0.333) = 333 may be.
  EXPECT_EQ(let_in, 333U);
  EXPECT_EQ(server.sink.exchanges.size(), 667U);
  EXPECT_EQ(server.sink.exchanges.back().status, 429);
  EXPECT_EQ(server.model.books().concurrency({}, deepseek::model_id::v4_pro, 333, server.now), 43U)
      << "500 x 0.667 x 100 / 767";
}

TEST(Overload, QueuedRequestsCountTowardsTheLoad) {
  server_settings s;
  s.slots = 10;
  s.queue_places = 90;
  s.concurrency_by_date = true;
  rig server(s);
  for (std::uint32_t call = 0; call < 200; ++call) server.ask(with_work(chat(0, call), 1h));
  // n >= 2500 (1 - n / 100) at 97, of which ten are worked on.
  EXPECT_EQ(server.model.open(), 97U);
  EXPECT_EQ(server.model.queued(), 87U);
}

}  // namespace
}  // namespace stampede
