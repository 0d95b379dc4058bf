// The mock server seen from raw sockets: what is on the wire, byte for byte, and how
// connections end. Nothing of ours but the server is involved.
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/live/wire_rig.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;
using testing::client;
using testing::content_length;
using testing::ping;
using testing::post;
using testing::read_reply;
using testing::reply;
using testing::stream_ping;
using testing::without_chunks;

class Wire : public testing::wire_rig {};

TEST_F(Wire, AnswersAndTheConnectionIsReused) {
  client c(serve().port());
  std::string first_id;
  for (int i = 0; i < 3; ++i) {
    c.send(post(ping, "x-stampede-call: 3-" + std::to_string(i) + "\r\n",
                i == 1 ? "/v1/chat/completions" : "/chat/completions"));
    const reply r = read_reply(c);
    EXPECT_TRUE(r.head.starts_with("HTTP/1.1 200 OK\r\n")) << r.head;
    EXPECT_NE(r.head.find("Content-Type: application/json\r\n"), std::string::npos);
    EXPECT_NE(r.head.find("x-ds-trace-id: "), std::string::npos);
    const auto json = nlohmann::json::parse(r.body);
    EXPECT_EQ(json["object"], "chat.completion");
    EXPECT_EQ(json["usage"]["completion_tokens"], 12);
    EXPECT_NE(json["id"], first_id);
    first_id = json["id"];
  }
}

TEST_F(Wire, StreamsEndWithDone) {
  client c(serve().port());
  c.send(post(stream_ping));
  const std::string head = c.until("\r\n\r\n");
  EXPECT_NE(head.find("Content-Type: text/event-stream; charset=utf-8\r\n"), std::string::npos);
  EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  const std::string body = without_chunks(c.until("\r\n0\r\n\r\n"));
  EXPECT_TRUE(body.starts_with("data: {\"id\":\""));
  EXPECT_TRUE(body.ends_with("}\n\ndata: [DONE]\n\n")) << body.substr(body.size() - 100);
  c.send(post(ping));
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 OK\r\n")) << "the connection is reused";
}

TEST_F(Wire, ListsTheModels) {
  client c(serve().port());
  c.send("GET /models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-test\r\n\r\n");
  EXPECT_EQ(read_reply(c).body,
            R"({"object":"list","data":[)"
            R"({"id":"deepseek-v4-flash","object":"model","owned_by":"deepseek"},)"
            R"({"id":"deepseek-v4-pro","object":"model","owned_by":"deepseek"}]})");
}

TEST_F(Wire, SaysWhatIsWrong) {
  struct row {
    std::string request;
    const char* status;
    const char* text;
  };
  const std::vector<row> rows{
      {"GET /chat/completions HTTP/1.1\r\nHost: x\r\n\r\n", "405", "Method Not Allowed"},
      {"GET /batches HTTP/1.1\r\nHost: x\r\n\r\n", "404", "Not Found"},
      {"GET /models HTTP/1.1\r\nHost: x\r\n\r\n", "401", "Authentication Fails (governor)"},
      {"GET /models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-1234-invalid\r\n\r\n", "401",
       "Authentication Fails, Your api key: ****alid is invalid"},
      {post("{\"model\":"), "400", "model: EOF while parsing a value at line 1 column 9"},
      {post(""), "400", "EOF while parsing a value"},
  };
  mock_service& mock = serve();
  client c(mock.port());
  for (const row& r : rows) {
    c.send(r.request);
    const reply got = read_reply(c);
    EXPECT_TRUE(got.head.starts_with(std::string("HTTP/1.1 ") + r.status)) << got.head;
    EXPECT_NE(got.body.find(r.text), std::string::npos) << got.body;
    EXPECT_TRUE(nlohmann::json::accept(got.body)) << got.body;
  }
}

TEST_F(Wire, WhatIsNotHttpGetsA400AndTheServerServesOn) {
  mock_service& mock = serve();
  for (const char* garbage : {"HELLO\r\n\r\n", "\x16\x03\x01\x02", "GET / HTTP/9.9\r\n\r\n",
                              "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                              "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    client c(mock.port());
    c.send(garbage);
    c.half_close();
    const std::string answer = c.to_the_end();
    EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 400 ")) << garbage << answer;
  }
  client c(mock.port());
  c.send("POST /chat/completions HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n");
  EXPECT_TRUE(c.until("\r\n\r\n").starts_with("HTTP/1.1 413 "));
  client d(mock.port());
  d.send("GET /models HTTP/1.1\r\nx: " + std::string(70'000, 'a') + "\r\n\r\n");
  EXPECT_TRUE(d.until("\r\n\r\n").starts_with("HTTP/1.1 431 "));
  client after(mock.port());
  after.send(post(ping));
  EXPECT_TRUE(read_reply(after).head.starts_with("HTTP/1.1 200 "));
}

TEST_F(Wire, QueueHangSendsKeepAliveBytesThenTheAnswer) {
  mock_service& mock = serve({{"kind", "queue_hang"}, {"hold", "30s"}});  // 600 ms of wall time
  client c(mock.port());
  const auto began = std::chrono::steady_clock::now();
  c.send(post(ping));
  const std::string head = c.until("\r\n\r\n");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 200ms) << "the 200 is sent at once";
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(head.find("x-stampede-fault: 0:queue_hang\r\n"), std::string::npos);
  EXPECT_EQ(c.until("\r\n\n\r\n"), "1\r\n\n\r\n") << "a blank line, as a chunk";
  EXPECT_EQ(c.until("\r\n\n\r\n"), "1\r\n\n\r\n");
  const std::string rest = without_chunks(c.until("\r\n0\r\n\r\n"));
  EXPECT_TRUE(nlohmann::json::accept(rest)) << rest;
  EXPECT_GE(std::chrono::steady_clock::now() - began, 600ms);
}

TEST_F(Wire, QueueHangSendsCommentsOnStreams) {
  client c(serve({{"kind", "queue_hang"}, {"hold", "30s"}}).port());
  c.send(post(stream_ping));
  c.until("\r\n\r\n");
  const std::string body = without_chunks(c.until("\r\n0\r\n\r\n"));
  EXPECT_TRUE(body.starts_with(": keep-alive\n\n: keep-alive\n\ndata: {")) << body.substr(0, 80);
  EXPECT_TRUE(body.ends_with("data: [DONE]\n\n"));
}

TEST_F(Wire, QueueHangMayCloseOrStayEmptyOrFail) {
  {
    client c(serve({{"kind", "queue_hang"}, {"hold", "20s"}, {"then", "close"}}).port());
    c.send(post(ping));
    c.until("\r\n\r\n");
    EXPECT_EQ(c.to_the_end(), "1\r\n\n\r\n");
    EXPECT_EQ(c.error, 0) << "a FIN";
  }
  {
    client c(serve({{"kind", "queue_hang"}, {"hold", "20s"}, {"then", "empty"}}).port());
    c.send(post(ping));
    c.until("\r\n\r\n");
    EXPECT_EQ(without_chunks(c.until("\r\n0\r\n\r\n")), "\n");
  }
  {
    client c(serve({{"kind", "queue_hang"}, {"hold", "20s"}, {"then", "error"}}).port());
    c.send(post(stream_ping));
    c.until("\r\n\r\n");
    const std::string body = without_chunks(c.until("\r\n0\r\n\r\n"));
    EXPECT_TRUE(body.starts_with(": keep-alive\n\ndata: {\"error\":{\"message\":\"Service is too"));
  }
  {
    client c(
        serve({{"kind", "queue_hang"}, {"hold", "20s"}, {"then", "429"}, {"silent", true}}).port());
    c.send(post(ping));
    EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
  }
}

TEST_F(Wire, TruncatedBodyIsWholeHttpAndEndsWhereSaid) {
  client whole(serve().port());
  whole.send(post(ping, "x-stampede-call: 1-1\r\n"));
  const std::string body = read_reply(whole).body;
  client c(serve({{"kind", "truncate"}, {"cut_at", std::int64_t{123}}}).port());
  c.send(post(ping, "x-stampede-call: 1-1\r\n"));
  const reply cut = read_reply(c);
  EXPECT_TRUE(cut.head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(content_length(cut.head), 123U);
  EXPECT_EQ(cut.body.size(), 123U);
  EXPECT_FALSE(nlohmann::json::accept(cut.body));
  // Same seed, same call: the same answer, up to the second it was made in.
  EXPECT_EQ(cut.body.substr(0, 43), body.substr(0, 43));
  c.send(post(ping));
  EXPECT_EQ(read_reply(c).body.size(), 123U) << "the connection is reused";
}

TEST_F(Wire, TruncateMayCloseShortOfThePromise) {
  client c(
      serve({{"kind", "truncate"}, {"cut_at", std::int64_t{123}}, {"ending", "close"}}).port());
  c.send(post(ping));
  const std::string head = c.until("\r\n\r\n");
  EXPECT_GT(content_length(head), 400U);
  EXPECT_EQ(c.to_the_end().size(), 123U);
  EXPECT_EQ(c.error, 0);
}

TEST_F(Wire, ResetIsAReset) {
  client c(
      serve({{"kind", "truncate"}, {"cut_at", std::int64_t{123}}, {"ending", "reset"}}).port());
  c.send(post(ping));
  c.until("\r\n\r\n");
  EXPECT_EQ(c.to_the_end().size(), 123U);
  EXPECT_EQ(c.error, ECONNRESET);
}

TEST_F(Wire, TruncatedStreamEndsInsideAFrame) {
  for (const std::int64_t at : {0, 10, 290, 291, 292, 1000, 2000}) {
    client c(serve({{"kind", "truncate"}, {"cut_at", at}}).port());
    c.send(post(stream_ping));
    c.until("\r\n\r\n");
    const std::string wire = at == 0 ? c.until("0\r\n\r\n") : c.until("\r\n0\r\n\r\n");
    EXPECT_EQ(without_chunks(wire).size(), static_cast<std::size_t>(at)) << wire;
  }
  client c(
      serve({{"kind", "truncate"}, {"cut_at", std::int64_t{1000}}, {"ending", "close"}}).port());
  c.send(post(stream_ping));
  c.until("\r\n\r\n");
  const std::string wire = c.to_the_end();
  EXPECT_FALSE(wire.ends_with("0\r\n\r\n"));
  EXPECT_EQ(without_chunks(wire).size(), 1000U + 5U /* <cut> */);
}

TEST_F(Wire, RefusalsCarryRetryAfterInSecondsOfTheScenario) {
  client c(serve({{"kind", "rate_limit"}, {"retry_after", "19500ms"}}).port());
  c.send(post(ping, "x-stampede-call: 0-0\r\n"));
  const reply first = read_reply(c);
  EXPECT_TRUE(first.head.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
  EXPECT_NE(first.head.find("Retry-After: 20\r\n"), std::string::npos) << first.head;
  EXPECT_NE(first.head.find("x-stampede-fault: 0:rate_limit\r\n"), std::string::npos);
}

TEST_F(Wire, APeerThatLeavesIsSeenWhileItsAnswerIsPending) {
  mock_service& mock = serve({{"kind", "queue_hang"}, {"hold", "1h"}, {"keep_alive_every", "1h"}});
  {
    client c(mock.port());
    c.send(post(ping));
    c.until("\r\n\r\n");  // it is held now
  }
  const auto record = records.first();
  ASSERT_TRUE(record.has_value());
  EXPECT_TRUE(record->peer_left);
  EXPECT_EQ(record->status, 200);
}

TEST_F(Wire, ConnectionCloseAndHttp10AreObeyed) {
  mock_service& mock = serve();
  client c(mock.port());
  c.send(post(ping, "Connection: close\r\n"));
  const std::string answer = c.to_the_end();
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("}"));
  client old(mock.port());
  old.send("POST /chat/completions HTTP/1.0\r\nAuthorization: Bearer sk-test\r\nContent-Length: " +
           std::to_string(stream_ping.size()) + "\r\n\r\n" + stream_ping);
  EXPECT_TRUE(old.to_the_end().ends_with("}\n\ndata: [DONE]\n\n")) << "no chunks for HTTP/1.0";
}

TEST_F(Wire, AnHttp10ClientIsToldWhichAnswersEndByClosing) {
  client c(serve().port());
  const auto old = [](const std::string& body) {
    return fmt::format(
        "POST /chat/completions HTTP/1.0\r\nAuthorization: Bearer sk-test\r\nConnection: "
        "keep-alive\r\nContent-Length: {}\r\n\r\n{}",
        body.size(), body);
  };
  c.send(old(ping));
  EXPECT_NE(read_reply(c).head.find("Connection: keep-alive\r\n"), std::string::npos);
  c.send(old(stream_ping));
  const std::string stream = c.to_the_end();
  EXPECT_NE(stream.find("\r\nConnection: close\r\n\r\n"), std::string::npos) << stream;
}

TEST_F(Wire, PipelinedRequestsAreAnsweredInTurn) {
  client c(serve().port());
  c.send(post(ping) + post(ping) + post(ping));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace stampede
