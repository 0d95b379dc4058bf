// Transcripts of the whole machine: events in, effects out.
#include "tests/unit/mockserver/rig.hpp"

namespace stampede {
namespace {

using namespace testing;

server_settings with_slots(std::uint32_t slots, std::uint32_t places = 0) {
  server_settings s;
  s.slots = slots;
  s.queue_places = places;
  return s;
}

// 60 tokens at 60 a second after 300 ms.
TEST(ServerModel, AnswersInOnePieceWhenTheWorkIsDone) {
  rig server;
  server.ask(chat(0, 0));
  EXPECT_EQ(server.transcript(), "");
  EXPECT_EQ(server.model.next_wakeup(), run_start + 1300ms);
  server.run_to(10s);
  EXPECT_EQ(server.transcript(),
            "1.3s #0 head 200 tokens 0+60 last\n"
            "1.3s #0 end clean\n");
  ASSERT_EQ(server.sink.exchanges.size(), 1U);
  const exchange_record& r = server.sink.exchanges[0];
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.attempt, 1);
  EXPECT_TRUE(r.whole);
  EXPECT_FALSE(r.peer_left);
  EXPECT_EQ(r.started, run_start);
  EXPECT_EQ(r.ended, run_start + 1300ms);
  EXPECT_EQ(r.busy, 1300ms);
  EXPECT_EQ(r.usage, (token_usage{2000, 200, 60}));
  // 2000 x $0.028 + 200 x $0.14 + 60 x $0.28, each a million tokens
  EXPECT_EQ(r.charge.value, 2000 * 28'000 + 200 * 140'000 + 60 * 280'000);
}

TEST(ServerModel, EarlyWakeupsDoNothing) {
  rig server;
  server.ask(chat(0, 0));
  server.now = run_start + 1299ms;
  server.feed({}, server_wakeup{});
  EXPECT_EQ(server.transcript(), "");
  EXPECT_EQ(server.model.next_wakeup(), run_start + 1300ms);
}

TEST(ServerModel, DeclaredWorkReplacesTheServersSpeed) {
  rig server;
  server.ask(with_work(chat(0, 0), 5s));
  server.run_to(10s);
  EXPECT_EQ(server.transcript(),
            "5s #0 head 200 tokens 0+60 last\n"
            "5s #0 end clean\n");
}

TEST(ServerModel, StreamsInBatches) {
  server_settings s;
  s.tokens_per_second = 10;  // a token every 100 ms, as often as streams send
  rig server(s);
  server.ask(streamed(chat(0, 0, 4)));
  server.run_to(10s);
  EXPECT_EQ(server.transcript(),
            "0.3s #0 head 200 tokens 0+1\n"
            "0.4s #0 tokens 1+1\n"
            "0.5s #0 tokens 2+1\n"
            "0.6s #0 tokens 3+1\n"
            "0.7s #0 last\n"
            "0.7s #0 end clean\n");
}

TEST(ServerModel, StreamBatchesAreAtLeastTheIntervalApart) {
  server_settings s;
  s.tokens_per_second = 50;
  s.stream_interval = 100ms;
  rig server(s);
  server.ask(streamed(chat(0, 0, 12)));
  server.run_to(10s);
  EXPECT_EQ(server.transcript(),
            "0.3s #0 head 200 tokens 0+1\n"
            "0.4s #0 tokens 1+5\n"
            "0.5s #0 tokens 6+5\n"
            "0.54s #0 tokens 11+1 last\n"
            "0.54s #0 end clean\n");
}

TEST(ServerModel, NextEmitFollowsWrittenAndTheSlotDoesNotWait) {
  server_settings s = with_slots(1, 1);
  s.tokens_per_second = 10;
  rig server(s);
  server.reads = false;
  const exchange_id slow = server.ask(streamed(chat(0, 0, 4)));
  server.ask(with_work(chat(1, 0), 1s));
  server.run_to(1s);
  EXPECT_EQ(server.transcript(), "0.3s #0 head 200 tokens 0+1\n");
  EXPECT_EQ(server.model.in_flight(), 1U);  // the second one, since 700 ms
  server.feed(slow, written{});
  EXPECT_EQ(server.transcript(),
            "1s #0 tokens 1+3 last\n"
            "1s #0 end clean\n");
  server.run_to(2s);
  EXPECT_EQ(server.transcript(),
            "1.7s #1 head 200 tokens 0+60 last\n"
            "1.7s #1 end clean\n");
  EXPECT_EQ(server.sink.exchanges[0].busy, 700ms);
}

TEST(ServerModel, RefusesAtOnceWhenFull) {
  server_settings s = with_slots(1);
  s.retry_after = 7s;
  rig server(s);
  server.ask(chat(0, 0));
  server.ask(chat(1, 0));
  EXPECT_EQ(server.transcript(),
            "0s #1 head 429 last retry-after 7s\n"
            "0s #1 end clean\n");
  EXPECT_EQ(server.model.open(), 1U);
  EXPECT_EQ(server.sink.exchanges[0].charge.value, 0);
}

TEST(ServerModel, RefusesWith503WhereSaid) {
  server_settings s = with_slots(0);
  s.slots = 1;
  s.when_full = 503;
  rig server(s);
  server.ask(chat(0, 0));
  server.ask(chat(1, 0));
  EXPECT_EQ(server.transcript(), "0s #1 head 503 last retry-after 1s\n0s #1 end clean\n");
}

TEST(ServerModel, QueuesInOrderAndKeepsAlive) {
  rig server(with_slots(1, 2));
  server.ask(with_work(chat(0, 0), 30s));
  server.ask(with_work(chat(1, 0), 1s));
  server.now = run_start + 1s;
  server.ask(with_work(chat(2, 0), 1s));
  server.ask(chat(3, 0));
  EXPECT_EQ(server.transcript(), "1s #3 head 429 last retry-after 1s\n1s #3 end clean\n");
  EXPECT_EQ(server.model.queued(), 2U);
  server.run_to(1min);
  EXPECT_EQ(server.transcript(),
            "12.4s #1 head 200 keep-alive\n"
            "13.4s #2 head 200 keep-alive\n"
            "24.8s #1 keep-alive\n"
            "25.8s #2 keep-alive\n"
            "30s #0 head 200 tokens 0+60 last\n"
            "30s #0 end clean\n"
            "31s #1 tokens 0+60 last\n"
            "31s #1 end clean\n"
            "32s #2 tokens 0+60 last\n"
            "32s #2 end clean\n");
}

TEST(ServerModel, ClosesWhoeverWaitedTenMinutes) {
  rig server(with_slots(1, 1));
  server.ask(with_work(chat(0, 0), 1h));
  server.ask(chat(1, 0));
  server.run_to(599s);
  server.transcript();
  server.run_to(11min);
  EXPECT_EQ(server.transcript(), "600s #1 end truncated\n");
  const exchange_record& r = server.sink.exchanges[0];
  EXPECT_EQ(r.status, 200);
  EXPECT_FALSE(r.whole);
  EXPECT_EQ(r.started, never);
  EXPECT_EQ(r.charge.value, 0);
}

TEST(ServerModel, CapacityStallStopsAndResumesWork) {
  server_settings s;
  s.capacity.push_back({run_start + 1s, 10s, 0, {}});
  rig server(s);
  server.ask(with_work(chat(0, 0), 3s));
  EXPECT_EQ(server.model.next_wakeup(), run_start + 13s);
  server.run_to(20s);
  EXPECT_EQ(server.transcript(), "13s #0 head 200 tokens 0+60 last\n13s #0 end clean\n");
}

TEST(ServerModel, BrownOutSlowsWorkUnderWay) {
  server_settings s;
  s.capacity.push_back({run_start + 1s, 4s, 250, {}});
  rig server(s);
  server.ask(with_work(chat(0, 0), 3s));  // 1 s, then 4 s at a quarter, then 1 s
  server.run_to(20s);
  EXPECT_EQ(server.transcript(), "6s #0 head 200 tokens 0+60 last\n6s #0 end clean\n");
}

TEST(ServerModel, SlotsThatComeBackServeTheQueue) {
  server_settings s = with_slots(2, 10);
  s.capacity.push_back({run_start, 5s, {}, 1});
  rig server(s);
  server.ask(with_work(chat(0, 0), 20s));
  server.ask(with_work(chat(1, 0), 1s));
  EXPECT_EQ(server.model.queued(), 1U);
  EXPECT_EQ(server.model.next_wakeup(), run_start + 5s);
  server.run_to(30s);
  EXPECT_EQ(server.transcript(),
            "6s #1 head 200 tokens 0+60 last\n6s #1 end clean\n"
            "20s #0 head 200 tokens 0+60 last\n20s #0 end clean\n");
}

TEST(ServerModel, NoSlotsInAWindowIsNoneAndNotUnlimited) {
  server_settings s = with_slots(0, 10);
  s.capacity.push_back({run_start, 5s, {}, 0});
  rig server(s);
  server.ask(with_work(chat(0, 0), 1s));
  server.run_to(30s);
  EXPECT_EQ(server.transcript(), "6s #0 head 200 tokens 0+60 last\n6s #0 end clean\n");
}

TEST(ServerModel, CountsAnAccountsKeysTogetherAndModelsApart) {
  server_settings s;
  s.account_concurrency = 1;
  rig server(s);
  server.ask(chat(0, 0));
  server.ask(chat(1, 0));
  server_request other = chat(2, 0);
  other.key = "sk-other";
  server.ask(other);
  server_request pro = chat(3, 0);
  pro.model = "deepseek-v4-pro";
  server.ask(pro);
  EXPECT_EQ(server.transcript(),
            "0s #1 head 429 last retry-after 1s\n0s #1 end clean\n"
            "0s #2 head 429 last retry-after 1s\n0s #2 end clean\n");
  server.run_to(10s);
  server.transcript();
  server.ask(chat(1, 0));
  EXPECT_EQ(server.transcript(), "") << "the first answer is over, its place free again";
}

TEST(ServerModel, DropsWorkOfPeersThatLeft) {
  rig server(with_slots(1, 1));
  const exchange_id first = server.ask(with_work(chat(0, 0), 10s));
  server.ask(with_work(chat(1, 0), 1s));
  server.now = run_start + 5s;
  server.feed(first, peer_left{});
  EXPECT_EQ(server.transcript(), "") << "nobody is there to be told";
  server.run_to(20s);
  EXPECT_EQ(server.transcript(), "6s #1 head 200 tokens 0+60 last\n6s #1 end clean\n");
  const exchange_record& r = server.sink.exchanges[0];
  EXPECT_TRUE(r.peer_left);
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.busy, 5s);
  EXPECT_EQ(r.usage.hit, 2000);
  EXPECT_EQ(r.usage.output, 30) << "tokens generated until it left";
  EXPECT_GT(r.charge.value, 0);
}

TEST(ServerModel, FinishesAbandonedWorkWhereSaid) {
  server_settings s = with_slots(1, 2);
  s.abandoned = abandoned_work::finish;
  rig server(s);
  const exchange_id first = server.ask(with_work(chat(0, 0), 10s));
  const exchange_id second = server.ask(with_work(chat(1, 0), 10s));
  server.ask(with_work(chat(2, 0), 1s));
  server.now = run_start + 5s;
  server.feed(first, peer_left{});
  server.feed(second, peer_left{});
  EXPECT_EQ(server.model.queued(), 2U) << "the one that left keeps its place in the queue";
  server.run_to(60s);
  EXPECT_EQ(server.transcript(),
            "12.4s #2 head 200 keep-alive\n"
            "21s #2 tokens 0+60 last\n21s #2 end clean\n");
  ASSERT_EQ(server.sink.exchanges.size(), 3U);
  EXPECT_TRUE(server.sink.exchanges[0].peer_left);
  EXPECT_EQ(server.sink.exchanges[0].usage.output, 60);
  EXPECT_EQ(server.sink.exchanges[0].busy, 10s);
  EXPECT_TRUE(server.sink.exchanges[1].peer_left);
  EXPECT_EQ(server.sink.exchanges[1].busy, 10s);
}

TEST(ServerModel, BillsNothingToWhoeverLeftBeforeTheStart) {
  rig server(with_slots(1, 1));
  server.ask(with_work(chat(0, 0), 10s));
  const exchange_id waiting = server.ask(chat(1, 0));
  server.feed(waiting, peer_left{});
  EXPECT_EQ(server.sink.exchanges[0].charge.value, 0);
  EXPECT_EQ(server.model.queued(), 0U);
}

TEST(ServerModel, BillsNothingForAbandonedWorkWhereSaid) {
  server_settings s;
  s.bill_abandoned = false;
  rig server(s);
  const exchange_id id = server.ask(with_work(chat(0, 0), 10s));
  server.now = run_start + 5s;
  server.feed(id, peer_left{});
  EXPECT_EQ(server.sink.exchanges[0].charge.value, 0);
}

TEST(ServerModel, EventsAfterTheEndAreIgnored) {
  rig server;
  const exchange_id id = server.ask(chat(0, 0));
  server.run_to(10s);
  server.transcript();
  server.feed(id, written{});
  server.feed(id, peer_left{});
  EXPECT_EQ(server.transcript(), "");
  EXPECT_EQ(server.sink.exchanges.size(), 1U);
}

TEST(ServerModel, CountsAttemptsOfACallItself) {
  rig server;
  for (int i = 0; i < 3; ++i) server.ask(chat(4, 7));
  server.ask(chat(4, 8));
  server.run_all();
  std::vector<int> attempts;
  for (const exchange_record& r : server.sink.exchanges) attempts.push_back(r.attempt);
  std::sort(attempts.begin(), attempts.end());
  EXPECT_EQ(attempts, (std::vector<int>{1, 1, 2, 3}));
}

TEST(ServerModel, ReusesSlotsAndAnswersUntilTheNextRequest) {
  rig server;
  const exchange_id first = server.ask(chat(0, 0));
  server.run_to(5s);
  EXPECT_EQ(server.model.answer_of(first).usage.output, 60);
  const exchange_id second = server.ask(chat(0, 1));
  server.run_to(10s);
  const exchange_id third = server.ask(chat(0, 2));
  EXPECT_EQ(second.slot + third.slot + first.slot, 1U) << "two slots serve one client at a time";
}

TEST(ServerModel, StopsAtMaxTokens) {
  rig server;
  server_request r = chat(0, 0, 60);
  r.chat.max_tokens = 30;
  const exchange_id id = server.ask(r);
  EXPECT_EQ(server.model.answer_of(id).finish, finish_kind::length);
  server.run_to(10s);
  EXPECT_EQ(server.transcript(), "0.8s #0 head 200 tokens 0+30 last\n0.8s #0 end clean\n");
}

TEST(ServerModel, BudgetSpentWhileThinkingLeavesNoContent) {
  rig server;
  server_request r = chat(0, 0, 60);
  r.chat.thinking = true;
  r.chat.max_tokens = 20;
  const answer& a = server.model.answer_of(server.ask(r));
  EXPECT_EQ(a.reasoning, 20);
  EXPECT_EQ(a.usage.output, 20);
  EXPECT_EQ(a.finish, finish_kind::length);
}

TEST(ServerModel, ShortPromptsGetShortAnswersUnlessTold) {
  rig server;
  server_request ping = chat(0, 0);
  ping.workload = {};
  ping.chat.prompt_bytes = 4;  // "ping"
  EXPECT_EQ(server.model.answer_of(server.ask(ping)).usage, (token_usage{0, 1, 12}));
  ping.identity.call = 1;
  ping.chat.prompt_bytes = 4000;
  EXPECT_EQ(server.model.answer_of(server.ask(ping)).usage, (token_usage{0, 1000, 300}));
}

TEST(ServerModel, ModelsIsAnsweredAtOnceAndFree) {
  rig server;
  server_request r = chat(0, 0);
  r.where = route::models;
  const exchange_id id = server.ask(r);
  EXPECT_EQ(server.transcript(), "0s #0 head 200 last\n0s #0 end clean\n");
  EXPECT_EQ(server.model.answer_of(id).body, body_kind::models);
}

}  // namespace
}  // namespace stampede
