#include "mockserver/live/connection.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <utility>

#include "mockserver/live/http_reader.hpp"
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

}  // namespace

connection::connection(tcp::socket socket, std::weak_ptr<listener::impl> owner,
                       std::size_t place_in_list)
    : place(place_in_list),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      owner_(std::move(owner)) {}

connection::~connection() = default;

void connection::start() {
  const auto owner = owner_.lock();
  if (!owner) return;
  in_ = std::make_unique<http_reader>(owner->options().limits);
  if (!owner->tls()) return read();
  tls_ = std::make_unique<asio::ssl::stream<tcp::socket&>>(socket_, *owner->tls());
  keep_pace(true);
  tls_->async_handshake(asio::ssl::stream_base::server,
                        [self = shared_from_this()](error_code error) {
                          if (self->closed_) return;
                          self->keep_pace(false);
                          error ? self->close_now() : self->read();
                        });
}

// ---- requests

// Not on the caller's stack where a request is there already: the caller may be the model's.
void connection::read() {
  if (in_->begun()) {
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->go_on(); });
  } else if (!reading_) {
    receive();
  }
}

void connection::receive() {
  reading_ = true;
  auto handler = [self = shared_from_this()](error_code error, std::size_t bytes) {
    self->reading_ = false;
    self->on_received(error, bytes);
  };
  tls_ ? tls_->async_read_some(in_->room(), std::move(handler))
       : socket_.async_read_some(in_->room(), std::move(handler));
}

void connection::on_received(error_code error, std::size_t bytes) {
  if (closed_) return;
  if (goodbye_due_) return say_goodbye();
  if (error) return ending_now_ ? close_now() : on_peer_closed();
  if (ending_now_) return swallow();
  in_->received(bytes);
  if (!answering_ && !ending_ && !writing_) go_on();
}

// The peer sends no more, or is gone.
void connection::on_peer_closed() {
  const auto owner = owner_.lock();
  if (!owner) return;
  if (answering_ || ending_ || writing_) {
    if (!owner->may_half_close()) close_now();
    return;
  }
  const std::int16_t status = in_->cut_off();
  status != 0 ? refuse(status) : close_now();
}

void connection::go_on() {
  if (closed_ || answering_ || ending_now_) return;
  switch (in_->read_on()) {
    case http_reader::progress::whole:
      keep_pace(false);
      take_request();
      break;
    case http_reader::progress::refused: refuse(in_->status()); break;
    case http_reader::progress::incomplete:
      if (in_->begun()) keep_pace(true);
      if (in_->take_continue()) {
        queued_ += "HTTP/1.1 100 Continue\r\n\r\n";
        write();
      }
      if (!reading_) receive();
      break;
  }
}

void connection::take_request() {
  const auto owner = owner_.lock();
  if (!owner) return;
  const http_reader::request& message = in_->message();
  form_.keep_alive = message.keep_alive();
  form_.chunks = message.version() >= 11;
  form_.head_only = message.method() == http::verb::head;
  headers_.clear();
  for (const auto& field : message) headers_.push_back({field.name_string(), field.value()});
  if (owner->is_page(message.target())) {
    answer_page(owner->page_for({.method = message.method_string(),
                                 .target = message.target(),
                                 .headers = headers_,
                                 .body = message.body()}));
    return;
  }
  const server_request request =
      read_request(message.method_string(), message.target(), headers_, message.body());
  by_ = &owner->current();
  exchange_ = owner->expect(*by_, *this);
  answering_ = true;
  owner->feed(*by_, exchange_, request_received{&request});
  in_->next();
  watch();
}

void connection::answer_page(const page& p) {
  append_page(p, form_, queued_);
  in_->next();
  length_unstated_ = false;
  ending_ = ending::clean;
  write();
}

// Not HTTP, or more of it than allowed: the model never hears of it.
void connection::refuse(std::int16_t status) {
  const auto owner = owner_.lock();
  if (!owner) return;
  keep_pace(false);
  const service_text text = service_text_of(status);
  answer a;
  a.status = status;
  a.body = body_kind::error_json;
  a.message = text.message;
  a.type = text.type;
  a.code = text.code;
  a.text = owner->count_refused(status);
  form_ = {.keep_alive = false, .chunks = true};
  segment whole;
  whole.head = whole.last = true;
  append_wire(a, whole, form_, queued_);
  ending_ = ending::clean;
  write();
}

void connection::keep_pace(bool wanted) {
  const auto owner = owner_.lock();
  if (!owner || wanted == pace_place.has_value()) return;
  request_began_ = owner->ticks();
  wanted ? owner->add_sender(*this) : owner->remove_sender(*this);
}

void connection::check_pace() {
  const auto owner = owner_.lock();
  if (!owner) return;
  const pace_limits& pace = owner->options().pace;
  const std::uint64_t took = owner->ticks() - request_began_;
  const bool handshake = tls_ && !SSL_is_init_finished(tls_->native_handle());
  const std::uint64_t most = in_->has_header() ? pace.body_ticks + in_->seen() / pace.bytes_a_tick
                                               : std::uint64_t{pace.header_ticks};
  if (took <= most) return;
  handshake ? close_now() : refuse(408);
}

// ---- answers

void connection::send(const answer& whole, const segment& piece) {
  if (piece.head) length_unstated_ = !form_.chunks && !states_length(whole, piece);
  append_wire(whole, piece, form_, queued_);
  feed_back_ = !piece.last;
  write();
}

void connection::write() {
  if (writing_ || closed_) return;
  writing_ = true;
  std::swap(leaving_, queued_);
  queued_.clear();
  // An empty segment is written too: its handler is what tells the model.
  auto handler = [self = shared_from_this()](error_code error, std::size_t) {
    self->writing_ = false;
    self->on_written(error);
  };
  tls_ ? asio::async_write(*tls_, asio::buffer(leaving_), std::move(handler))
       : asio::async_write(socket_, asio::buffer(leaving_), std::move(handler));
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
    if (const auto owner = owner_.lock()) owner->feed(*by_, exchange_, written{});
  } else if (!answering_) {
    go_on();  // after a 100: the body may have come meanwhile
  }
}

void connection::finish(ending how) {
  answering_ = false;
  if (const auto owner = owner_.lock()) owner->leave(*std::exchange(by_, nullptr), exchange_.slot);
  feed_back_ = false;
  ending_ = how;
  if (!writing_) conclude();
}

// The answer is out: what becomes of the connection.
void connection::conclude() {
  const ending how = *ending_;
  ending_.reset();
  switch (how) {
    case ending::clean:
      form_.keep_alive && !length_unstated_ ? read() : close_gracefully(true);
      break;
    case ending::truncated: close_gracefully(false); break;
    case ending::reset: drain_then_reset(drain_steps); break;
    case ending::silent:
      ending_now_ = true;
      swallow();
      break;
  }
}

// While the answer is pending, the socket becomes readable when the peer closes. Data (the
// next request, sent early) ends the watch: then only a failing write can tell. Under TLS
// only reading can tell a closing peer from data.
void connection::watch() {
  if (watching_ || !answering_ || closed_) return;
  if (tls_) {
    if (!reading_ && !in_->begun()) receive();
    return;
  }
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
  } else if (got == 0) {
    on_peer_closed();
  } else {
    close_now();
  }
}

// ---- the end

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
// socket would turn into a reset and could take the answer's last bytes with it. Under TLS a
// whole answer is followed by a close_notify, a cut one is not.
void connection::close_gracefully(bool whole) {
  ending_now_ = true;
  timer_.expires_after(longest_linger);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->close_now();
  });
  if (tls_ && whole) {
    goodbye_due_ = true;
    error_code ignored;
    reading_ ? static_cast<void>(socket_.cancel(ignored)) : say_goodbye();
    return;
  }
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  swallow();
}

void connection::say_goodbye() {
  goodbye_due_ = false;
  tls_->async_shutdown([self = shared_from_this()](error_code) { self->close_now(); });
}

void connection::swallow() {
  if (!reading_) receive();
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
  keep_pace(false);
  owner->forget(this);
  if (!std::exchange(answering_, false)) return;
  owner->leave(*by_, exchange_.slot);
  owner->feed(*by_, exchange_, peer_left{});
}

}  // namespace stampede
