// Faults on the wire, asked for by the requests themselves: resets that are resets, cuts exact to
// the byte, stalls that stay open. Nothing of ours but the server is involved.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "mockserver/live/mock_service.hpp"
#include "tests/live/raw_client.hpp"

namespace stampede {
namespace {

using client = testing::raw_client;

class no_sink final : public record_sink {
 public:
  void on_attempt(const attempt_record&) override {}
  void on_call(const call_record&) override {}
  void on_exchange(const exchange_record&) override {}
};

const mock_service_options at_speed{
    .seed = 1, .replication = 0, .speed = 50, .listen = {}, .observer = nullptr};

struct reply {
  std::string head;
  std::string body;  // as far as it came, without chunks
  bool whole = false;
  int error = 0;  // how the connection ended, where it did
};

std::string without_chunks(std::string wire, bool& whole) {
  std::string body;
  for (;;) {
    const std::size_t line = wire.find("\r\n");
    if (line == std::string::npos) return body;
    const std::size_t size = std::stoul(wire.substr(0, line), nullptr, 16);
    if (size == 0) {
      whole = true;
      return body;
    }
    body += wire.substr(line + 2, size);
    if (wire.size() < line + 2 + size + 2) return body;
    wire.erase(0, line + 2 + size + 2);
  }
}

class FaultWire : public ::testing::TestWithParam<bool> {
 protected:
  bool stream() const { return GetParam(); }

  // The same call each time, so that its answers are the same to the byte.
  void ask(client& c, const std::string& fault, const std::string& end = "Connection: close\r\n") {
    const std::string body =
        fmt::format(R"({{"model":"deepseek-v4-flash","stream":{},"thinking":{{"type":"disabled"}},)"
                    R"("messages":[{{"role":"user","content":"ping"}}]}})",
                    stream());
    const std::string asks = fault.empty() ? "" : "x-stampede-fault: " + fault + "\r\n";
    c.send(
        fmt::format("POST /chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-a\r\n"
                    "x-stampede-call: 1-{}\r\n{}{}Content-Length: {}\r\n\r\n{}",
                    call_, end, asks, body.size(), body));
  }

  reply answer_to(const std::string& fault) {
    // A service of its own each time: the answer is the one of a first attempt.
    service_ = std::make_unique<mock_service>(server_settings{}, std::vector<fault_rule>{},
                                              at_speed, sink_);
    client c(service_->port());
    ask(c, fault);
    reply r;
    r.head = c.until("\r\n\r\n");
    r.error = c.error;
    if (r.head.empty()) return r;
    const std::string wire = c.to_the_end();
    r.error = c.error;
    if (r.head.find("Transfer-Encoding: chunked") != std::string::npos) {
      r.body = without_chunks(wire, r.whole);
    } else {
      const std::size_t at = r.head.find("Content-Length: ");
      r.body = wire;
      r.whole = at != std::string::npos && std::stoul(r.head.substr(at + 16)) == wire.size();
    }
    return r;
  }

  // With what differs from run to run, the seconds it was created at, made equal.
  static std::string timeless(std::string body) {
    for (std::size_t at = body.find("\"created\":"); at != std::string::npos;
         at = body.find("\"created\":", at + 1)) {
      const std::size_t digits =
          std::min<std::size_t>(10, body.size() - std::min(body.size(), at + 10));
      body.replace(at + 10, digits, std::string(digits, '0'));
    }
    return body;
  }

  no_sink sink_;
  std::unique_ptr<mock_service> service_;
  std::uint32_t call_ = 7;
};

INSTANTIATE_TEST_SUITE_P(InOnePieceAndStreaming, FaultWire, ::testing::Bool());

TEST_P(FaultWire, CutsAreExactToTheByte) {
  const std::string all = timeless(answer_to("").body);
  ASSERT_GT(all.size(), 400U);
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{237}, all.size() - 1}) {
    const reply r = answer_to(fmt::format("truncate at={}", at));
    EXPECT_EQ(timeless(r.body), all.substr(0, at));
    EXPECT_TRUE(r.whole) << "a clean cut is whole HTTP";
    EXPECT_EQ(r.error, 0);
    EXPECT_NE(r.head.find("x-stampede-fault: asked:truncate\r\n"), std::string::npos) << r.head;
  }
}

TEST_P(FaultWire, AResetInTheBodyComesBehindTheBytesThatWereSent) {
  const std::string all = timeless(answer_to("").body);
  const reply reset = answer_to("reset at=237");
  EXPECT_EQ(timeless(reset.body), all.substr(0, 237));
  EXPECT_FALSE(reset.whole);
  EXPECT_EQ(reset.error, ECONNRESET);
  const reply close = answer_to("close at=237");
  EXPECT_EQ(timeless(close.body), all.substr(0, 237));
  EXPECT_FALSE(close.whole);
  EXPECT_EQ(close.error, 0) << "an orderly end";
}

TEST_P(FaultWire, AResetInsteadOfAnAnswerSendsNoByte) {
  const reply reset = answer_to("reset");
  EXPECT_EQ(reset.head + reset.body, "");
  EXPECT_EQ(reset.error, ECONNRESET);
  const reply late = answer_to("close wait=5s");
  EXPECT_EQ(late.head + late.body, "");
  EXPECT_EQ(late.error, 0);
}

TEST_P(FaultWire, CutsInsideACharacterAndAnEscape) {
  const reply utf8 = answer_to("truncate at=50% inside=utf8");
  ASSERT_FALSE(utf8.body.empty());
  EXPECT_GE(static_cast<unsigned char>(utf8.body.back()), 0xc0) << "a lead byte without its rest";
  const reply escape = answer_to("truncate at=50% inside=escape ending=reset");
  ASSERT_FALSE(escape.body.empty());
  EXPECT_EQ(escape.body.back(), '\\');
  EXPECT_EQ(escape.error, ECONNRESET);
}

TEST_P(FaultWire, AStallGoesOnToTheByte) {
  const std::string all = timeless(answer_to("").body);
  for (const int at : {0, 237, 300}) {
    const reply r = answer_to(fmt::format("stall at={} hold=5s", at));
    EXPECT_EQ(timeless(r.body), all) << at;
    EXPECT_TRUE(r.whole);
  }
  const reply reset = answer_to("stall at=237 hold=5s then=reset");
  EXPECT_EQ(timeless(reset.body), all.substr(0, 237));
  EXPECT_EQ(reset.error, ECONNRESET);
}

TEST_P(FaultWire, AStallWithoutAnEndStaysOpenUntilTheClientLeaves) {
  mock_service service(server_settings{}, {}, at_speed, sink_);
  client c(service.port());
  ask(c, "stall at=100", "");
  c.until("\r\n\r\n");
  EXPECT_EQ(c.exactly(100).size(), 100U);
  EXPECT_EQ(c.some(), "") << "nothing comes for five seconds";
  EXPECT_EQ(c.error, ETIMEDOUT) << "and the connection stays open";
}

TEST_P(FaultWire, BrokenJsonComesWhole) {
  const reply r = answer_to("malformed_json at=30%");
  EXPECT_TRUE(r.whole);
  if (stream()) {
    EXPECT_TRUE(r.body.ends_with("data: [DONE]\n\n"));
  } else {
    EXPECT_FALSE(nlohmann::json::accept(r.body));
    EXPECT_EQ(r.body.back(), '}');
  }
}

TEST_P(FaultWire, AWrongTypeIsAPage) {
  const reply r = answer_to("wrong_type");
  EXPECT_TRUE(r.head.starts_with("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n"))
      << r.head;
  EXPECT_TRUE(r.whole);
  EXPECT_TRUE(r.body.starts_with("<html>"));
}

TEST_P(FaultWire, RetryAfterInItsShapes) {
  const auto told = [&](const std::string& how) { return answer_to("429 " + how).head; };
  EXPECT_NE(told("retry_after=2").find("\r\nRetry-After: 2\r\n"), std::string::npos);
  EXPECT_NE(told("retry_after=1500ms retry_after_as=decimal").find("\r\nRetry-After: 1.500\r\n"),
            std::string::npos);
  EXPECT_NE(told("retry_after=1500ms retry_after_as=ms").find("\r\nretry-after-ms: 1500\r\n"),
            std::string::npos);
  EXPECT_NE(told("retry_after_text=\"not; a number\"").find("\r\nRetry-After: not; a number\r\n"),
            std::string::npos);
  const std::string date = told("retry_after=1h retry_after_as=date");
  EXPECT_NE(date.find("\r\nDate: Sat, 25 Apr 2026 00:"), std::string::npos) << date;
  EXPECT_NE(date.find("\r\nRetry-After: Sat, 25 Apr 2026 01:"), std::string::npos) << date;
}

TEST_P(FaultWire, ShouldRetryIsAHeader) {
  EXPECT_NE(answer_to("429 should_retry=false").head.find("\r\nx-should-retry: false\r\n"),
            std::string::npos);
  EXPECT_NE(answer_to("400 should_retry=true").head.find("\r\nx-should-retry: true\r\n"),
            std::string::npos);
  EXPECT_EQ(answer_to("429").head.find("x-should-retry"), std::string::npos);
}

TEST_P(FaultWire, ADeafServerDoesNotListenToTheHeader) {
  server_settings deaf;
  deaf.fault_header = false;
  mock_service service(deaf, {}, at_speed, sink_);
  client c(service.port());
  ask(c, "503");
  EXPECT_TRUE(c.until("\r\n").starts_with("HTTP/1.1 200 OK"));
}

}  // namespace
}  // namespace stampede
