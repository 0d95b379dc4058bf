// What must hold for any load: the same events give the same effects, work is conserved, every
// request is recorded once, and nobody's fate hangs on anybody else's draws.
#include "tests/unit/mockserver/rig.hpp"

namespace stampede {
namespace {

using namespace testing;

// A closed loop of retrying clients against a small server with every fault in force.
struct crowd {
  explicit crowd(std::uint64_t seed, server_settings settings = small_server(),
                 std::vector<config_table> faults = all_faults())
      : server(std::move(settings), faults, seed), noise(seed) {}

  static server_settings small_server() {
    server_settings s;
    s.slots = 4;
    s.queue_places = 6;
    s.time_to_first_token = {distribution_kind::exponential, 300e6, 0};
    s.output_tokens = distribution{distribution_kind::lognormal, 40, 1.0};
    s.capacity.push_back({run_start + 20s, 5s, 0, {}});
    s.capacity.push_back({run_start + 40s, 20s, 300, 2});
    return s;
  }

  static std::vector<config_table> all_faults() {
    return {table({{"kind", "outage"}, {"at", "50s"}, {"for", "3s"}}),
            table({{"kind", "rate_limit"}, {"at", "10s"}, {"for", "5s"}, {"admit", "3/s"}}),
            table({{"kind", "status"}, {"status", 500}, {"ratio", 0.05}}),
            table({{"kind", "queue_hang"}, {"ratio", 0.05}, {"hold", "20s"}}),
            table({{"kind", "latency"}, {"ratio", 0.1}, {"add", "2s"}}),
            table({{"kind", "truncate"}, {"ratio", 0.1}}),
            table({{"kind", "empty_content"}, {"ratio", 0.1}})};
  }

  std::uint64_t bits() { return mix64(++noise * 0x9e3779b97f4a7c15ULL); }

  // `requests` requests at random instants; some peers leave early.
  void run(int requests) {
    std::vector<exchange_id> sent;
    for (int i = 0; i < requests; ++i) {
      server.run_to(server.now - run_start +
                    duration{static_cast<std::int64_t>(bits() % 200'000'000)});
      const auto instance = static_cast<std::uint32_t>(bits() % 20);
      server_request r = chat(instance, static_cast<std::uint32_t>(bits() % 4));
      r.chat.stream = bits() % 2;
      if (bits() % 2) r.workload = {};
      r.chat.prompt_bytes = 2000;
      sent.push_back(server.ask(r));
      if (bits() % 4 == 0) server.feed(sent[bits() % sent.size()], peer_left{});
    }
    server.run_all();
  }

  rig server;
  std::uint64_t noise;
};

TEST(Laws, TheSameSeedGivesTheSameTranscript) {
  const auto transcript = [](std::uint64_t seed) {
    crowd c(seed);
    c.run(2000);
    return c.server.transcript();
  };
  const std::string first = transcript(5);
  EXPECT_EQ(first, transcript(5));
  EXPECT_NE(first, transcript(6));
}

TEST(Laws, EveryRequestIsRecordedOnceAndNothingIsLeft) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    crowd c(seed);
    c.run(1000);
    EXPECT_EQ(c.server.sink.exchanges.size(), 1000U);
    std::vector<std::uint32_t> serials;
    for (const exchange_record& r : c.server.sink.exchanges) serials.push_back(r.serial);
    std::sort(serials.begin(), serials.end());
    for (std::uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(serials[i], i);
    EXPECT_EQ(c.server.model.open(), 0U);
    EXPECT_EQ(c.server.model.in_flight(), 0U);
    EXPECT_EQ(c.server.model.queued(), 0U);
    EXPECT_EQ(c.server.model.held(), 0U);
    EXPECT_EQ(c.server.model.next_wakeup(), never);
  }
}

TEST(Laws, FaultsAreAllAccountedFor) {
  crowd c(3);
  c.run(3000);
  const auto& faults = c.server.model.faults();
  std::vector<std::uint64_t> recorded(faults.size(), 0);
  for (const exchange_record& r : c.server.sink.exchanges) {
    if (r.fault >= 0) ++recorded[static_cast<std::size_t>(r.fault)];
  }
  for (std::size_t i = 0; i < faults.size(); ++i) {
    EXPECT_EQ(recorded[i], faults[i].injected()) << faults[i].kind();
    EXPECT_GT(recorded[i], 0U) << faults[i].kind();
  }
}

// With constant speed and one slot, the slot is busy exactly as long as there is work: the sum
// of service times equals the time it was held, and nobody waits while it is free.
TEST(Laws, WorkIsConserved) {
  server_settings s;
  s.slots = 1;
  s.queue_places = 1000;
  s.queue_close_after = 100h;
  rig server(s);
  duration work{0};
  for (std::uint32_t i = 0; i < 500; ++i) {
    const duration mine{static_cast<std::int64_t>(1 + mix64(i + 1) % 1'000'000'000)};
    server.ask(with_work(chat(i, 0), mine));
    work += mine;
  }
  server.run_all();
  EXPECT_EQ(server.now, run_start + work);
  duration busy{0};
  for (const exchange_record& r : server.sink.exchanges) busy += r.busy;
  EXPECT_EQ(busy, work);
}

TEST(Laws, WorkIsConservedAcrossAStall) {
  server_settings s;
  s.slots = 1;
  s.queue_places = 1000;
  s.queue_close_after = 100h;
  s.capacity.push_back({run_start + 10s, 60s, 0, {}});
  s.capacity.push_back({run_start + 100s, 40s, 250, {}});
  rig server(s);
  for (std::uint32_t i = 0; i < 300; ++i) server.ask(with_work(chat(i, 0), 1s));
  server.run_all();
  EXPECT_EQ(server.now, run_start + 300s + 60s + 30s);
}

// A late wake-up delays who is told, not the work itself.
TEST(Laws, LateWakeupsLoseNoWork) {
  server_settings s;
  s.slots = 1;
  s.queue_places = 10;
  rig server(s);
  for (std::uint32_t i = 0; i < 3; ++i) server.ask(with_work(chat(i, 0), 1s));
  server.now = run_start + 2500ms;
  server.feed({}, server_wakeup{});
  EXPECT_EQ(server.transcript(),
            "2.5s #0 head 200 tokens 0+60 last\n2.5s #0 end clean\n"
            "2.5s #1 head 200 tokens 0+60 last\n2.5s #1 end clean\n");
  EXPECT_EQ(server.model.next_wakeup(), run_start + 3s);
}

// Two servers that differ in what the others do give one call the same service and faults.
TEST(Laws, NobodyShiftsAnothersDraws) {
  const auto answer_to_7 = [](std::uint32_t others) {
    server_settings s = crowd::small_server();
    s.slots = 0;
    s.capacity.clear();
    rig server(s, {table({{"kind", "truncate"}, {"ratio", 0.5}})});
    for (std::uint32_t i = 0; i < others; ++i) server.ask(chat(100 + i, i));
    server_request r = chat(7, 7);
    r.workload = {};
    const exchange_id id = server.ask(r);
    const answer& a = server.model.answer_of(id);
    const auto seen =
        std::tuple(a.text, a.usage.output, a.fault, server.model.in_flight() - others);
    return seen;
  };
  EXPECT_EQ(answer_to_7(0), answer_to_7(50));
}

TEST(Laws, TiesAreBrokenByDrawAndNotByInstance) {
  const auto order = [](std::uint64_t seed) {
    server_settings s;
    s.slots = 0;
    rig server(s, {}, seed);
    for (std::uint32_t i = 0; i < 20; ++i) server.ask(with_work(chat(i, 0), 1s));
    server.run_all();
    std::vector<std::uint32_t> instances;
    for (const exchange_record& r : server.sink.exchanges) instances.push_back(r.instance);
    return instances;
  };
  const std::vector<std::uint32_t> first = order(1);
  EXPECT_FALSE(std::is_sorted(first.begin(), first.end()));
  EXPECT_NE(first, order(2));
}

}  // namespace
}  // namespace stampede
