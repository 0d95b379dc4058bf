// Each fault alone, its gate, and the rule about coming back too early.
#include "tests/unit/mockserver/rig.hpp"

namespace stampede {
namespace {

using namespace testing;

config_table fault(std::initializer_list<cell> cells) { return table(cells); }

std::string what_is_wrong(const config_table& t) {
  try {
    parse_faults({t});
  } catch (const config_error& e) {
    return e.what();
  }
  return "nothing";
}

TEST(Faults, StatusAnswersAtOnce) {
  rig server({}, {fault({{"kind", "status"}, {"status", 500}})});
  const exchange_id id = server.ask(chat(0, 0));
  EXPECT_EQ(server.transcript(), "0s #0 head 500 last\n0s #0 end clean\n");
  EXPECT_EQ(server.model.answer_of(id).message, "Internal Server Error");
  EXPECT_EQ(server.sink.exchanges[0].fault, 0);
  EXPECT_EQ(server.model.faults()[0].injected(), 1U);
}

TEST(Faults, StatusTakesAMessageAndARetryAfter) {
  rig server({}, {fault({{"kind", "status"},
                         {"status", 503},
                         {"retry_after", "1500ms"},
                         {"message", "closed for lunch"}})});
  const exchange_id id = server.ask(chat(0, 0));
  EXPECT_EQ(server.transcript(), "0s #0 head 503 last retry-after 1.5s\n0s #0 end clean\n");
  EXPECT_EQ(server.model.answer_of(id).message, "closed for lunch");
}

TEST(Faults, TheFirstThatAppliesDecides) {
  rig server({}, {fault({{"kind", "status"}, {"status", 500}, {"at", "10s"}}),
                  fault({{"kind", "status"}, {"status", 402}}),
                  fault({{"kind", "status"}, {"status", 503}})});
  server.ask(chat(0, 0));
  server.run_to(10s);
  server.ask(chat(0, 1));
  EXPECT_EQ(server.transcript(),
            "0s #0 head 402 last\n0s #0 end clean\n"
            "10s #1 head 500 last\n10s #1 end clean\n");
}

TEST(Faults, AWindowIsHalfOpen) {
  rig server({}, {fault({{"kind", "status"}, {"status", 500}, {"at", "10s"}, {"for", "5s"}})});
  std::vector<int> statuses;
  for (const duration at : {9'999'999'999ns, duration(10s), 14'999'999'999ns, duration(15s)}) {
    server.run_to(at);
    statuses.push_back(server.model.answer_of(server.ask(chat(0, 0))).status);
  }
  EXPECT_EQ(statuses, (std::vector<int>{200, 500, 500, 200}));
}

TEST(Faults, CountIsAMost) {
  rig server({}, {fault({{"kind", "status"}, {"status", 500}, {"count", 2}})});
  std::vector<int> statuses;
  for (std::uint32_t i = 0; i < 4; ++i) {
    statuses.push_back(server.model.answer_of(server.ask(chat(0, i))).status);
  }
  EXPECT_EQ(statuses, (std::vector<int>{500, 500, 200, 200}));
}

TEST(Faults, RatioIsDrawnForCallAndAttempt) {
  const auto strikes = [](std::uint64_t seed) {
    server_settings s;
    s.slots = 0;
    rig server(s, {fault({{"kind", "status"}, {"status", 500}, {"ratio", 0.25}})}, seed);
    std::vector<bool> struck;
    for (std::uint32_t i = 0; i < 4000; ++i) {
      struck.push_back(server.model.answer_of(server.ask(chat(i % 100, i / 200))).status == 500);
    }
    return struck;
  };
  const std::vector<bool> struck = strikes(1);
  const auto share = std::count(struck.begin(), struck.end(), true);
  EXPECT_NEAR(static_cast<double>(share), 1000, 110);  // four standard deviations
  EXPECT_EQ(struck, strikes(1));
  EXPECT_NE(struck, strikes(2));
}

TEST(Faults, AnotherFaultBeforeItShiftsNoDraws) {
  const auto strikes = [](bool with_another) {
    server_settings s;
    s.slots = 0;
    std::vector<config_table> faults{
        with_another ? fault({{"kind", "status"}, {"status", 402}, {"ratio", 0.5}})
                     : fault({{"kind", "status"}, {"status", 402}, {"at", "1h"}}),
        fault({{"kind", "status"}, {"status", 500}, {"ratio", 0.5}})};
    rig server(s, faults);
    std::vector<int> statuses;
    for (std::uint32_t i = 0; i < 200; ++i) {
      statuses.push_back(server.model.answer_of(server.ask(chat(i, 0))).status);
    }
    return statuses;
  };
  const std::vector<int> alone = strikes(false);
  const std::vector<int> behind = strikes(true);
  for (std::size_t i = 0; i < alone.size(); ++i) {
    if (behind[i] == 402) continue;
    EXPECT_EQ(alone[i], behind[i]) << i;
  }
}

TEST(Faults, MatchLooksAtModelStreamAttemptAndKey) {
  const auto struck = [](cell condition, const server_request& r, int attempts = 1) {
    rig server({}, {fault({{"kind", "status"}, {"status", 500}, {"match", table({condition})}})});
    int status = 0;
    for (int i = 0; i < attempts; ++i) status = server.model.answer_of(server.ask(r)).status;
    return status == 500;
  };
  server_request pro = chat(0, 0);
  pro.model = "deepseek-v4-pro";
  EXPECT_TRUE(struck({"model", "deepseek-v4-pro"}, pro));
  EXPECT_FALSE(struck({"model", "deepseek-v4-pro"}, chat(0, 0)));
  EXPECT_TRUE(struck({"stream", true}, streamed(chat(0, 0))));
  EXPECT_FALSE(struck({"stream", true}, chat(0, 0)));
  EXPECT_TRUE(struck({"attempt", 2}, chat(0, 0), 2));
  EXPECT_FALSE(struck({"attempt", 2}, chat(0, 0), 3));
  EXPECT_TRUE(struck({"key", "sk-test"}, chat(0, 0)));
  EXPECT_FALSE(struck({"key", "sk-other"}, chat(0, 0)));
}

TEST(Faults, OutageComesBeforeAuthenticationAndOnEveryRoute) {
  rig server({}, {fault({{"kind", "outage"}, {"retry_after", "30s"}})});
  server_request stranger = chat(0, 0);
  stranger.auth = auth_form::missing;
  server.ask(stranger);
  stranger.where = route::models;
  server.ask(stranger);
  EXPECT_EQ(server.transcript(),
            "0s #0 head 503 last retry-after 30s\n0s #0 end clean\n"
            "0s #1 head 503 last retry-after 30s\n0s #1 end clean\n");
}

TEST(Faults, StatusComesAfterAuthentication) {
  rig server({}, {fault({{"kind", "status"}, {"status", 503}})});
  server_request stranger = chat(0, 0);
  stranger.auth = auth_form::missing;
  EXPECT_EQ(server.model.answer_of(server.ask(stranger)).status, 401);
}

TEST(Faults, LatencyDelaysWithoutASlot) {
  server_settings s;
  s.slots = 1;
  rig server(s, {fault({{"kind", "latency"}, {"add", "5s"}, {"count", 1}})});
  server.ask(with_work(chat(0, 0), 1s));
  server.ask(with_work(chat(1, 0), 1s));
  EXPECT_EQ(server.model.held(), 1U);
  server.run_to(20s);
  EXPECT_EQ(server.transcript(),
            "1s #1 head 200 tokens 0+60 last\n1s #1 end clean\n"
            "6s #0 head 200 tokens 0+60 last\n6s #0 end clean\n");
}

TEST(Faults, EmptyContentIsAPaid200) {
  rig server({}, {fault({{"kind", "empty_content"}, {"content", " \n"}})});
  const exchange_id id = server.ask(chat(0, 0));
  server.run_to(10s);
  EXPECT_EQ(server.transcript(), "1.3s #0 head 200 tokens 0+60 last\n1.3s #0 end clean\n");
  EXPECT_TRUE(server.model.answer_of(id).empty_content);
  EXPECT_EQ(server.model.answer_of(id).blank_text, " \n");
  EXPECT_EQ(server.sink.exchanges[0].usage.output, 60);
  EXPECT_GT(server.sink.exchanges[0].charge.value, 0);
}

TEST(Faults, EmptyContentOnAStreamSendsNoTokens) {
  rig server({}, {fault({{"kind", "empty_content"}})});
  server.ask(streamed(chat(0, 0)));
  server.run_to(10s);
  EXPECT_EQ(server.transcript(), "1.3s #0 head 200 tokens 0+60 last\n1.3s #0 end clean\n");
}

TEST(Faults, TruncateCutsAndIsPaid) {
  rig server({}, {fault({{"kind", "truncate"}, {"cut_at", 100}, {"ending", "reset"}})});
  server.ask(chat(0, 0));
  server.run_to(10s);
  EXPECT_EQ(server.transcript(), "1.3s #0 head 200 tokens 0+60 cut 100 last\n1.3s #0 end reset\n");
  EXPECT_FALSE(server.sink.exchanges[0].whole);
  EXPECT_EQ(server.sink.exchanges[0].usage.output, 60);
}

TEST(Faults, TruncateOfAShorterBodyCutsNothing) {
  rig server({}, {fault({{"kind", "truncate"}, {"cut_at", 100000}, {"ending", "reset"}})});
  server.ask(chat(0, 0));
  server.run_to(10s);
  EXPECT_EQ(server.transcript(), "1.3s #0 head 200 tokens 0+60 last\n1.3s #0 end clean\n");
}

TEST(Faults, TruncateStopsAStreamWhereItCuts) {
  server_settings s;
  s.tokens_per_second = 10;
  rig server(s, {fault({{"kind", "truncate"}, {"cut_at", "50%"}})});
  server.ask(streamed(chat(0, 0, 6)));
  server.run_to(10s);
  const std::string t = server.transcript();
  EXPECT_NE(t.find("0.6s #0 tokens 3+1 cut "), std::string::npos) << t;
  EXPECT_TRUE(t.ends_with(" last\n0.6s #0 end clean\n")) << t;
  EXPECT_EQ(server.sink.exchanges[0].busy, 600ms) << "work beyond the cut is not done";
  EXPECT_EQ(server.sink.exchanges[0].usage.output, 4);
}

TEST(Faults, QueueHangKeepsAliveThenAnswers) {
  rig server({}, {fault({{"kind", "queue_hang"}, {"hold", "30s"}})});
  server.ask(chat(0, 0));
  server.run_to(60s);
  EXPECT_EQ(server.transcript(),
            "0s #0 head 200\n"
            "12.4s #0 keep-alive\n"
            "24.8s #0 keep-alive\n"
            "31.3s #0 tokens 0+60 last\n"
            "31.3s #0 end clean\n");
  EXPECT_EQ(server.sink.exchanges[0].busy, 1300ms);
}

TEST(Faults, QueueHangEndsAsSaid) {
  const auto ends = [](const char* then, bool silent) {
    rig server(
        {}, {fault({{"kind", "queue_hang"}, {"hold", "5s"}, {"then", then}, {"silent", silent}})});
    server.ask(chat(0, 0));
    server.run_to(60s);
    EXPECT_EQ(server.sink.exchanges.at(0).charge.value, 0) << "no work, no bill";
    return server.transcript();
  };
  EXPECT_EQ(ends("close", false), "0s #0 head 200\n5s #0 end truncated\n");
  EXPECT_EQ(ends("empty", false), "0s #0 head 200\n5s #0 last\n5s #0 end clean\n");
  EXPECT_EQ(ends("error", false), "0s #0 head 200\n5s #0 last\n5s #0 end clean\n");
  EXPECT_EQ(ends("close", true), "5s #0 end truncated\n");
  EXPECT_EQ(ends("429", true), "5s #0 head 429 last\n5s #0 end clean\n");
  EXPECT_EQ(ends("503", true), "5s #0 head 503 last\n5s #0 end clean\n");
}

TEST(Faults, QueueHangThatAnswersCannotBeRefusedAnyMore) {
  server_settings s;
  s.slots = 1;
  rig server(s, {fault({{"kind", "queue_hang"}, {"hold", "5s"}, {"count", 1}})});
  server.ask(with_work(chat(0, 0), 1s));
  server.ask(with_work(chat(1, 0), 10s));
  server.run_to(20s);
  EXPECT_EQ(server.transcript(),
            "0s #0 head 200\n"
            "10s #1 head 200 tokens 0+60 last\n10s #1 end clean\n"
            "11s #0 tokens 0+60 last\n11s #0 end clean\n");
}

TEST(Faults, AHeldPeerThatLeavesIsForgotten) {
  rig server({}, {fault({{"kind", "queue_hang"}, {"hold", "50s"}})});
  const exchange_id id = server.ask(chat(0, 0));
  server.run_to(20s);
  server.transcript();
  server.feed(id, peer_left{});
  EXPECT_EQ(server.transcript(), "");
  EXPECT_EQ(server.model.held(), 0U);
  EXPECT_EQ(server.model.next_wakeup(), never);
  EXPECT_EQ(server.sink.exchanges[0].status, 200);
}

// ---- rate_limit

TEST(RateLimit, WhoeverComesBackTooEarlyIsRefusedAgainWithWhatRemains) {
  rig server({}, {fault({{"kind", "rate_limit"}, {"retry_after", "20s"}, {"for", "10s"}})});
  server.ask(chat(0, 0));
  server.run_to(12500ms);  // the window is over
  server.ask(chat(0, 0));
  server.ask(chat(1, 0));  // somebody else meets the server
  EXPECT_EQ(server.transcript(),
            "0s #0 head 429 last retry-after 20s\n0s #0 end clean\n"
            "12.5s #1 head 429 last retry-after 7.5s\n12.5s #1 end clean\n");
  server.run_to(20s);
  server.transcript();
  server.ask(chat(0, 0));
  server.run_to(30s);
  EXPECT_EQ(server.transcript(), "21.3s #3 head 200 tokens 0+60 last\n21.3s #3 end clean\n");
}

TEST(RateLimit, WhoeverWaitedInsideTheWindowIsCountedLikeTheOthers) {
  rig server({}, {fault({{"kind", "rate_limit"}, {"retry_after", "20s"}})});
  server.ask(chat(0, 0));
  server.run_to(20s);
  server.transcript();
  server.ask(chat(0, 0));
  EXPECT_EQ(server.transcript(), "20s #1 head 429 last retry-after 20s\n20s #1 end clean\n");
}

TEST(RateLimit, FractionsOfASecondAreKeptAsTold) {
  rig server({}, {fault({{"kind", "rate_limit"}, {"retry_after", "1500ms"}, {"count", 1}})});
  server.ask(chat(0, 0));
  server.run_to(1999ms);
  server.transcript();
  server.ask(chat(0, 0));
  EXPECT_EQ(server.transcript(),
            "1.999s #1 head 429 last retry-after 0.001s\n1.999s #1 end clean\n");
}

TEST(RateLimit, AdmitsItsRateAndNoMore) {
  server_settings s;
  s.slots = 0;
  rig server(s, {fault({{"kind", "rate_limit"}, {"admit", "5/s"}, {"retry_after", "none"}})});
  int admitted = 0;
  std::vector<int> in_second;
  std::uint32_t call = 0;
  for (int second = 0; second < 10; ++second) {
    admitted = 0;
    for (int i = 0; i < 100; ++i) {
      server.run_to(std::chrono::seconds(second) + i * 10ms);
      admitted += server.model.answer_of(server.ask(chat(0, call++))).status == 200;
    }
    in_second.push_back(admitted);
  }
  EXPECT_EQ(in_second, (std::vector<int>{9, 5, 5, 5, 5, 5, 5, 5, 5, 5}));  // 5 of them at once
}

TEST(RateLimit, MeetsTheServersSlotsToo) {
  server_settings s;
  s.slots = 1;
  rig server(s, {fault({{"kind", "rate_limit"}, {"admit", "5/s"}})});
  server.ask(chat(0, 0));
  const exchange_id second = server.ask(chat(1, 0));
  EXPECT_EQ(server.model.answer_of(second).status, 429);
  EXPECT_EQ(server.model.answer_of(second).fault, -1) << "refused by the server, not the fault";
}

TEST(RateLimit, RemembersByScope) {
  const auto second_status = [](const char* scope, const server_request& again) {
    rig server({}, {fault({{"kind", "rate_limit"}, {"scope", scope}, {"count", 1}})});
    server.ask(chat(0, 0));
    return server.model.answer_of(server.ask(again)).status;
  };
  server_request other_key = chat(0, 1);
  other_key.key = "sk-other";
  EXPECT_EQ(second_status("call", chat(0, 1)), 200);
  EXPECT_EQ(second_status("instance", chat(0, 1)), 429);
  EXPECT_EQ(second_status("instance", chat(1, 0)), 200);
  EXPECT_EQ(second_status("key", chat(1, 0)), 429);
  EXPECT_EQ(second_status("key", other_key), 200);
}

// ---- what is refused, and what is said

TEST(Faults, WrongTablesAreRefused) {
  EXPECT_NE(what_is_wrong(fault({{"kind", "rate_limits"}})).find("did you mean 'rate_limit'?"),
            std::string::npos);
  EXPECT_NE(what_is_wrong(fault({{"kind", "outage"}, {"retry_aftr", "2s"}}))
                .find("unknown key 'retry_aftr', did you mean 'retry_after'?"),
            std::string::npos);
  for (const config_table& wrong :
       {fault({{"at", "0s"}}), fault({{"kind", "status"}}),
        fault({{"kind", "status"}, {"status", 200}}), fault({{"kind", "latency"}}),
        fault({{"kind", "outage"}, {"status", 429}}),
        fault({{"kind", "outage"}, {"retry_after", "soon"}}),
        fault({{"kind", "truncate"}, {"cut_at", "40"}}),
        fault({{"kind", "truncate"}, {"cut_at", -1}}),
        fault({{"kind", "truncate"}, {"ending", "bang"}}),
        fault({{"kind", "empty_content"}, {"content", "hello"}}),
        fault({{"kind", "queue_hang"}, {"then", "503"}}),
        fault({{"kind", "queue_hang"}, {"silent", true}, {"keep_alive_every", "1s"}}),
        fault({{"kind", "rate_limit"}, {"burst", 3}}),
        fault({{"kind", "rate_limit"}, {"ratio", 1.5}}),
        fault({{"kind", "rate_limit"}, {"count", 0}}),
        fault({{"kind", "rate_limit"}, {"match", table({{"model", "gpt-4"}})}})}) {
    EXPECT_NE(what_is_wrong(wrong), "nothing");
  }
}

TEST(Faults, DescribeThemselves) {
  const auto words = [](std::initializer_list<cell> cells) {
    return parse_faults({fault(cells)})[0].describe();
  };
  EXPECT_EQ(words({{"kind", "rate_limit"}, {"retry_after", "20s"}, {"admit", "5/s"}}),
            "429 with Retry-After 20s, 5/s admitted");
  EXPECT_EQ(words({{"kind", "truncate"}, {"cut_at", "40%"}, {"ending", "close"}, {"ratio", 0.3}}),
            "200 whose body ends after 40 % of its bytes, then a close, for 30 % of requests");
  EXPECT_EQ(words({{"kind", "outage"}, {"count", 3}}),
            "outage: 503 for everybody, at most 3 times");
  EXPECT_EQ(
      words(
          {{"kind", "queue_hang"}, {"hold", "2m"}, {"keep_alive_every", "10s"}, {"then", "close"}}),
      "held with a keep-alive every 10s for 2m, then closed");
}

}  // namespace
}  // namespace stampede
