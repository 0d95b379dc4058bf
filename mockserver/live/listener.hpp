// The mock server on real sockets: HTTP/1.1 in, events to a server_model, its effects out.
//
// Decides nothing: what is answered, when and how it ends is the model's. What it adds is HTTP
// (keep-alive, limits on header and body size, 400/413/431 for what is not HTTP) and the
// watching of sockets for clients that leave while their answer is pending.
//
// Belongs to one io_context run by one thread; start() and stop() are called on that thread,
// or while it does not run. The model must be used by nobody else meanwhile.
//
// Use: listener mock(io, model, clock); mock.start(); print(mock.port()); io.run();
// Errors: the constructor throws std::system_error where the address and port cannot be had.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "core/live/wakeup_loop.hpp"
#include "core/live/wall_clock.hpp"
#include "mockserver/server_model.hpp"

namespace stampede {

struct listen_options {
  std::string address = "127.0.0.1";
  unsigned short port = 0;                      // 0: any free one
  std::uint64_t most_body_bytes = 48ULL << 20;  // the service's own limit
  std::uint32_t most_header_bytes = 64U << 10;
};

class listener {
 public:
  listener(boost::asio::io_context& io, server_model& model, const wall_clock& clock,
           listen_options options = {});
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  unsigned short port() const;
  void start();
  void stop();  // closes every connection; what was pending is told to the model as left

  std::size_t connections() const;
  // How late its wake-ups came, as wakeup_loop says. Read it on the io_context's thread.
  duration lateness(double q) const;

  class impl;

 private:
  std::shared_ptr<impl> impl_;
};

}  // namespace stampede
