#include "mockserver/live/listener.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "mockserver/service_texts.hpp"
#include "mockserver/wire.hpp"

namespace stampede {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr auto longest_drain = std::chrono::milliseconds(200);
constexpr auto drain_step = std::chrono::milliseconds(2);
constexpr auto longest_linger = std::chrono::seconds(2);

// What a broken request gets, if it gets anything.
std::int16_t status_for(const error_code& error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  return 400;
}

}  // namespace

class connection;

class listener::impl : public std::enable_shared_from_this<listener::impl> {
 public:
  impl(asio::io_context& io, server_model& model, const wall_clock& clock, listen_options options);

  void start();
  void stop();
  unsigned short port() const { return port_; }
  std::size_t connections() const { return open_.size(); }
  duration lateness(double q) const { return wakeups_.lateness(q); }

  asio::io_context& io() { return io_; }
  const listen_options& options() const { return options_; }
  const answer& answer_of(exchange_id id) const { return model_.answer_of(id); }

  // The exchange the next request of `client` will be.
  exchange_id expect(connection& client);
  // Feeds the model and carries out what it says.
  void feed(exchange_id id, const server_event& event);
  void forget(connection* gone, std::uint32_t slot);
  std::uint64_t count_broken() { return ++broken_; }

 private:
  void accept();
  void carry_out();
  void rearm();

  asio::io_context& io_;
  server_model& model_;
  const wall_clock& clock_;
  listen_options options_;
  tcp::acceptor acceptor_;
  unsigned short port_ = 0;
  wakeup_loop wakeups_;
  instant armed_ = never;
  std::vector<connection*> by_slot_;  // whose exchange it is
  std::vector<std::shared_ptr<connection>> open_;
  effects<server_effect> effects_;
  std::uint64_t broken_ = 0;  // requests that were not HTTP
  bool stopped_ = false;
};

// One client. Reads a request, waits for its answer's segments, reads the next.
class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(tcp::socket socket, std::weak_ptr<listener::impl> owner, std::size_t at)
      : place(at),
        socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        owner_(std::move(owner)) {}

  void read();
  void send(const segment& piece);
  void finish(ending how);
  void close_now();

  // Whether `id` is the exchange this client waits for.
  bool is_waiting_for(exchange_id id) const { return answering_ && exchange_ == id; }

  std::size_t place;  // in the listener's list

 private:
  using parser = http::request_parser<http::string_body>;

  void on_read(error_code error);
  void take_request();
  void refuse(std::int16_t status);
  void write();
  void on_written(error_code error);
  void conclude();
  void watch();
  void on_readable();
  void drain_then_reset(std::chrono::steady_clock::time_point give_up);
  void close_gracefully();
  void swallow();

  tcp::socket socket_;
  asio::steady_timer timer_;
  std::weak_ptr<listener::impl> owner_;
  boost::beast::flat_buffer buffer_;
  std::optional<parser> parser_;
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

// ---- the listener

listener::impl::impl(asio::io_context& io, server_model& model, const wall_clock& clock,
                     listen_options options)
    : io_(io),
      model_(model),
      clock_(clock),
      options_(std::move(options)),
      acceptor_(io),
      wakeups_(io, clock, [this](wakeup_loop::token, instant now) {
        if (armed_ <= now) armed_ = never;
        model_.on({}, server_wakeup{}, now, effects_);
        carry_out();
      }) {
  const tcp::endpoint where(asio::ip::make_address(options_.address), options_.port);
  acceptor_.open(where.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  acceptor_.bind(where);
  acceptor_.listen(asio::socket_base::max_listen_connections);
  port_ = acceptor_.local_endpoint().port();
}

void listener::impl::start() { accept(); }

void listener::impl::accept() {
  acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
    if (self->stopped_) return;
    if (!error) {
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      auto client = std::make_shared<connection>(std::move(socket), self, self->open_.size());
      self->open_.push_back(client);
      client->read();
    }
    self->accept();
  });
}

void listener::impl::stop() {
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  wakeups_.stop();
  while (!open_.empty()) open_.back()->close_now();
}

void listener::impl::forget(connection* gone, std::uint32_t slot) {
  if (slot < by_slot_.size() && by_slot_[slot] == gone) by_slot_[slot] = nullptr;
  const std::shared_ptr<connection> last = std::move(open_.back());
  open_.pop_back();
  if (last.get() == gone) return;
  last->place = gone->place;
  open_[gone->place] = last;
}

exchange_id listener::impl::expect(connection& client) {
  const exchange_id id = model_.next_id();
  if (id.slot >= by_slot_.size()) by_slot_.resize(id.slot + 1, nullptr);
  by_slot_[id.slot] = &client;
  return id;
}

void listener::impl::feed(exchange_id id, const server_event& event) {
  model_.on(id, event, clock_.now(), effects_);
  carry_out();
}

void listener::impl::carry_out() {
  // Nothing below calls the model again before this is through: writes complete later.
  for (const server_effect& effect : effects_) {
    const exchange_id id = std::visit([](const auto& e) { return e.exchange; }, effect);
    connection* const client = by_slot_[id.slot];
    if (!client || !client->is_waiting_for(id)) continue;
    if (const auto* piece = std::get_if<emit>(&effect)) {
      client->send(piece->piece);
    } else {
      client->finish(std::get<end>(effect).how);
    }
  }
  effects_.clear();
  rearm();
}

void listener::impl::rearm() {
  const instant due = model_.next_wakeup();
  if (due >= armed_) return;
  armed_ = due;
  wakeups_.arm(0, due);
}

// ---- one client

void connection::read() {
  parser_.emplace();
  const auto owner = owner_.lock();
  if (!owner) return;
  parser_->body_limit(owner->options().most_body_bytes);
  parser_->header_limit(owner->options().most_header_bytes);
  http::async_read(
      socket_, buffer_, *parser_,
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
  const auto& message = parser_->get();
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
    case ending::reset: drain_then_reset(std::chrono::steady_clock::now() + longest_drain); break;
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

void connection::drain_then_reset(std::chrono::steady_clock::time_point give_up) {
  int unsent = 0;
  const bool asked = ::ioctl(socket_.native_handle(), SIOCOUTQ, &unsent) == 0;
  if (asked && unsent > 0 && std::chrono::steady_clock::now() < give_up) {
    timer_.expires_after(drain_step);
    timer_.async_wait([self = shared_from_this(), give_up](error_code error) {
      if (!error && !self->closed_) self->drain_then_reset(give_up);
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
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(4096),
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

// ---- the face

listener::listener(asio::io_context& io, server_model& model, const wall_clock& clock,
                   listen_options options)
    : impl_(std::make_shared<impl>(io, model, clock, std::move(options))) {}
listener::~listener() { impl_->stop(); }

unsigned short listener::port() const { return impl_->port(); }
void listener::start() { impl_->start(); }
void listener::stop() { impl_->stop(); }
std::size_t listener::connections() const { return impl_->connections(); }
duration listener::lateness(double q) const { return impl_->lateness(q); }

}  // namespace stampede
