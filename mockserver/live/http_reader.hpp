// Bytes as they come -> HTTP/1.1 requests, or the status that refuses them. No socket, no clock.
//
// Holds what HTTP asks of a server before anybody looks at meaning: 400 for what is not HTTP
// or has not exactly one Host, 411 for a body of unstated length, 413, 414 and 431 beyond the
// limits, 417 for an expectation it does not know, 501 for a transfer coding it does not know.
// What follows a request in the same bytes is kept for the next one. Deterministic.
//
// Use: http_reader in(limits);
//      ::read(socket, in.room()) ...; in.received(n);
//      if (in.read_on() == http_reader::progress::whole) { use(in.message()); in.next(); }
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <optional>

namespace stampede {

struct http_limits {
  std::uint64_t most_body_bytes = 48ULL << 20;  // the service's own limit
  std::uint32_t most_header_bytes = 64U << 10;  // request line and headers together
  std::uint32_t most_target_bytes = 8U << 10;
};

class http_reader {
 public:
  enum class progress : std::uint8_t { incomplete, whole, refused };
  using request = boost::beast::http::request<boost::beast::http::string_body>;

  explicit http_reader(const http_limits& limits);

  boost::asio::mutable_buffer room();  // where the next bytes go
  void received(std::size_t bytes) { buffer_.commit(bytes); }
  progress read_on();
  // The client sends no more: what an incomplete request is refused with, 0 if there is none.
  std::int16_t cut_off() const { return begun() ? std::int16_t{400} : std::int16_t{0}; }

  bool begun() const { return parser_->got_some() || buffer_.size() > 0; }
  bool has_header() const { return parser_->is_header_done(); }
  std::uint64_t seen() const { return seen_; }  // bytes of this request
  // True once, where the client waits for 100 before it sends its body.
  bool take_continue();

  std::int16_t status() const { return status_; }            // once refused
  const request& message() const { return parser_->get(); }  // once whole
  void next();

 private:
  progress refuse(std::int16_t status);
  progress judge_error(const boost::system::error_code& error);
  std::int16_t judge_header() const;
  void skip_blank_lines();

  http_limits limits_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::uint64_t seen_ = 0;
  std::int16_t status_ = 0;
  bool judged_ = false;  // the header
  bool continue_wanted_ = false;
};

}  // namespace stampede
