// The mock server on real sockets: HTTP/1.1 in, events to a server_model, its effects out.
//
// Decides nothing: what is answered, when and how it ends is the model's. What it adds is HTTP
// (keep-alive, limits on sizes and on slow senders, refusals of what is not HTTP), TLS, and
// the watching of sockets for clients that leave while their answer is pending. Requests for
// the mock's own pages go to `pages`, where there is one.
//
// Belongs to one io_context run by one thread; start(), stop() and replace() are called on that
// thread, or while it does not run. The model must be used by nobody else meanwhile.
//
// Use: listener mock(io, model, clock); mock.start(); print(mock.port()); io.run();
// Errors: the constructor throws std::system_error where the address and port cannot be had, or
// a certificate cannot be read.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/live/tls.hpp"
#include "core/live/wakeup_loop.hpp"
#include "core/live/wall_clock.hpp"
#include "mockserver/live/http_reader.hpp"
#include "mockserver/page.hpp"
#include "mockserver/server_model.hpp"

namespace stampede {

// How slowly a request may come in, in ticks of a coarse wall clock. Nothing is said about
// connections that send nothing: an idle one is kept.
struct pace_limits {
  std::chrono::milliseconds tick{1000};
  std::uint32_t header_ticks = 10;        // from its first byte to its last header
  std::uint32_t body_ticks = 20;          // from its first byte to its last, and
  std::uint64_t bytes_a_tick = 64 << 10;  // a tick more for so many bytes
};

struct listen_options {
  std::string address = "127.0.0.1";
  unsigned short port = 0;  // 0: any free one
  http_limits limits{};
  pace_limits pace{};
  std::optional<certificate> tls{};
  page_source* pages = nullptr;  // called on the listener's thread
};

class listener {
 public:
  listener(boost::asio::io_context& io, std::shared_ptr<server_model> model,
           const wall_clock& clock, listen_options options = {});
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  unsigned short port() const;
  void start();
  void stop();  // closes every connection; what was pending is told to the model as left
  // Requests from now on go to `next`; those under way are finished by the model before.
  void replace(std::shared_ptr<server_model> next);

  std::size_t connections() const;
  // How late its wake-ups came, as wakeup_loop says. Read it on the io_context's thread.
  duration lateness(double q) const;

  class impl;

 private:
  std::shared_ptr<impl> impl_;
};

}  // namespace stampede
