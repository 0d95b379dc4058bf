#include "mockserver/live/connection.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <utility>

#include "mockserver/live/http_reader.hpp"
#include "mockserver/reuse.hpp"
#include "mockserver/service_texts.hpp"

namespace stampede {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

// Before a reset: at most 200 ms for what was sent to drain, looked at every 2 ms.
constexpr auto drain_step = std::chrono::milliseconds(2);
constexpr int drain_steps = 100;
constexpr auto longest_linger = std::chrono::seconds(2);

}  // namespace

connection::connection(client_socket socket, listener::impl& owner, std::size_t place_in_list)
    : place(place_in_list),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      owner_(&owner) {}

connection::~connection() = default;

void connection::start() {
  in_ = std::make_unique<http_reader>(owner_->options().limits);
  if (!owner_->tls()) return read();
  tls_ = std::make_unique<asio::ssl::stream<client_socket&>>(socket_, *owner_->tls());
  keep_pace(true);
  tls_->async_handshake(asio::ssl::stream_base::server,
                        [self = shared_from_this()](error_code error) {
                          if (self->closed_) return;
                          self->keep_pace(false);
                          error ? self->close_now() : self->read();
                        });
}

// ---- requests

// In its turn behind whatever else is ready: the caller may be the model's, and by then the next
// request is often there, which saves a look at the socket.
void connection::read() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->go_on(); });
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
  go_on();
}

// The peer sends no more, or is gone.
void connection::on_peer_closed() {
  if (answering_ || ending_ || writing_) {
    if (!owner_->may_half_close()) close_now();
    return;
  }
  const std::int16_t status = in_->cut_off();
  status != 0 ? refuse(status) : close_now();
}

void connection::go_on() {
  if (closed_ || answering_ || ending_ || ending_now_ || writing_) return;
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
  const http_request& message = in_->message();
  form_.keep_alive = message.keep_alive;
  form_.chunks = message.version >= 11;
  form_.head_only = message.method == "HEAD";
  if (owner_->is_page(message.target)) {
    answer_page(owner_->page_for({.method = message.method,
                                  .target = message.target,
                                  .headers = message.headers,
                                  .body = message.body}));
    return;
  }
  const server_request request =
      read_request(message.method, message.target, message.headers, message.body);
  by_ = &owner_->current();
  exchange_ = owner_->expect(*by_, *this);
  answering_ = true;
  owner_->feed(*by_, exchange_, request_received{&request});
  in_->next();
  if (!answering_) return;
  if (!reading_) in_->rest();
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
  keep_pace(false);
  const service_text text = service_text_of(status);
  answer a;
  a.status = status;
  a.body = body_kind::error_json;
  a.message = text.message;
  a.type = text.type;
  a.code = text.code;
  a.text = owner_->count_refused(status);
  form_ = {.keep_alive = false, .chunks = true};
  segment whole;
  whole.head = whole.last = true;
  append_wire(a, whole, form_, queued_);
  ending_ = ending::clean;
  write();
}

void connection::keep_pace(bool wanted) {
  if (!owner_ || wanted == pace_place.has_value()) return;
  request_began_ = owner_->ticks();
  wanted ? owner_->add_sender(*this) : owner_->remove_sender(*this);
}

void connection::check_pace() {
  const pace_limits& pace = owner_->options().pace;
  const std::uint64_t took = owner_->ticks() - request_began_;
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
  piece.last ? write_at_once() : write();
}

// The end of an answer, which mostly fits into the socket's buffer: then nobody waits for it.
void connection::write_at_once() {
  if (writing_ || closed_ || tls_) return write();
  const auto sent =
      ::send(socket_.native_handle(), queued_.data(), queued_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent == static_cast<std::ptrdiff_t>(queued_.size())) return empty_for_reuse(queued_);
  if (sent > 0) queued_.erase(0, static_cast<std::size_t>(sent));
  write();
}

void connection::write() {
  if (writing_ || closed_) return;
  writing_ = true;
  std::swap(leaving_, queued_);
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
  empty_for_reuse(leaving_);
  if (error) {
    close_now();
  } else if (!queued_.empty()) {
    write();
  } else if (ending_) {
    conclude();
  } else if (feed_back_ && answering_) {
    feed_back_ = false;
    owner_->feed(*by_, exchange_, written{});
  } else if (!answering_) {
    go_on();  // after a 100: the body may have come meanwhile
  }
}

void connection::finish(ending how) {
  answering_ = false;
  owner_->leave(*std::exchange(by_, nullptr), exchange_.slot);
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
    case ending::reset:
      ending_now_ = true;
      drain_then_reset(drain_steps);
      break;
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
  socket_.async_wait(client_socket::wait_read, [self = shared_from_this()](error_code error) {
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
  socket_.shutdown(client_socket::shutdown_send, ignored);
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
  keep_pace(false);
  listener::impl& owner = *std::exchange(owner_, nullptr);
  owner.forget(this);
  if (!std::exchange(answering_, false)) return;
  owner.leave(*by_, exchange_.slot);
  owner.feed(*by_, exchange_, peer_left{});
}

}  // namespace stampede
