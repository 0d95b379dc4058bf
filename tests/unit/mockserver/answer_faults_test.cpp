// The faults of an answer's bytes, its end and its connection: what goes out, on streams and not.
#include <nlohmann/json.hpp>

#include "mockserver/answer_text.hpp"
#include "mockserver/bodies.hpp"
#include "mockserver/wire.hpp"
#include "tests/unit/mockserver/rig.hpp"

namespace stampede {
namespace {

using namespace testing;

config_table fault(std::initializer_list<cell> cells) { return table(cells); }

struct sent {
  std::string transcript;
  std::string body;  // without keep-alives
  std::string wire;  // as if it went out in one piece
  answer said;
  exchange_record record;
};

// What becomes of one request, all pieces of its body put together.
sent answer_under(const config_table& f, server_request request, duration length = 200s) {
  struct gatherer final : server_observer {
    std::string body;
    void on_event(const server_model& model, exchange_id, const server_event&, instant,
                  std::span<const server_effect> effects) override {
      for (const server_effect& e : effects) {
        const auto* piece = std::get_if<emit>(&e);
        if (piece && !piece->piece.keep_alive) {
          append_segment(model.answer_of(piece->exchange), piece->piece, body);
        }
      }
    }
  } all;
  server_settings s;
  s.tokens_per_second = 10;
  rig server(s, {f});
  server.model.observe(&all);
  const exchange_id id = server.ask(request);
  server.run_to(length);
  sent result;
  result.transcript = server.transcript();
  result.body = all.body;
  result.said = server.model.answer_of(id);
  segment piece;
  piece.head = piece.last = true;
  append_wire(result.said, piece, {}, result.wire);
  if (!server.sink.exchanges.empty()) result.record = server.sink.exchanges[0];
  return result;
}

std::string whole(server_request request) {
  return answer_under(fault({{"kind", "status"}, {"status", 500}, {"at", "1h"}}), request).body;
}

bool is_json(std::string_view text) { return nlohmann::json::accept(text); }

// The JSON texts of a stream's events, [DONE] left out.
std::vector<std::string> events_of(const std::string& body) {
  std::vector<std::string> all;
  for (std::size_t at = body.find("data: {"); at != std::string::npos;
       at = body.find("data: {", at + 1)) {
    all.push_back(body.substr(at + 6, body.find('\n', at) - at - 6));
  }
  return all;
}

// ---- truncate

TEST(TruncateInside, CutsACharacterAnEscapeAnEventOrBetweenTwo) {
  for (const bool stream : {false, true}) {
    for (const bool json_mode : {false, true}) {
      server_request r = chat(0, 0, 30);
      r.chat.stream = stream;
      r.chat.json_mode = r.chat.mentions_json = json_mode;
      const auto cut = [&](const char* inside) {
        return answer_under(fault({{"kind", "truncate"}, {"cut_at", "50%"}, {"inside", inside}}), r)
            .body;
      };
      const std::string utf8 = cut("utf8");
      ASSERT_FALSE(utf8.empty());
      EXPECT_GE(static_cast<unsigned char>(utf8.back()), 0xc0) << "a lead byte is the last";
      const std::string escape = cut("escape");
      EXPECT_EQ(escape.back(), '\\');
      const auto run = escape.size() - 1 - escape.find_last_not_of('\\');
      EXPECT_EQ(run % 2, 1U) << "the backslash begins an escape";
      if (!stream) continue;
      const std::string frame = cut("frame");
      EXPECT_FALSE(is_json(events_of(frame).back()));
      EXPECT_NE(frame.back(), '\n');
      const std::string between = cut("between");
      EXPECT_TRUE(between.ends_with("}\n\n")) << between.substr(between.size() - 20);
      for (const std::string& event : events_of(between)) EXPECT_TRUE(is_json(event)) << event;
    }
  }
}

// Sizes are foreseen without rendering: with other words too they must be what is rendered.
TEST(TruncateInside, OtherWordsAreForeseenToTheByte) {
  for (const alphabet letters : {alphabet::plain, alphabet::accented, alphabet::escaped}) {
    for (const bool stream : {false, true}) {
      for (const bool json_mode : {false, true}) {
        for (const bool thinking : {false, true}) {
          answer a;
          a.letters = letters;
          a.stream = stream;
          a.json_mode = json_mode;
          a.thinking = thinking;
          a.usage = {0, 10, 24};
          a.reasoning = thinking ? 12 : 0;
          a.text = 17;
          const std::string body = whole_body(a);
          EXPECT_EQ(body_bytes(a), static_cast<std::int64_t>(body.size()));
          if (stream) continue;
          const auto json = nlohmann::json::parse(body);
          const std::string content = json["choices"][0]["message"]["content"];
          EXPECT_TRUE(!json_mode || is_json(content)) << content;
          std::string tokens;
          token_room room;
          for (std::int32_t i = a.reasoning; i < a.usage.output; ++i) {
            tokens += token_text(a, i, room);
          }
          EXPECT_EQ(content, tokens);
        }
      }
    }
  }
}

// ---- malformed_json

TEST(MalformedJson, BreaksOneTextAndComesToItsEnd) {
  for (const char* how : {"quote", "control"}) {
    for (const char* at : {"0%", "30%", "60%", "99%"}) {
      const config_table f = fault({{"kind", "malformed_json"}, {"cut_at", at}, {"how", how}});
      const sent plain = answer_under(f, chat(0, 0, 30));
      EXPECT_FALSE(is_json(plain.body)) << how << " " << at;
      const std::ptrdiff_t longer = how == std::string_view("quote") ? -1 : 1;
      EXPECT_EQ(std::ssize(plain.body), std::ssize(whole(chat(0, 0, 30))) + longer);
      EXPECT_TRUE(plain.record.whole);
      const sent stream = answer_under(f, streamed(chat(0, 0, 30)));
      EXPECT_TRUE(stream.body.ends_with("data: [DONE]\n\n"));
      const std::vector<std::string> events = events_of(stream.body);
      const auto broken = std::count_if(events.begin(), events.end(),
                                        [](const std::string& e) { return !is_json(e); });
      EXPECT_EQ(broken + (32 - std::ssize(events)), 1) << how << " " << at;
    }
  }
}

// ---- missing_finish

TEST(MissingFinish, LeavesOutWhatIsSaid) {
  const auto body = [](const char* what, const server_request& r) {
    return answer_under(fault({{"kind", "missing_finish"}, {"leave_out", what}}), r).body;
  };
  const std::string all = whole(streamed(chat(0, 0, 6)));
  const std::string done = "data: [DONE]\n\n";
  EXPECT_EQ(body("done", streamed(chat(0, 0, 6))) + done, all);
  const std::string neither = body("both", streamed(chat(0, 0, 6)));
  EXPECT_TRUE(all.starts_with(neither));
  EXPECT_EQ(events_of(neither).size(), events_of(all).size() - 1);
  EXPECT_EQ(neither.find("\"stop\""), std::string::npos);
  const std::string no_reason = body("finish_reason", streamed(chat(0, 0, 6)));
  EXPECT_TRUE(no_reason.ends_with(done));
  EXPECT_EQ(no_reason.find("\"stop\""), std::string::npos);
  EXPECT_NE(no_reason.find("\"completion_tokens\":6"), std::string::npos);
  for (const char* what : {"done", "both", "finish_reason"}) {
    const auto json = nlohmann::json::parse(body(what, chat(0, 0, 6)));
    EXPECT_TRUE(json["choices"][0]["finish_reason"].is_null());
    EXPECT_EQ(json["usage"]["completion_tokens"], 6);
  }
}

TEST(MissingFinish, OnTheAnthropicSurfaceToo) {
  server_request r = streamed(chat(0, 0, 6));
  r.where = route::messages;
  const auto body = [&](const char* what) {
    return answer_under(fault({{"kind", "missing_finish"}, {"leave_out", what}}), r).body;
  };
  EXPECT_EQ(body("done").find("message_stop"), std::string::npos);
  EXPECT_NE(body("done").find("end_turn"), std::string::npos);
  EXPECT_EQ(body("both").find("message_delta"), std::string::npos);
  EXPECT_NE(body("finish_reason").find("\"stop_reason\":null,\"stop_sequence\":null},\"usage\""),
            std::string::npos);
  EXPECT_NE(body("finish_reason").find("message_stop"), std::string::npos);
}

// ---- error_event

TEST(ErrorEvent, ComesInsteadOfTheRest) {
  const config_table f = fault({{"kind", "error_event"}, {"cut_at", "50%"}, {"status", 503}});
  const sent stream = answer_under(f, streamed(chat(0, 0, 6)));
  EXPECT_EQ(events_of(stream.body).size(), 1 + 3 + 1U) << "the opening, three tokens, the error";
  EXPECT_TRUE(stream.body.ends_with(
      "data: {\"error\":{\"message\":\"Service is too busy. We advise users to temporarily switch "
      "to alternative LLM API service "
      "providers.\",\"type\":\"service_unavailable_error\",\"param\":"
      "null,\"code\":\"service_unavailable_error\"}}\n\n"))
      << stream.body;
  EXPECT_EQ(stream.record.status, 200);
  EXPECT_EQ(stream.record.usage.output, 3) << "what was generated is billed";
  const sent plain = answer_under(f, chat(0, 0, 6));
  EXPECT_EQ(plain.record.status, 200);
  EXPECT_TRUE(plain.body.starts_with("{\"error\":{\"message\":\"Service is too busy."));
  EXPECT_EQ(plain.record.usage.output, 3);
}

TEST(ErrorEvent, MayBeTheFirstThingOrTheLast) {
  const auto tokens = [](config_value at) {
    config_table f = fault({{"kind", "error_event"}, {"message", "gone"}});
    f.entries.push_back({"cut_at", {}, std::move(at)});
    const sent s = answer_under(f, streamed(chat(0, 0, 6)));
    EXPECT_NE(s.body.find("{\"error\":{\"message\":\"gone\""), std::string::npos);
    EXPECT_EQ(s.body.find("[DONE]"), std::string::npos);
    return s.record.usage.output;
  };
  EXPECT_EQ(tokens(value_of(0)), 0);
  EXPECT_EQ(tokens(value_of(4)), 4);
  EXPECT_EQ(tokens(value_of(1000)), 6);
  EXPECT_EQ(tokens(value_of("100%")), 6);
}

TEST(ErrorEvent, IsAnEventOfTheAnthropicKindThere) {
  server_request r = streamed(chat(0, 0, 6));
  r.where = route::messages;
  const sent s = answer_under(fault({{"kind", "error_event"}}), r);
  EXPECT_NE(s.body.find("event: error\ndata: {\"error\":"), std::string::npos);
  EXPECT_EQ(s.body.find("message_stop"), std::string::npos);
}

// ---- slow_stream

TEST(SlowStream, TakesItsTimeWhateverTheServersSpeed) {
  const config_table f = fault({{"kind", "slow_stream"}, {"tokens_per_second", 0.5}});
  const sent stream = answer_under(f, streamed(chat(0, 0, 3)));
  EXPECT_EQ(stream.transcript,
            "2s #0 head 200 tokens 0+1\n"
            "4s #0 tokens 1+1\n"
            "6s #0 tokens 2+1\n"
            "8s #0 last\n"
            "8s #0 end clean\n");
  EXPECT_EQ(answer_under(f, chat(0, 0, 3)).transcript,
            "8s #0 head 200 tokens 0+3 last\n8s #0 end clean\n");
  EXPECT_EQ(answer_under(f, with_work(chat(0, 0, 3), 1s)).transcript,
            "8s #0 head 200 tokens 0+3 last\n8s #0 end clean\n");
}

// Work beyond what the clock counts came out at once, or never.
TEST(SlowStream, TakesAThousandHoursAtMost) {
  const std::string late = "3.6e+06s #0 head 200 tokens 0+1000000 last\n3.6e+06s #0 end clean\n";
  const config_table f = fault({{"kind", "slow_stream"}, {"tokens_per_second", 0.001}});
  EXPECT_EQ(answer_under(f, chat(0, 0, 1'000'000), 1001h).transcript, late);
  rig declared;
  declared.ask(with_work(chat(0, 0, 1'000'000), duration::max()));
  declared.run_all();
  EXPECT_EQ(declared.transcript(), late);
  server_settings slow;
  slow.tokens_per_second = 0.001;
  rig server(slow);
  server.ask(chat(0, 0, 1'000'000));
  server.run_all();
  EXPECT_EQ(server.transcript(), late);
}

// ---- stall

TEST(Stall, IsSilentForEverUnlessItHolds) {
  const sent plain = answer_under(fault({{"kind", "stall"}, {"cut_at", 100}}), chat(0, 0, 6));
  EXPECT_EQ(plain.transcript, "0.9s #0 head 200 tokens 0+6 cut 100 last\n0.9s #0 end silent\n");
  EXPECT_EQ(plain.body, whole(chat(0, 0, 6)).substr(0, 100));
  EXPECT_FALSE(plain.record.whole);
}

TEST(Stall, ResumesToTheByte) {
  for (const bool stream : {false, true}) {
    for (const int at : {0, 1, 100, 300, 700, 1200}) {
      server_request r = chat(0, 0, 6);
      r.chat.stream = stream;
      const std::string all = whole(r);
      if (at >= std::ssize(all)) continue;
      const sent s = answer_under(fault({{"kind", "stall"}, {"cut_at", at}, {"hold", "30s"}}), r);
      EXPECT_EQ(s.body, all) << stream << " " << at;
      EXPECT_TRUE(s.record.whole);
      EXPECT_EQ(s.record.usage.output, 6) << "all of it is billed";
      EXPECT_GE(s.record.ended - s.record.arrived, 30s);
      EXPECT_LE(s.record.busy, 1s) << "no slot is held meanwhile";
      EXPECT_TRUE(s.transcript.ends_with("end clean\n"));
    }
  }
}

TEST(Stall, MayEndInACloseOrAReset) {
  const auto end = [](const char* then) {
    return answer_under(
        fault({{"kind", "stall"}, {"cut_at", 100}, {"hold", "30s"}, {"then", then}}),
        chat(0, 0, 6));
  };
  EXPECT_EQ(end("close").transcript,
            "0.9s #0 head 200 tokens 0+6 cut 100\n30.9s #0 end truncated\n");
  EXPECT_EQ(end("reset").transcript, "0.9s #0 head 200 tokens 0+6 cut 100\n30.9s #0 end reset\n");
}

TEST(Stall, APeerThatLeavesMeanwhileIsForgotten) {
  rig server({}, {fault({{"kind", "stall"}, {"cut_at", 100}, {"hold", "10m"}})});
  const exchange_id id = server.ask(chat(0, 0));
  server.run_to(20s);
  EXPECT_EQ(server.model.held(), 1U);
  server.feed(id, peer_left{});
  EXPECT_EQ(server.model.held(), 0U);
  EXPECT_EQ(server.model.open(), 0U);
  EXPECT_EQ(server.model.next_wakeup(), never);
  EXPECT_GT(server.sink.exchanges[0].charge.value, 0);
}

// ---- reset and close

TEST(BrokenConnection, BeforeAnAnswerOrInsideOne) {
  for (const auto& [kind, ends] : {std::pair{"reset", "reset"}, std::pair{"close", "truncated"}}) {
    const std::string end = std::string("end ") + ends + "\n";
    EXPECT_EQ(answer_under(fault({{"kind", kind}}), chat(0, 0)).transcript, "0s #0 " + end);
    const sent late = answer_under(fault({{"kind", kind}, {"wait", "5s"}}), streamed(chat(0, 0)));
    EXPECT_EQ(late.transcript, "5s #0 " + end);
    EXPECT_EQ(late.record.status, 0);
    EXPECT_EQ(late.record.charge.value, 0);
    const sent inside = answer_under(fault({{"kind", kind}, {"cut_at", 100}}), chat(0, 0, 6));
    EXPECT_EQ(inside.transcript, "0.9s #0 head 200 tokens 0+6 cut 100 last\n0.9s #0 " + end);
    EXPECT_EQ(inside.body, whole(chat(0, 0, 6)).substr(0, 100));
  }
}

// ---- wrong_type

TEST(WrongType, IsAGatewaysPageOnEveryRoute) {
  const sent s = answer_under(fault({{"kind", "wrong_type"}}), streamed(chat(0, 0)));
  EXPECT_EQ(s.transcript, "0s #0 head 502 last\n0s #0 end clean\n");
  EXPECT_TRUE(s.body.starts_with("<html>\r\n<head><title>502 Bad Gateway</title></head>"));
  EXPECT_NE(s.wire.find("\r\nContent-Type: text/html\r\n"), std::string::npos) << s.wire;
  EXPECT_NE(s.wire.find("\r\nx-stampede-fault: 0:wrong_type\r\n"), std::string::npos);
}

TEST(WrongType, SaysAStatusByItsOwnName) {
  for (const std::string name : {"201 Created", "202 Accepted", "301 Moved Permanently",
                                 "303 See Other", "308 Permanent Redirect"}) {
    const config_table f = fault({{"kind", "wrong_type"}, {"status", std::stoi(name)}});
    const sent s = answer_under(f, chat(0, 0));
    EXPECT_TRUE(s.wire.starts_with("HTTP/1.1 " + name + "\r\n")) << s.wire;
    EXPECT_NE(s.body.find("<title>" + name + "</title>"), std::string::npos);
  }
}

TEST(WrongType, IsNoStatusThatHasNoBody) {
  for (const int status : {204, 205, 304}) {
    try {
      parse_faults({fault({{"kind", "wrong_type"}, {"status", status}})});
      ADD_FAILURE() << status;
    } catch (const config_error& wrong) {
      EXPECT_NE(
          std::string(wrong.what())
              .find(
                  "'status' must be from 200 to 599, but not 204, 205 or 304, which have no body"),
          std::string::npos)
          << wrong.what();
    }
  }
}

TEST(WrongType, A200OfAnotherTypeIsNoStream) {
  const sent s = answer_under(fault({{"kind", "wrong_type"},
                                     {"status", 200},
                                     {"content_type", "text/plain"},
                                     {"body", "hi"}}),
                              streamed(chat(0, 0)));
  EXPECT_EQ(s.body, "hi");
  EXPECT_NE(s.wire.find("\r\nContent-Type: text/plain\r\n"), std::string::npos);
  EXPECT_TRUE(s.wire.ends_with("\r\nContent-Length: 2\r\n\r\nhi"));
}

TEST(AnswerFaults, WrongTablesAreRefused) {
  for (const config_table& wrong :
       {fault({{"kind", "stall"}, {"then", "close"}}), fault({{"kind", "stall"}, {"hold", "0s"}}),
        fault({{"kind", "reset"}, {"wait", "1s"}, {"cut_at", 3}}),
        fault({{"kind", "error_event"}, {"status", 200}}),
        fault({{"kind", "slow_stream"}, {"tokens_per_second", 0}}),
        fault({{"kind", "missing_finish"}, {"leave_out", "all"}}),
        fault({{"kind", "wrong_type"}, {"status", 199}}),
        fault({{"kind", "wrong_type"}, {"content_type", "a\nb"}}),
        fault({{"kind", "malformed_json"}, {"how", "badly"}}),
        fault({{"kind", "truncate"}, {"inside", "out"}}),
        fault({{"kind", "close"}, {"match", table({{"path", "models"}})}})}) {
    EXPECT_THROW(parse_faults({wrong}), config_error);
  }
}

}  // namespace
}  // namespace stampede
