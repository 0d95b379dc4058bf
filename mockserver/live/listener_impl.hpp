// The listener's inside: what a connection needs of it. Private to mockserver/live.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "mockserver/live/listener.hpp"

namespace stampede {

class connection;

// Their executor is known when compiled: one that may be any costs a copy for each operation.
using client_socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// A model with its wake-ups, and who waits for which of its exchanges.
struct served_model {
  served_model(listener::impl& owner, std::shared_ptr<server_model> what);

  std::shared_ptr<server_model> model;
  wakeup_loop wakeups;
  std::vector<instant> armed;        // instants wakeups is armed for, the earliest last
  std::vector<connection*> by_slot;  // whose exchange it is
};

class listener::impl : public std::enable_shared_from_this<listener::impl> {
 public:
  impl(boost::asio::io_context& io, std::shared_ptr<server_model> model, const wall_clock& clock,
       listen_options options);

  void start();
  void stop();
  void replace(std::shared_ptr<server_model> next);
  unsigned short port() const { return port_; }
  std::size_t connections() const { return open_.size(); }
  duration lateness(double q) const { return current_->wakeups.lateness(q); }

  const listen_options& options() const { return options_; }
  boost::asio::io_context& io() { return io_; }
  const wall_clock& clock() const { return clock_; }
  boost::asio::ssl::context* tls() { return tls_.get(); }
  served_model& current() { return *current_; }
  bool may_half_close() const;

  // The exchange the next request of `client` will be.
  exchange_id expect(served_model& by, connection& client);
  // Feeds the model and carries out what it says.
  void feed(served_model& by, exchange_id id, const server_event& event);
  void wake(served_model& by, instant now);
  // Nobody waits for the exchange of that slot any more.
  void leave(served_model& by, std::uint32_t slot) { by.by_slot[slot] = nullptr; }
  void forget(connection* gone);

  bool is_page(std::string_view target) const {
    return options_.pages != nullptr && options_.pages->takes(target);
  }
  page page_for(const page_request& request);
  std::uint64_t count_refused(std::int16_t) { return ++refused_; }

  // The coarse clock, which runs while somebody is sending a request.
  std::uint64_t ticks() const { return ticks_; }
  void add_sender(connection& c);
  void remove_sender(connection& c);

 private:
  void open_port();
  void accept();
  void carry_out(served_model& by);
  static void rearm(served_model& by);
  void tick();

  boost::asio::io_context& io_;
  const wall_clock& clock_;
  listen_options options_;
  std::unique_ptr<boost::asio::ssl::context> tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  boost::asio::steady_timer ticker_;
  unsigned short port_ = 0;
  std::unique_ptr<served_model> current_;
  std::vector<std::unique_ptr<served_model>> former_;  // with requests under way
  std::vector<std::shared_ptr<connection>> open_;
  std::vector<connection*> senders_;
  std::uint64_t ticks_ = 0;
  bool ticking_ = false;
  effects<server_effect> effects_;
  std::uint64_t refused_ = 0;
  bool stopped_ = false;
};

}  // namespace stampede
