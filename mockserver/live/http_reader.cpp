#include "mockserver/live/http_reader.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <string_view>

namespace stampede {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t small_read = 4U << 10;
constexpr std::size_t large_read = 64U << 10;

bool carries_body(http::verb method) {
  return method == http::verb::post || method == http::verb::put || method == http::verb::patch;
}

}  // namespace

http_reader::http_reader(const http_limits& limits) : limits_(limits) { next(); }

void http_reader::next() {
  parser_.emplace();
  parser_->eager(true);
  parser_->body_limit(limits_.most_body_bytes);
  parser_->header_limit(limits_.most_header_bytes);
  seen_ = 0;
  status_ = 0;
  judged_ = continue_wanted_ = false;
}

boost::asio::mutable_buffer http_reader::room() {
  return buffer_.prepare(has_header() && !parser_->is_done() ? large_read : small_read);
}

// A server should pass over the line ends that some clients send behind a body.
void http_reader::skip_blank_lines() {
  const auto* bytes = static_cast<const char*>(buffer_.data().data());
  std::size_t n = 0;
  while (n + 1 < buffer_.size() && bytes[n] == '\r' && bytes[n + 1] == '\n') n += 2;
  buffer_.consume(n);
}

http_reader::progress http_reader::read_on() {
  if (!parser_->got_some()) skip_blank_lines();
  while (!parser_->is_done()) {
    if (buffer_.size() == 0) return progress::incomplete;
    boost::system::error_code error;
    const std::size_t used = parser_->put(buffer_.data(), error);
    buffer_.consume(used);
    seen_ += used;
    if (error && error != http::error::need_more) return judge_error(error);
    if (!judged_ && has_header()) {
      judged_ = true;
      if (const std::int16_t status = judge_header()) return refuse(status);
    }
    if (!error) continue;
    // Within a body only the line of a chunk can be so long.
    if (has_header() && buffer_.size() > limits_.most_header_bytes) return refuse(400);
    return progress::incomplete;
  }
  return progress::whole;
}

http_reader::progress http_reader::refuse(std::int16_t status) {
  status_ = status;
  return progress::refused;
}

http_reader::progress http_reader::judge_error(const boost::system::error_code& error) {
  if (error == http::error::body_limit) return refuse(413);
  if (error != http::error::header_limit) return refuse(400);
  const auto* bytes = static_cast<const char*>(buffer_.data().data());
  const std::string_view seen(bytes, buffer_.size());
  const bool line_too_long = message().target().empty() && seen.find('\n') == seen.npos;
  return refuse(line_too_long ? 414 : 431);
}

// 0 where the header is as HTTP asks.
std::int16_t http_reader::judge_header() const {
  const request& asked = message();
  if (asked.target().size() > limits_.most_target_bytes) return 414;
  const auto hosts = asked.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && asked.version() >= 11)) return 400;
  const bool coded = asked.count(http::field::transfer_encoding) > 0;
  if (coded && asked.version() < 11) return 400;
  if (coded && !boost::beast::iequals(asked[http::field::transfer_encoding], "chunked")) return 501;
  const bool states_length = coded || asked.count(http::field::content_length) > 0;
  if (carries_body(asked.method()) && !states_length) return 411;
  if (asked.count(http::field::expect) > 0 &&
      !boost::beast::iequals(asked[http::field::expect], "100-continue")) {
    return 417;
  }
  return 0;
}

bool http_reader::take_continue() {
  const bool waits = judged_ && !continue_wanted_ && !parser_->is_done() && buffer_.size() == 0 &&
                     message().version() >= 11 && message().count(http::field::expect) > 0;
  continue_wanted_ = continue_wanted_ || waits;
  return waits;
}

}  // namespace stampede
