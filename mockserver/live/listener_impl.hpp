// The listener's inside: what a connection needs of it. Private to mockserver/live.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "mockserver/live/listener.hpp"

namespace stampede {

class connection;

class listener::impl : public std::enable_shared_from_this<listener::impl> {
 public:
  impl(boost::asio::io_context& io, server_model& model, const wall_clock& clock,
       listen_options options);

  void start();
  void stop();
  unsigned short port() const { return port_; }
  std::size_t connections() const { return open_.size(); }
  duration lateness(double q) const { return wakeups_.lateness(q); }

  boost::asio::io_context& io() { return io_; }
  const listen_options& options() const { return options_; }
  const answer& answer_of(exchange_id id) const { return model_.answer_of(id); }

  // The exchange the next request of `client` will be.
  exchange_id expect(connection& client);
  // Feeds the model and carries out what it says.
  void feed(exchange_id id, const server_event& event);
  void forget(connection* gone, std::uint32_t slot);
  std::uint64_t count_broken() { return ++broken_; }

 private:
  void accept();
  void carry_out();
  void rearm();

  boost::asio::io_context& io_;
  server_model& model_;
  const wall_clock& clock_;
  listen_options options_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  unsigned short port_ = 0;
  wakeup_loop wakeups_;
  std::vector<instant> armed_;        // instants wakeups_ is armed for, the earliest last
  std::vector<connection*> by_slot_;  // whose exchange it is
  std::vector<std::shared_ptr<connection>> open_;
  effects<server_effect> effects_;
  std::uint64_t broken_ = 0;  // requests that were not HTTP
  bool stopped_ = false;
};

}  // namespace stampede
