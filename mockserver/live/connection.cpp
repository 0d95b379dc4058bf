#include "mockserver/live/connection.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <utility>

#include "mockserver/service_texts.hpp"

namespace stampede {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

// Before a reset: at most 200 ms for what was sent to drain, looked at every 2 ms.
constexpr auto drain_step = std::chrono::milliseconds(2);
constexpr int drain_steps = 100;
constexpr auto longest_linger = std::chrono::seconds(2);

// What a broken request gets, if it gets anything.
std::int16_t status_for(const boost::system::error_code& error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  return 400;
}

}  // namespace

struct connection::incoming {
  boost::beast::flat_buffer buffer;
  std::optional<http::request_parser<http::string_body>> parser;  // a new one each request
};

connection::connection(tcp::socket socket, std::weak_ptr<listener::impl> owner,
                       std::size_t place_in_list)
    : place(place_in_list),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      owner_(std::move(owner)),
      incoming_(std::make_unique<incoming>()) {}

connection::~connection() = default;

void connection::read() {
  incoming_->parser.emplace();
  const auto owner = owner_.lock();
  if (!owner) return;
  incoming_->parser->body_limit(owner->options().most_body_bytes);
  incoming_->parser->header_limit(owner->options().most_header_bytes);
  http::async_read(
      socket_, incoming_->buffer, *incoming_->parser,
      [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
}

void connection::on_read(error_code error) {
  if (closed_) return;
  if (!error) {
    take_request();
    return;
  }
  const auto& http_errors = make_error_code(http::error::end_of_stream).category();
  const bool not_http = error.category() == http_errors && error != http::error::end_of_stream &&
                        error != http::error::partial_message;
  not_http ? refuse(status_for(error)) : close_now();
}

void connection::take_request() {
  const auto owner = owner_.lock();
  if (!owner) return;
  const auto& message = incoming_->parser->get();
  form_.keep_alive = message.keep_alive();
  form_.chunks = message.version() >= 11;
  headers_.clear();
  for (const auto& field : message) headers_.push_back({field.name_string(), field.value()});
  const server_request request =
      read_request(message.method_string(), message.target(), headers_, message.body());
  exchange_ = owner->expect(*this);
  answering_ = true;
  owner->feed(exchange_, request_received{&request});
  watch();
}

// Not HTTP, or more of it than allowed: the model never hears of it.
void connection::refuse(std::int16_t status) {
  const auto owner = owner_.lock();
  if (!owner) return;
  const service_text text = service_text_of(status);
  answer a;
  a.status = status;
  a.body = body_kind::error_json;
  a.message = text.message;
  a.type = text.type;
  a.code = text.code;
  a.text = owner->count_broken();
  form_ = {.keep_alive = false, .chunks = true};
  segment whole;
  whole.head = whole.last = true;
  append_wire(a, whole, form_, queued_);
  ending_ = ending::clean;
  write();
}

void connection::send(const segment& piece) {
  const auto owner = owner_.lock();
  if (!owner) return;
  const answer& a = owner->answer_of(exchange_);
  if (piece.head) length_unstated_ = !form_.chunks && !states_length(a, piece);
  append_wire(a, piece, form_, queued_);
  feed_back_ = !piece.last;
  write();
}

void connection::write() {
  if (writing_ || closed_) return;
  writing_ = true;
  std::swap(leaving_, queued_);
  queued_.clear();
  // An empty segment is written too: its handler is what tells the model.
  asio::async_write(socket_, asio::buffer(leaving_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      self->writing_ = false;
                      self->on_written(error);
                    });
}

void connection::on_written(error_code error) {
  if (closed_) return;
  if (error) {
    close_now();
  } else if (!queued_.empty()) {
    write();
  } else if (ending_) {
    conclude();
  } else if (feed_back_ && answering_) {
    feed_back_ = false;
    if (const auto owner = owner_.lock()) owner->feed(exchange_, written{});
  }
}

void connection::finish(ending how) {
  answering_ = false;
  feed_back_ = false;
  ending_ = how;
  if (!writing_) conclude();
}

// The answer is out: what becomes of the connection.
void connection::conclude() {
  const ending how = *ending_;
  ending_.reset();
  switch (how) {
    case ending::clean: form_.keep_alive && !length_unstated_ ? read() : close_gracefully(); break;
    case ending::truncated: close_gracefully(); break;
    case ending::reset: drain_then_reset(drain_steps); break;
    case ending::silent: swallow(); break;
  }
}

// While the answer is pending, the socket becomes readable when the peer closes. Data (the
// next request, sent early) ends the watch: then only a failing write can tell.
void connection::watch() {
  if (watching_ || !answering_ || closed_) return;
  watching_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
    self->watching_ = false;
    if (!error && !self->closed_) self->on_readable();
  });
}

void connection::on_readable() {
  if (!answering_) return;
  char byte = 0;
  const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0) return;
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    watch();
    return;
  }
  close_now();
}

void connection::drain_then_reset(int steps_left) {
  int unsent = 0;
  const bool asked = ::ioctl(socket_.native_handle(), TIOCOUTQ, &unsent) == 0;
  if (asked && unsent > 0 && steps_left > 0) {
    timer_.expires_after(drain_step);
    timer_.async_wait([self = shared_from_this(), steps_left](error_code error) {
      if (!error && !self->closed_) self->drain_then_reset(steps_left - 1);
    });
    return;
  }
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  close_now();
}

// Sends FIN and reads on until the peer has closed too: closing with unread bytes in the
// socket would turn into a reset and could take the answer's last bytes with it.
void connection::close_gracefully() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  timer_.expires_after(longest_linger);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->close_now();
  });
  swallow();
}

void connection::swallow() {
  incoming_->buffer.clear();
  socket_.async_read_some(incoming_->buffer.prepare(4096),
                          [self = shared_from_this()](error_code error, std::size_t) {
                            if (self->closed_) return;
                            error ? self->close_now() : self->swallow();
                          });
}

void connection::close_now() {
  if (closed_) return;
  const auto self = shared_from_this();  // the list below may hold the last other one
  closed_ = true;
  timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
  const auto owner = owner_.lock();
  if (!owner) return;
  owner->forget(this, exchange_.slot);
  if (std::exchange(answering_, false)) owner->feed(exchange_, peer_left{});
}

}  // namespace stampede
