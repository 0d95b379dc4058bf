// Bytes as they come -> HTTP/1.1 requests, or the status that refuses them. No socket, no clock.
//
// Holds what HTTP asks of a server before anybody looks at meaning: 400 for what is not HTTP
// or has not exactly one Host, 411 for a body of unstated length, 413, 414 and 431 beyond the
// limits, 417 for an expectation it does not know, 501 for a transfer coding it does not know.
// What follows a request in the same bytes is kept for the next one. Deterministic; its memory
// serves one request after the other.
//
// Use: http_reader in(limits);
//      ::read(socket, in.room()) ...; in.received(n);
//      if (in.read_on() == http_reader::progress::whole) { use(in.message()); in.next(); }
#pragma once

#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mockserver/request.hpp"

namespace stampede {

struct http_limits {
  std::uint64_t most_body_bytes = 48ULL << 20;  // the service's own limit
  std::uint32_t most_header_bytes = 64U << 10;  // request line and headers together
  std::uint32_t most_target_bytes = 8U << 10;
};

// As it came. Its views live until the reader's next().
struct http_request {
  std::string_view method;
  std::string_view target;
  int version = 11;
  bool keep_alive = true;
  std::vector<header_field> headers;
  std::string body;
};

class http_reader {
 public:
  enum class progress : std::uint8_t { incomplete, whole, refused };

  explicit http_reader(const http_limits& limits);
  ~http_reader();

  boost::asio::mutable_buffer room();  // where the next bytes go
  void received(std::size_t bytes);
  progress read_on();
  // The client sends no more: what an incomplete request is refused with, 0 if there is none.
  std::int16_t cut_off() const { return begun() ? std::int16_t{400} : std::int16_t{0}; }

  bool begun() const;
  bool has_header() const;
  std::uint64_t seen() const;  // bytes of this request
  // True once, where the client waits for 100 before it sends its body.
  bool take_continue();

  std::int16_t status() const;          // once refused
  const http_request& message() const;  // once whole
  void next();
  // Gives memory back while nothing is read: not between room() and received().
  void rest();

 private:
  class inside;
  std::unique_ptr<inside> in_;
};

}  // namespace stampede
