// How faults are asked for: terse lines, sequences, the request's own header, matches; and what
// is said of those that nobody met.
#include "mockserver/faults/terse.hpp"
#include "mockserver/wire.hpp"
#include "tests/unit/mockserver/rig.hpp"

namespace stampede {
namespace {

using namespace testing;

config_array lines(std::initializer_list<const char*> texts) {
  config_array all;
  for (const char* text : texts) all.push_back(value_of(text));
  return all;
}

std::string as_text(const config_table& t) {
  std::string text;
  for (const config_entry& e : t.entries) {
    if (!text.empty()) text += ", ";
    text += e.key + " = ";
    if (const auto* s = std::get_if<std::string>(&e.value.data)) text += '"' + *s + '"';
    if (const auto* n = std::get_if<std::int64_t>(&e.value.data)) text += std::to_string(*n);
    if (const auto* d = std::get_if<double>(&e.value.data)) text += fmt::format("{:g}", *d);
    if (const auto* b = std::get_if<bool>(&e.value.data)) text += *b ? "true" : "false";
  }
  return text;
}

TEST(TerseFault, IsATable) {
  const auto read = [](std::string_view text) { return as_text(terse_fault(text, {})); };
  EXPECT_EQ(read("503"), R"(status = 503, kind = "status")");
  EXPECT_EQ(read("429 retry_after=2"), R"(status = 429, retry_after = "2s", kind = "status")");
  EXPECT_EQ(read("status=503; retry_after=2s"),
            R"(status = 503, retry_after = "2s", kind = "status")");
  EXPECT_EQ(read("truncate at=40%"), R"(kind = "truncate", cut_at = "40%")");
  EXPECT_EQ(read("  kind=stall ;hold=5s;then=reset ; "),
            R"(kind = "stall", hold = "5s", then = "reset")");
  EXPECT_EQ(read("queue_hang silent=true hold=1.5"),
            R"(kind = "queue_hang", silent = true, hold = 1.5)");
  EXPECT_EQ(read("500 message=\"back soon; or not\""),
            R"(status = 500, message = "back soon; or not", kind = "status")");
}

TEST(TerseFault, WhatIsNoneIsRefused) {
  for (const std::string_view wrong :
       {"", "  ; ", "503 retry_after", "=503", "retry_after=2", "503 503=1 503=2",
        "500 message=\"open", "status=1 status=2"}) {
    EXPECT_THROW(terse_fault(wrong, {}), config_error) << wrong;
  }
}

// ---- sequences

std::vector<int> statuses(rig& server, std::initializer_list<server_request> requests) {
  std::vector<int> all;
  for (const server_request& r : requests) {
    all.push_back(server.model.answer_of(server.ask(r)).status);
  }
  return all;
}

TEST(Sequence, MeetsEachCallsAttemptsInTurn) {
  rig server({},
             {table({{"sequence", lines({"429 retry_after=2", "503", "truncate at=40%", "ok"})}})});
  const exchange_id first = server.ask(chat(0, 0));
  const answer refused = server.model.answer_of(first);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.retry_after, 2s);
  EXPECT_EQ(refused.fault, 0);
  EXPECT_EQ(refused.fault_kind, "status") << "the line's own kind";
  EXPECT_EQ(statuses(server, {chat(1, 0), chat(0, 0), chat(1, 0)}),
            (std::vector<int>{429, 503, 503}));
  const exchange_id third = server.ask(chat(0, 0));
  const exchange_id other = server.ask(chat(2, 0));
  server.run_to(10s);
  EXPECT_EQ(server.model.answer_of(third).fault_kind, "truncate");
  EXPECT_GE(server.model.answer_of(third).cut_at, 0);
  EXPECT_EQ(server.model.answer_of(other).status, 429) << "another call begins at the top";
  const exchange_id fourth = server.ask(chat(0, 0));
  const exchange_id fifth = server.ask(chat(0, 0));
  server.run_to(20s);
  for (const exchange_id fine : {fourth, fifth}) {
    EXPECT_EQ(server.model.answer_of(fine).status, 200);
    EXPECT_EQ(server.model.answer_of(fine).fault, no_fault);
    EXPECT_EQ(server.model.answer_of(fine).cut_at, -1);
  }
}

TEST(Sequence, MayCountAKeysOrAllRequestsAndStartAgain) {
  const auto run = [](const char* per, bool repeat) {
    rig server({}, {table({{"kind", "sequence"},
                           {"sequence", lines({"500", "503", "ok"})},
                           {"per", per},
                           {"repeat", repeat}})});
    server_request other = chat(1, 0);
    other.key = "sk-other";
    return statuses(server, {chat(0, 0), other, chat(0, 1), chat(0, 2), chat(0, 3), other});
  };
  EXPECT_EQ(run("key", false), (std::vector<int>{500, 500, 503, 200, 200, 503}));
  EXPECT_EQ(run("all", false), (std::vector<int>{500, 503, 200, 200, 200, 200}));
  EXPECT_EQ(run("all", true), (std::vector<int>{500, 503, 200, 500, 503, 200}));
  EXPECT_EQ(run("call", true), (std::vector<int>{500, 500, 500, 500, 500, 503}));
}

TEST(Sequence, StandsBehindAGateLikeAnyFault) {
  rig server(
      {},
      {table({{"sequence", lines({"500"})}, {"at", "10s"}, {"match", table({{"stream", true}})}})});
  EXPECT_EQ(statuses(server, {streamed(chat(0, 0))})[0], 200);
  server.run_to(10s);
  EXPECT_EQ(statuses(server, {chat(0, 1), streamed(chat(0, 2))}), (std::vector<int>{200, 500}));
}

TEST(Sequence, WrongLinesAreRefusedWithTheirReason) {
  const auto why = [](std::initializer_list<const char*> texts) {
    try {
      parse_faults({table({{"sequence", lines(texts)}})});
    } catch (const config_error& e) {
      return std::string(e.what());
    }
    return std::string("nothing");
  };
  EXPECT_NE(why({"trunkate at=40%"}).find("did you mean 'truncate'?"), std::string::npos);
  EXPECT_NE(why({"503 retry_aftr=2"}).find("did you mean 'retry_after'?"), std::string::npos);
  EXPECT_NE(why({}).find("needs a line"), std::string::npos);
  EXPECT_NE(why({"sequence sequence=x"}), "nothing");
  EXPECT_NE(why({"503 count=2"}).find("unknown key 'count'"), std::string::npos)
      << "a line has no gate of its own";
}

// ---- the request's own header

server_request asking(std::string_view header, server_request r = chat(0, 0)) {
  r.asked_fault = header;
  return r;
}

TEST(AskedFault, IsDoneToTheRequestThatAsks) {
  rig server;
  const exchange_id id = server.ask(asking("status=503; retry_after=2"));
  EXPECT_EQ(server.transcript(), "0s #0 head 503 last retry-after 2s\n0s #0 end clean\n");
  EXPECT_EQ(server.model.answer_of(id).fault, asked_fault);
  EXPECT_EQ(server.model.answer_of(id).fault_kind, "status");
  EXPECT_EQ(server.sink.exchanges[0].fault, asked_fault);
  EXPECT_EQ(statuses(server, {chat(0, 0)})[0], 200) << "and to no other";
}

TEST(AskedFault, GoesBeforeTheScenariosAndBeforeTheKeyIsLookedAt) {
  rig server({}, {table({{"kind", "outage"}})});
  server_request stranger = asking("418");
  stranger.auth = auth_form::missing;
  stranger.where = route::models;
  EXPECT_EQ(statuses(server, {stranger, asking("truncate at=10%")}), (std::vector<int>{418, 200}));
  server.run_to(10s);
  EXPECT_NE(server.transcript().find(" cut "), std::string::npos);
  EXPECT_EQ(server.model.faults()[0].injected(), 0U);
}

TEST(AskedFault, IsNotClaimedWhereThereIsNothingToEdit) {
  rig server;
  for (const char* header : {"truncate at=10", "latency add=1s", "queue_hang", "stall"}) {
    server_request page = asking(header);
    page.where = route::models;
    const exchange_id id = server.ask(page);
    EXPECT_EQ(server.model.answer_of(id).fault, no_fault) << header;
    EXPECT_EQ(server.model.answer_of(id).body, body_kind::models) << header;
    EXPECT_EQ(server.sink.exchanges.back().fault, no_fault) << header;
    EXPECT_EQ(server.sink.exchanges.back().fault_kind, 0) << header;
  }
}

TEST(AskedFault, WhatIsNoFaultIsToldAt400) {
  rig server;
  const exchange_id id = server.ask(asking("trunkate"));
  const answer& a = server.model.answer_of(id);
  EXPECT_EQ(a.status, 400);
  EXPECT_EQ(a.message, "x-stampede-fault: no fault is called 'trunkate', did you mean 'truncate'?");
  EXPECT_EQ(a.fault, no_fault);
}

TEST(AskedFault, WhatIsRepeatedOfItIsPrintableAndCut) {
  rig server;
  const auto told_of = [&](const std::string& header) {
    return std::string(server.model.answer_of(server.ask(asking(header))).message);
  };
  const std::string told = told_of("tr\xff\x80x\xc3\xa9 at=1");
  EXPECT_TRUE(told.starts_with("x-stampede-fault: no fault is called 'tr\?\?x\?\?'")) << told;
  EXPECT_LT(told_of(std::string(60'000, 'x')).size(), 1'100U);
}

TEST(AskedFault, CanBeSwitchedOff) {
  server_settings s = parse_server(table({{"fault_header", false}}));
  EXPECT_TRUE(parse_server({}).fault_header);
  rig server(s);
  EXPECT_EQ(statuses(server, {asking("503"), asking("no such thing", chat(0, 1))}),
            (std::vector<int>{200, 200}));
}

// The fault's own text is what the answer points to, as long as it may be rendered.
TEST(AskedFault, ItsTextLivesAsLongAsTheAnswer) {
  rig server;
  std::string header = "500 message=\"a text of its own, longer than a short string would hold\"";
  const exchange_id id = server.ask(asking(header));
  std::fill(header.begin(), header.end(), 'x');
  std::string wire;
  segment whole;
  whole.head = whole.last = true;
  append_wire(server.model.answer_of(id), whole, {}, wire);
  EXPECT_NE(wire.find("x-stampede-fault: asked:status\r\n"), std::string::npos) << wire;
  EXPECT_NE(wire.find("a text of its own, longer than a short string would hold"),
            std::string::npos);
}

// ---- matches

TEST(FaultMatch, LooksAtInstanceAndPath) {
  const auto struck = [](cell condition, server_request r, const char* kind = "status") {
    rig server({}, {table({{"kind", kind}, {"status", 503}, {"match", table({condition})}})});
    return statuses(server, {std::move(r)})[0] == 503;
  };
  EXPECT_TRUE(struck({"instance", 3}, chat(3, 0)));
  EXPECT_FALSE(struck({"instance", 3}, chat(4, 0)));
  server_request by_content = chat(3, 0);
  by_content.identity.by_header = false;
  EXPECT_FALSE(struck({"instance", 3}, by_content)) << "that number is made of its key";
  server_request v1 = chat(0, 0);
  v1.path = "/v1/chat/completions";
  EXPECT_TRUE(struck({"path", "/v1/chat/completions"}, v1));
  EXPECT_FALSE(struck({"path", "/chat/completions"}, v1));
  server_request models = chat(0, 0);
  models.where = route::models;
  models.path = "/models";
  EXPECT_TRUE(struck({"path", "/models"}, models, "outage"));
  EXPECT_FALSE(struck({"path", "/models"}, v1, "outage"));
}

// A fault that is asked when the work begins still knows the path.
TEST(FaultMatch, ThePathOutlivesTheRequest) {
  rig server({},
             {table({{"kind", "empty_content"}, {"match", table({{"path", "/chat/completions"}})}}),
              table({{"kind", "latency"}, {"add", "1s"}, {"count", 1}})});
  std::string path = "/chat/completions";
  server_request r = chat(0, 0);
  r.path = path;
  server.ask(r);
  path.assign(path.size(), 'x');
  const exchange_id second = server.ask([&] {
    server_request again = chat(0, 1);
    again.path = "/chat/completions";
    return again;
  }());
  server.run_to(10s);
  EXPECT_TRUE(server.model.answer_of(second).empty_content);
}

// ---- what nobody met

TEST(Unmet, IsSaidInWords) {
  rig server({}, {table({{"kind", "status"}, {"status", 500}, {"at", "1h"}}),
                  table({{"kind", "status"},
                         {"status", 503},
                         {"count", 3},
                         {"match", table({{"stream", true}})}}),
                  table({{"sequence", lines({"429", "503", "ok"})}})});
  server.ask(streamed(chat(0, 0)));
  server.ask(chat(1, 0));
  server.ask(chat(1, 0));
  const std::vector<fault_rule>& faults = server.model.faults();
  EXPECT_EQ(faults[0].unmet(), "never took a request");
  EXPECT_EQ(faults[1].unmet(), "took 1 of 3");
  EXPECT_EQ(faults[2].unmet(), "line 3 (\"ok\") was never reached");
  server.ask(chat(1, 0));
  EXPECT_EQ(faults[2].unmet(), "");
  EXPECT_EQ(faults[2].injected(), 2U);
}

}  // namespace
}  // namespace stampede
