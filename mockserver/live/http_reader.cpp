#include "mockserver/live/http_reader.hpp"

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>

#include "mockserver/reuse.hpp"

namespace stampede {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr std::size_t small_read = 4U << 10;
constexpr std::size_t large_read = 64U << 10;

using error_code = boost::system::error_code;
using text = beast::string_view;

// What one request's bytes say. Kept apart from the parser, which serves for one request only.
class gathered {
 public:
  http_request message;
  http::verb method = http::verb::unknown;
  int hosts = 0;
  bool states_length = false;
  std::optional<std::string_view> coding;  // the first Transfer-Encoding
  std::optional<std::string_view> expectation;

  bool has_line() const { return target_size_ > 0; }

  void line(http::verb known, text method_name, text target, int version) {
    method = known;
    message.version = version;
    method_size_ = method_name.size();
    target_size_ = target.size();
    bytes_.append(method_name.data(), method_name.size());
    bytes_.append(target.data(), target.size());
  }

  // What comes behind the body is a trailer, which is no header.
  void field(http::field known, text name, text value) {
    if (closed_) return;
    fields_.push_back({known, name.size(), value.size()});
    bytes_.append(name.data(), name.size());
    bytes_.append(value.data(), value.size());
  }

  // Once there are no more bytes to move what was seen before.
  void close_header(bool keep_alive) {
    closed_ = true;
    message.keep_alive = keep_alive;
    const char* at = bytes_.data();
    const auto take = [&at](std::size_t size) {
      at += size;
      return std::string_view(at - size, size);
    };
    message.method = take(method_size_);
    message.target = take(target_size_);
    for (const field_size& f : fields_) {
      const std::string_view name = take(f.name);
      message.headers.push_back({name, take(f.value)});
      note(f.known, message.headers.back().value);
    }
  }

  void clear() {
    message.method = message.target = {};
    message.headers.clear();
    empty_for_reuse(message.body);
    bytes_.clear();
    fields_.clear();
    target_size_ = 0;
    closed_ = false;
    hosts = 0;
    states_length = false;
    coding.reset();
    expectation.reset();
  }

 private:
  struct field_size {
    http::field known;
    std::size_t name;
    std::size_t value;
  };

  void note(http::field known, std::string_view value) {
    switch (known) {
      case http::field::host: ++hosts; break;
      case http::field::content_length: states_length = true; break;
      case http::field::transfer_encoding:
        states_length = true;
        if (!coding) coding = value;
        break;
      case http::field::expect:
        if (!expectation) expectation = value;
        break;
      default: break;
    }
  }

  std::string bytes_;  // of the request line and the headers, without what is between them
  std::vector<field_size> fields_;
  std::size_t method_size_ = 0;
  std::size_t target_size_ = 0;
  bool closed_ = false;
};

// Beast's own parser keeps headers in a tree of allocations each: a third of a request's cost.
class request_parser final : public http::basic_parser<true> {
 public:
  explicit request_parser(gathered& to) : to_(to) {}

 private:
  void on_request_impl(http::verb method, text method_name, text target, int version,
                       error_code&) override {
    to_.line(method, method_name, target, version);
  }
  void on_response_impl(int, text, int, error_code&) override {}
  void on_field_impl(http::field known, text name, text value, error_code&) override {
    to_.field(known, name, value);
  }
  void on_header_impl(error_code&) override { to_.close_header(keep_alive()); }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    if (length) to_.message.body.reserve(std::min<std::uint64_t>(*length, large_read));
  }
  std::size_t on_body_impl(text bytes, error_code&) override {
    to_.message.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text bytes, error_code& error) override {
    return on_body_impl(bytes, error);
  }
  void on_finish_impl(error_code&) override {}

  gathered& to_;
};

bool carries_body(http::verb method) {
  return method == http::verb::post || method == http::verb::put || method == http::verb::patch;
}

// 0 where the header is as HTTP asks.
std::int16_t judge_header(const gathered& asked, const http_limits& limits) {
  if (asked.message.target.size() > limits.most_target_bytes) return 414;
  const bool is_11 = asked.message.version >= 11;
  if (asked.hosts > 1 || (asked.hosts == 0 && is_11)) return 400;
  if (asked.coding && !is_11) return 400;
  if (asked.coding && !beast::iequals(*asked.coding, "chunked")) return 501;
  if (carries_body(asked.method) && !asked.states_length) return 411;
  if (asked.expectation && !beast::iequals(*asked.expectation, "100-continue")) return 417;
  return 0;
}

}  // namespace

class http_reader::inside {
 public:
  explicit inside(const http_limits& limits) : limits_(limits) { next(); }

  void next() {
    parser_.emplace(found_);
    parser_->eager(true);
    parser_->body_limit(limits_.most_body_bytes);
    parser_->header_limit(limits_.most_header_bytes);
    found_.clear();
    seen_ = 0;
    status_ = 0;
    judged_ = continue_wanted_ = false;
  }

  void rest() {
    if (begun()) return;
    buffer_ = {};
    found_ = {};
  }

  boost::asio::mutable_buffer room() {
    return buffer_.prepare(has_header() && !parser_->is_done() ? large_read : small_read);
  }
  void received(std::size_t bytes) { buffer_.commit(bytes); }
  progress read_on();
  bool take_continue();

  bool begun() const { return parser_->got_some() || buffer_.size() > 0; }
  bool has_header() const { return parser_->is_header_done(); }
  std::uint64_t seen() const { return seen_; }
  std::int16_t status() const { return status_; }
  const http_request& message() const { return found_.message; }

 private:
  std::string_view waiting() const {
    return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
  }
  progress refuse(std::int16_t status) {
    status_ = status;
    return progress::refused;
  }
  progress judge_error(const error_code& error);
  void skip_blank_lines();

  http_limits limits_;
  beast::flat_buffer buffer_;
  gathered found_;
  std::optional<request_parser> parser_;
  std::uint64_t seen_ = 0;
  std::int16_t status_ = 0;
  bool judged_ = false;  // the header
  bool continue_wanted_ = false;
};

// A server should pass over the line ends that some clients send behind a body.
void http_reader::inside::skip_blank_lines() {
  const std::string_view bytes = waiting();
  std::size_t n = 0;
  while (bytes.substr(n, 2) == "\r\n") n += 2;
  if (n > 0) buffer_.consume(n);
}

http_reader::progress http_reader::inside::read_on() {
  if (!parser_->got_some()) {
    skip_blank_lines();
    if (waiting() == "\r") return progress::incomplete;  // half of another one, perhaps
  }
  while (!parser_->is_done()) {
    if (buffer_.size() == 0) return progress::incomplete;
    error_code error;
    const std::size_t used = parser_->put(buffer_.data(), error);
    buffer_.consume(used);
    seen_ += used;
    if (error && error != http::error::need_more) return judge_error(error);
    if (!judged_ && has_header()) {
      judged_ = true;
      if (const std::int16_t status = judge_header(found_, limits_)) return refuse(status);
    }
    if (!error) continue;
    // Within a body only the line of a chunk can be so long.
    if (has_header() && buffer_.size() > limits_.most_header_bytes) return refuse(400);
    return progress::incomplete;
  }
  return progress::whole;
}

http_reader::progress http_reader::inside::judge_error(const error_code& error) {
  if (error == http::error::body_limit) return refuse(413);
  if (error != http::error::header_limit) return refuse(400);
  const bool line_too_long = !found_.has_line() && waiting().find('\n') == std::string_view::npos;
  return refuse(line_too_long ? 414 : 431);
}

bool http_reader::inside::take_continue() {
  const bool waits = judged_ && !continue_wanted_ && !parser_->is_done() && buffer_.size() == 0 &&
                     message().version >= 11 && found_.expectation;
  continue_wanted_ = continue_wanted_ || waits;
  return waits;
}

http_reader::http_reader(const http_limits& limits) : in_(std::make_unique<inside>(limits)) {}
http_reader::~http_reader() = default;
boost::asio::mutable_buffer http_reader::room() { return in_->room(); }
void http_reader::received(std::size_t bytes) { in_->received(bytes); }
http_reader::progress http_reader::read_on() { return in_->read_on(); }
bool http_reader::begun() const { return in_->begun(); }
bool http_reader::has_header() const { return in_->has_header(); }
std::uint64_t http_reader::seen() const { return in_->seen(); }
bool http_reader::take_continue() { return in_->take_continue(); }
std::int16_t http_reader::status() const { return in_->status(); }
const http_request& http_reader::message() const { return in_->message(); }
void http_reader::next() { in_->next(); }
void http_reader::rest() { in_->rest(); }

}  // namespace stampede
