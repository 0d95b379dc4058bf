// What HTTP asks of a server whatever it serves, on real sockets: statuses of what cannot be
// read, limits, slow senders, pipelines, 100-continue, half-closed clients, TLS.
#include <gtest/gtest.h>
#include <malloc.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/live/tls_client.hpp"
#include "tests/live/wire_rig.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;
using testing::client;
using testing::ping;
using testing::post;
using testing::read_reply;
using testing::reply;
using testing::stream_ping;
using testing::without_chunks;

class Http : public testing::wire_rig {
 protected:
  // A server whose coarse clock is quick, so that slow senders are so within a test's patience.
  mock_service& serve_quickly() {
    listen_options listen;
    listen.pace = {.tick = 20ms, .header_ticks = 5, .body_ticks = 10, .bytes_a_tick = 1 << 20};
    return serve({}, 1, {}, listen);
  }
};

void expect_serving(mock_service& mock) {
  client c(mock.port());
  c.send(post(ping));
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 ")) << "it serves on";
}

const std::string auth = "Host: x\r\nAuthorization: Bearer sk-test\r\n";

TEST_F(Http, RefusesWithTheStatusHttpAsksFor) {
  struct row {
    std::string request;
    const char* status;
  };
  const std::string chat = "POST /chat/completions HTTP/1.1\r\n";
  const std::vector<row> rows{
      {"HELLO\r\n\r\n", "400 Bad Request"},
      {"GET /models HTTP/1.1\r\n\r\n", "400 Bad Request"},  // no Host
      {"GET /models HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request"},
      {"GET /mod els HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"},
      {"GET /models HTTP/1.1\nHost: x\n\n", "400 Bad Request"},
      {"GET /models HTTP/1.1\r\nHost : x\r\n\r\n", "400 Bad Request"},
      {chat + auth + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n{}}", "400 Bad Request"},
      {chat + auth + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "400 Bad Request"},
      {chat + auth + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400 Bad Request"},
      {chat + auth + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(80'000, 'e'),
       "400 Bad Request"},
      {"GET /nowhere HTTP/1.1\r\n" + auth + "\r\n", "404 Not Found"},
      {"DELETE /models HTTP/1.1\r\n" + auth + "\r\n", "405 Method Not Allowed"},
      {"BREW /models HTTP/1.1\r\n" + auth + "\r\n", "405 Method Not Allowed"},
      {chat + auth + "\r\n", "411 Length Required"},
      {chat + auth + "Content-Length: 50331649\r\n\r\n", "413 Content Too Large"},
      {chat + auth + "Transfer-Encoding: chunked\r\n\r\n3000001\r\n", "413 Content Too Large"},
      {"GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\n" + auth + "\r\n", "414 URI Too Long"},
      {"GET /" + std::string(70'000, 'a'), "414 URI Too Long"},
      {chat + auth + "Expect: a-miracle\r\nContent-Length: 2\r\n\r\n{}", "417 Expectation Failed"},
      {"GET /models HTTP/1.1\r\n" + auth + "x: " + std::string(70'000, 'a') + "\r\n\r\n",
       "431 Request Header Fields Too Large"},
      {chat + auth + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501 Not Implemented"},
  };
  mock_service& mock = serve();
  for (const row& r : rows) {
    client c(mock.port());
    c.send(r.request);
    const reply got = read_reply(c);
    const std::string shown = r.request.substr(0, 200);
    EXPECT_TRUE(got.head.starts_with("HTTP/1.1 " + std::string(r.status))) << shown << got.head;
    EXPECT_TRUE(nlohmann::json::accept(got.body)) << shown << got.body;
  }
  expect_serving(mock);
}

TEST_F(Http, ARefusalClosesTheConnectionAndLosesNoByte) {
  mock_service& mock = serve();
  client c(mock.port());
  c.send("POST /chat/completions HTTP/1.1\r\n" + auth + "Content-Length: 60000000\r\n\r\n" +
         std::string(200'000, 'x'));
  const std::string answer = c.to_the_end();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(c.error, 0) << "closed, not reset";
}

TEST_F(Http, TakesABodyOfTheServicesLimit) {
  mock_service& mock = serve();
  std::string body = ping;
  body.insert(body.size() - 1, std::string((48U << 20) - ping.size(), ' '));
  client c(mock.port());
  c.send(post(body));
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 "));
}

TEST_F(Http, SlowSendersAreTimedOut) {
  mock_service& mock = serve_quickly();
  const std::vector<std::string> beginnings{
      "P", "POST /chat/completions HTTP/1.1\r\nHost:",
      "POST /chat/completions HTTP/1.1\r\n" + auth + "Content-Length: 100\r\n\r\n{",
      "POST /chat/completions HTTP/1.1\r\n" + auth + "Transfer-Encoding: chunked\r\n\r\n5\r\nab"};
  for (const std::string& beginning : beginnings) {
    client c(mock.port());
    c.send(beginning);
    const reply got = read_reply(c);
    EXPECT_TRUE(got.head.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << beginning << got.head;
    EXPECT_EQ(c.to_the_end(), "");
  }
  expect_serving(mock);
}

TEST_F(Http, ADribblingSenderIsTimedOutToo) {
  mock_service& mock = serve_quickly();
  client c(mock.port());
  c.send("GET /models HTTP/1.1\r\n");
  const auto began = std::chrono::steady_clock::now();
  std::string answer;
  while (answer.empty() && std::chrono::steady_clock::now() - began < 5s) {
    c.send_if_open("x: y\r\n");
    answer = c.within(20ms);
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
}

TEST_F(Http, AnIdleConnectionIsKept) {
  mock_service& mock = serve_quickly();
  client c(mock.port());
  EXPECT_EQ(c.within(300ms), "");
  c.send(post(ping));
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(c.within(300ms), "");
  c.send(post(ping));
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 "));
}

TEST_F(Http, RequestsMayComeByteByByte) {
  mock_service& mock = serve();
  client c(mock.port());
  for (const char byte : post(ping)) c.send(std::string(1, byte));
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 "));
}

TEST_F(Http, BlankLinesBeforeARequestMayComeInPieces) {
  client c(serve().port());
  for (const char* blanks : {"\r\n", "\r", "\r\n\r"}) {
    const std::string begin = blanks;
    c.send(begin);
    EXPECT_EQ(c.within(50ms), "") << "it waits for more";
    c.send((begin.ends_with('\r') ? "\n" : "") + post(ping));
    EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 "));
  }
  c.send("\rGET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 400 "));
}

TEST_F(Http, ChunkedBodiesAreRead) {
  mock_service& mock = serve();
  client c(mock.port());
  for (int i = 0; i < 2; ++i) {
    c.send(
        fmt::format("POST /chat/completions HTTP/1.1\r\n{}Transfer-Encoding: chunked\r\n\r\n"
                    "{:x};ext=\"1\"\r\n{}\r\n{:x}\r\n{}\r\n0\r\nAuthorization: no header\r\n\r\n",
                    auth, 10, ping.substr(0, 10), ping.size() - 10, ping.substr(10)));
    EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 "));
  }
}

TEST_F(Http, AThousandPipelinedRequestsAreAnsweredInTurn) {
  mock_service& mock = serve();
  client c(mock.port());
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    all += i % 2 == 0 ? post(ping) : "GET /nowhere HTTP/1.1\r\n" + auth + "\r\n\r\n";
  }
  c.send(all);
  for (int i = 0; i < 1000; ++i) {
    const std::string status = i % 2 == 0 ? "HTTP/1.1 200 " : "HTTP/1.1 404 ";
    ASSERT_TRUE(read_reply(c).head.starts_with(status)) << i;
  }
}

TEST_F(Http, ABrokenRequestBehindGoodOnesIsRefusedInItsTurn) {
  mock_service& mock = serve();
  client c(mock.port());
  c.send(post(stream_ping) + "NONSENSE\r\n\r\n" + post(ping));
  c.until("\r\n\r\n");
  EXPECT_TRUE(without_chunks(c.until("\r\n0\r\n\r\n")).ends_with("data: [DONE]\n\n"));
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(c.to_the_end(), "");
}

TEST_F(Http, ExpectContinueIsAnswered) {
  mock_service& mock = serve();
  client c(mock.port());
  const std::string head = fmt::format(
      "POST /chat/completions HTTP/1.1\r\n{}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
      auth, ping.size());
  for (int i = 0; i < 2; ++i) {
    c.send(head);
    EXPECT_EQ(c.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    c.send(ping);
    EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 "));
  }
  c.send(head + ping);  // it did not wait: no 100 is needed
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 "));
  client large(mock.port());
  large.send("POST /chat/completions HTTP/1.1\r\n" + auth +
             "Expect: 100-continue\r\nContent-Length: 60000000\r\n\r\n");
  EXPECT_TRUE(read_reply(large).head.starts_with("HTTP/1.1 413 ")) << "the final status at once";
}

TEST_F(Http, AHalfClosedClientHasLeftUnlessAllowed) {
  {
    client c(serve({{"kind", "latency"}, {"add", "5s"}}).port());
    c.send(post(ping));
    c.half_close();
    EXPECT_EQ(c.to_the_end(), "");
    const auto record = records.first();
    ASSERT_TRUE(record.has_value());
    EXPECT_TRUE(record->peer_left);
  }
  server_settings settings;
  settings.half_close = half_closed::allowed;
  client c(serve({{"kind", "latency"}, {"add", "5s"}}, 50, settings).port());
  c.send(post(ping) + post(ping));
  c.half_close();
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(c.to_the_end(), "");
  EXPECT_EQ(c.error, 0);
}

TEST_F(Http, ARequestCutOffByAHalfCloseIsA400) {
  client c(serve().port());
  c.send("POST /chat/completions HTTP/1.1\r\n" + auth + "Content-Length: 100\r\n\r\n{");
  c.half_close();
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 400 "));
}

std::size_t bytes_in_use() {
  const auto m = ::mallinfo2();
  return m.uordblks + m.hblkhd;
}

TEST_F(Http, TheMemoryOfALargeAnswerIsGivenBack) {
  client c(serve().port());
  const auto ask = [&](const char* workload) {
    c.send(post(ping, "x-stampede-workload: " + std::string(workload) + "\r\n"));
    return read_reply(c).body.size();
  };
  ask("output=1 work_ns=1");
  const std::size_t before = bytes_in_use();
  EXPECT_GT(ask("output=1000000 work_ns=1"), 4'000'000U);
  ask("output=1 work_ns=1");
  const std::size_t after = bytes_in_use();
  EXPECT_LT(after, before + (12U << 20)) << "of that 8 MiB are the client's";
}

TEST_F(Http, HeadIsAGetWithoutTheBody) {
  client c(serve().port());
  const auto ask = [&](const std::string& method, const std::string& target) {
    c.send(method + " " + target + " HTTP/1.1\r\n" + auth + "\r\n");
    const std::string head = c.until("\r\n\r\n");
    if (method != "HEAD") c.exactly(testing::content_length(head));
    return head;
  };
  for (const std::string target : {"/models", "/user/balance"}) {
    const std::string head = ask("HEAD", target);
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ")) << head;
    EXPECT_EQ(testing::content_length(head), testing::content_length(ask("GET", target)));
  }
  const std::string refused = ask("HEAD", "/chat/completions");
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 405 ")) << refused;
  EXPECT_NE(refused.find("\r\nAllow: POST\r\n"), std::string::npos);
  EXPECT_GT(testing::content_length(refused), 0U);
  EXPECT_NE(ask("DELETE", "/models").find("\r\nAllow: GET, HEAD\r\n"), std::string::npos);
}

TEST_F(Http, AnAbsoluteTargetIsTheSame) {
  client c(serve().port());
  c.send("GET http://api.deepseek.com/models?x=1 HTTP/1.1\r\n" + auth + "\r\n");
  EXPECT_TRUE(read_reply(c).head.starts_with("HTTP/1.1 200 "));
}

// ---- TLS

listen_options with_tls(certificate& made) {
  made = make_certificate("127.0.0.1");
  listen_options listen;
  listen.tls = made;
  listen.pace = {.tick = 20ms, .header_ticks = 5, .body_ticks = 10, .bytes_a_tick = 1 << 20};
  return listen;
}

TEST_F(Http, TlsAnswersAndItsConnectionIsReused) {
  certificate made;
  mock_service& mock = serve({}, 50, {}, with_tls(made));
  testing::tls_client c(mock.port(), made.chain);
  for (int i = 0; i < 3; ++i) {
    c.send(post(ping));
    const std::string head = c.until("\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ")) << head << c.error;
    EXPECT_TRUE(nlohmann::json::accept(c.exactly(testing::content_length(head))));
  }
  c.send(post(stream_ping, "Connection: close\r\n"));
  EXPECT_TRUE(c.to_the_end().ends_with("data: [DONE]\n\n\r\n0\r\n\r\n"));
  EXPECT_TRUE(c.saw_goodbye) << "a whole answer ends with close_notify";
}

TEST_F(Http, TlsWithoutTrustInTheCertificateFails) {
  certificate made;
  certificate other = make_certificate("127.0.0.1");
  mock_service& mock = serve({}, 50, {}, with_tls(made));
  testing::tls_client c(mock.port(), other.chain);
  EXPECT_FALSE(c.error.empty());
}

TEST_F(Http, TlsCutsAreCutsWithoutAGoodbye) {
  certificate made;
  mock_service& mock =
      serve({{"kind", "truncate"}, {"cut_at", std::int64_t{123}}, {"ending", "close"}}, 50, {},
            with_tls(made));
  testing::tls_client c(mock.port(), made.chain);
  c.send(post(ping));
  c.until("\r\n\r\n");
  EXPECT_EQ(c.to_the_end().size(), 123U);
  EXPECT_FALSE(c.saw_goodbye);
}

TEST_F(Http, TlsSeesAPeerThatLeaves) {
  certificate made;
  mock_service& mock = serve({{"kind", "queue_hang"}, {"hold", "1h"}, {"keep_alive_every", "1h"}},
                             50, {}, with_tls(made));
  {
    testing::tls_client c(mock.port(), made.chain);
    c.send(post(ping));
    c.until("\r\n\r\n");
  }
  const auto record = records.first();
  ASSERT_TRUE(record.has_value());
  EXPECT_TRUE(record->peer_left);
}

// Its bytes are still draining while the next request comes in.
TEST_F(Http, TlsTakesNoRequestOnceItIsToReset) {
  certificate made;
  mock_service& mock = serve({}, 50, {}, with_tls(made));
  testing::tls_client c(mock.port(), made.chain);
  c.send(post(ping,
              "x-stampede-fault: reset at=300000\r\n"
              "x-stampede-workload: output=500000 work_ns=1000000000\r\n"));
  ASSERT_TRUE(records.first().has_value());
  ::poll(nullptr, 0, 50);  // until it drains, which takes 200 ms while nobody reads
  c.send(post(ping));
  c.to_the_end();
  testing::tls_client next(mock.port(), made.chain);
  next.send(post(ping));
  EXPECT_TRUE(next.until("}]").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(records.size(), 2U);
}

TEST_F(Http, TlsHandshakesThatStallAreClosed) {
  certificate made;
  mock_service& mock = serve({}, 50, {}, with_tls(made));
  client c(mock.port());
  c.send("\x16\x03\x01");
  EXPECT_EQ(c.to_the_end(), "");
  EXPECT_NE(c.error, ETIMEDOUT);
  client plain(mock.port());
  plain.send("GET / HTTP/1.1\r\n\r\n");
  plain.to_the_end();
  testing::tls_client after(mock.port(), made.chain);
  after.send(post(ping));
  EXPECT_TRUE(after.until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace stampede
