// One client of the listener. Private to mockserver/live; Beast stays in connection.cpp.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mockserver/live/listener_impl.hpp"
#include "mockserver/wire.hpp"

namespace stampede {

// One client. Reads a request, waits for its answer's segments, reads the next.
class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(boost::asio::ip::tcp::socket socket, std::weak_ptr<listener::impl> owner,
             std::size_t place_in_list);
  ~connection();

  void read();
  void send(const segment& piece);
  void finish(ending how);
  void close_now();

  // Whether `id` is the exchange this client waits for.
  bool is_waiting_for(exchange_id id) const { return answering_ && exchange_ == id; }

  std::size_t place;  // in the listener's list

 private:
  using error_code = boost::system::error_code;
  struct incoming;  // the request being read

  void on_read(error_code error);
  void take_request();
  void refuse(std::int16_t status);
  void write();
  void on_written(error_code error);
  void conclude();
  void watch();
  void on_readable();
  void drain_then_reset(int steps_left);
  void close_gracefully();
  void swallow();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::weak_ptr<listener::impl> owner_;
  std::unique_ptr<incoming> incoming_;
  std::vector<header_field> headers_;
  exchange_id exchange_;
  bool answering_ = false;  // the model has an exchange of ours
  bool writing_ = false;
  bool watching_ = false;
  bool feed_back_ = false;  // tell the model when what is queued has left
  bool closed_ = false;
  bool length_unstated_ = false;
  std::optional<ending> ending_;
  wire_form form_;
  std::string queued_;
  std::string leaving_;
};

}  // namespace stampede
