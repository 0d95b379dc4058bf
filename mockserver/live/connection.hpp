// One client of the listener. Private to mockserver/live.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "mockserver/live/listener_impl.hpp"
#include "mockserver/wire.hpp"

namespace stampede {

class http_reader;

// One client. Reads a request, waits for its answer's segments, reads the next.
class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(client_socket socket, listener::impl& owner, std::size_t place_in_list);
  ~connection();

  void start();
  void send(const answer& whole, const segment& piece);
  void finish(ending how);
  void close_now();
  // A tick of the coarse clock, while a request is coming in.
  void check_pace();

  // Whether `id` of `by` is the exchange this client waits for.
  bool is_waiting_for(const served_model& by, exchange_id id) const {
    return answering_ && exchange_ == id && by_ == &by;
  }

  std::size_t place;                      // in the listener's list
  std::optional<std::size_t> pace_place;  // in its list of those that send a request

 private:
  using error_code = boost::system::error_code;

  void read();
  void go_on();
  void receive();
  void on_received(error_code error, std::size_t bytes);
  void take_request();
  void answer_page(const page& p);
  void refuse(std::int16_t status);
  void write();
  void write_at_once();
  void on_written(error_code error);
  void conclude();
  void watch();
  void on_readable();
  void on_peer_closed();
  void drain_then_reset(int steps_left);
  void close_gracefully(bool whole);
  void say_goodbye();
  void swallow();
  void keep_pace(bool wanted);

  client_socket socket_;
  std::unique_ptr<boost::asio::ssl::stream<client_socket&>> tls_;
  boost::asio::steady_timer timer_;
  listener::impl* owner_;  // none once closed: it may be gone then
  std::unique_ptr<http_reader> in_;
  served_model* by_ = nullptr;  // who answers
  exchange_id exchange_;
  std::uint64_t request_began_ = 0;  // tick
  bool answering_ = false;           // by_ has an exchange of ours
  bool reading_ = false;
  bool writing_ = false;
  bool watching_ = false;
  bool feed_back_ = false;   // tell the model when what is queued has left
  bool ending_now_ = false;  // what comes in is thrown away
  bool goodbye_due_ = false;
  bool closed_ = false;
  bool length_unstated_ = false;
  std::optional<ending> ending_;
  wire_form form_;
  std::string queued_;
  std::string leaving_;
};

}  // namespace stampede
