// A streamed answer that breaks at every single byte, closed or reset, and a caller that leaves at
// each: the transport tells of exactly one end, and its next attempt finds it in order.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string>
#include <thread>

#include "client/live/transport.hpp"

namespace stampede {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

std::string chunk(const std::string& text) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", text.size());
  return size + text + "\r\n";
}

std::string streamed_answer() {
  const auto event = [](const std::string& delta, const std::string& finish) {
    return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + delta +
           "\"},\"finish_reason\":" + finish + "}]}\n\n";
  };
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
         "chunked\r\n\r\n" +
         chunk(": keep-alive\n\n") + chunk(event("Hel", "null")) + chunk(event("lo", "null")) +
         chunk(event("", "\"stop\"")) + chunk("data: [DONE]\n\n") + "0\r\n\r\n";
}

// Answers each connection with the first `bytes` of the answer, then breaks it.
class half_server {
 public:
  half_server() : acceptor_(io_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)) {}

  unsigned short port() { return acceptor_.local_endpoint().port(); }

  void serve_one(std::size_t bytes, bool reset) {
    tcp::socket socket = acceptor_.accept();
    asio::streambuf request;
    boost::system::error_code error;
    asio::read_until(socket, request, "\r\n\r\n{}", error);
    asio::write(socket, asio::buffer(streamed_answer().substr(0, bytes)), error);
    if (reset) socket.set_option(asio::socket_base::linger(true, 0), error);
    socket.close(error);
  }

 private:
  asio::io_context io_;
  tcp::acceptor acceptor_;
};

struct seen {
  int heads = 0;
  int ends = 0;
  std::uint32_t tokens = 0;
  std::optional<outcome> result;
};

outgoing_request request() {
  return {.target = "/chat/completions",
          .api_key = "sk-test",
          .headers = {},
          .body = "{}",
          .expected = {.stream = true}};
}

class BrokenTransport : public ::testing::TestWithParam<bool> {};

TEST_P(BrokenTransport, AtEveryByteThereIsOneEnd) {
  half_server server;
  const std::string whole = streamed_answer();
  const std::size_t done = whole.find("[DONE]");
  asio::io_context io;
  seen now;
  transport wire(io, {.host = "127.0.0.1", .port = server.port(), .tls = false, .path = ""},
                 nullptr, [&](call_id, const client_event& e) {
                   if (std::holds_alternative<head_received>(e)) ++now.heads;
                   if (const auto* p = std::get_if<piece_received>(&e)) now.tokens += p->tokens;
                   if (const auto* r = std::get_if<reply_received>(&e)) now.result = r->result;
                   if (const auto* t = std::get_if<transport_error>(&e)) now.result = t->result;
                   now.ends += std::holds_alternative<reply_received>(e) ||
                               std::holds_alternative<transport_error>(e);
                 });
  for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
    now = {};
    std::thread serving([&] { server.serve_one(bytes, GetParam()); });
    wire.send({0, static_cast<std::uint32_t>(bytes)}, 1, request());
    io.restart();
    io.run();
    serving.join();
    ASSERT_EQ(now.ends, 1) << bytes;
    ASSERT_LE(now.heads, 1) << bytes;
    // A reset may overtake what was sent before it.
    const bool complete = bytes == whole.size();
    EXPECT_TRUE(complete || now.result != outcome::success) << bytes;
    EXPECT_TRUE(GetParam() || !complete || now.result == outcome::success);
    EXPECT_TRUE(GetParam() || bytes < done || now.tokens == 2) << bytes;
  }
}

TEST_P(BrokenTransport, ACallerWhoLeavesAtAnyByteHearsNothingMore) {
  half_server server;
  const std::string whole = streamed_answer();
  asio::io_context io;
  std::uint32_t call = 0;
  bool left = false;
  int after = 0;
  std::optional<transport> wire;
  std::size_t pieces_until = 0, pieces = 0;
  wire.emplace(io, endpoint{.host = "127.0.0.1", .port = server.port(), .tls = false, .path = ""},
               nullptr, [&](call_id id, const client_event&) {
                 if (left) ++after;
                 if (!left && ++pieces > pieces_until) {
                   left = true;
                   wire->cancel(id, 1);
                 }
               });
  for (pieces_until = 0; pieces_until < 6; ++pieces_until)
    for (std::size_t bytes = 0; bytes <= whole.size(); bytes += 7) {
      left = false;
      pieces = 0;
      std::thread serving([&] { server.serve_one(bytes, GetParam()); });
      wire->send({0, ++call}, 1, request());
      io.restart();
      io.run();
      serving.join();
    }
  EXPECT_EQ(after, 0);
}

INSTANTIATE_TEST_SUITE_P(Live, BrokenTransport, ::testing::Bool(),
                         [](const auto& p) { return std::string(p.param ? "Reset" : "Closed"); });

}  // namespace
}  // namespace stampede
