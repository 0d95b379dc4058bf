// HTTP/1.1 for one client process: carries out send_attempt and cancel_attempt, and turns
// what comes back into client events. Decides nothing: timeouts, retries and the meaning of
// an answer are the machine's and the decoder's.
//
// Connections are kept and reused; an idle one that the server closed meanwhile is noticed
// before it is used. Belongs to the thread of its io_context.
//
// Use:  transport t(io, *parse_base_url("https://api.deepseek.com"), &tls, on_event);
//       t.send(call, 1, {.target = "/chat/completions", .body = body, ...});
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/decoding.hpp"
#include "client/events.hpp"

namespace stampede {

struct endpoint {
  std::string host;  // as in a URL: an IPv6 address has its brackets
  unsigned short port = 0;
  bool tls = false;
  std::string path;  // of the base URL, without a slash at its end: "" or "/v1"
};

// "http://127.0.0.1:8080/v1" or "https://host"; nothing on any other text.
std::optional<endpoint> parse_base_url(std::string_view url);

struct outgoing_request {
  std::string target;   // below the base URL: "/chat/completions"
  std::string api_key;  // sent as a bearer token, and nowhere else
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  expected_answer expected;
};

class transport {
 public:
  // `tls` is needed for https endpoints only. `on_event` runs on the io_context's thread;
  // `on_decoded`, where given, sees each whole answer just before its reply_received.
  using event_callback = std::function<void(call_id, const client_event&)>;
  using decoded_callback = std::function<void(call_id, const decoded&)>;

  transport(boost::asio::io_context& io, endpoint where, boost::asio::ssl::context* tls,
            event_callback on_event, decoded_callback on_decoded = nullptr);
  ~transport();
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  void send(call_id call, std::uint16_t attempt, outgoing_request request);
  void cancel(call_id call, std::uint16_t attempt);
  // Closes every connection, silently.
  void close();

  class connection;

 private:
  friend class connection;
  template <class Stream>
  class connection_over;

  std::shared_ptr<connection> take_idle();
  std::shared_ptr<connection> make_connection();

  boost::asio::io_context& io_;
  endpoint where_;
  boost::asio::ssl::context* tls_;
  event_callback on_event_;
  decoded_callback on_decoded_;
  std::vector<std::shared_ptr<connection>> connections_;
};

}  // namespace stampede
