#include "client/live/transport.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>

#include "core/check.hpp"
#include "core/live/tls.hpp"
#include "core/live/wall_clock.hpp"

namespace stampede {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t piece_size = 16384;

// What a broken connection means depends on how it broke, not on where.
outcome outcome_of(const error_code& error) {
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe ||
      error == asio::error::connection_aborted)
    return outcome::connection_reset;
  return outcome::connection_closed;
}

// An IPv6 address as a resolver wants it.
std::string without_brackets(const std::string& host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

http::request<http::string_body> make_request(const endpoint& where, outgoing_request&& from) {
  http::request<http::string_body> request{http::verb::post, where.path + from.target, 11};
  const bool default_port = where.port == (where.tls ? 443 : 80);
  request.set(http::field::host,
              default_port ? where.host : where.host + ":" + std::to_string(where.port));
  request.set(http::field::user_agent, "stampede");
  request.set(http::field::authorization, "Bearer " + from.api_key);
  request.set(http::field::content_type, "application/json");
  request.set(http::field::accept, from.expected.stream ? "text/event-stream" : "application/json");
  for (const auto& [name, value] : from.headers) request.set(name, value);
  request.body() = std::move(from.body);
  request.prepare_payload();
  return request;
}

}  // namespace

std::optional<endpoint> parse_base_url(std::string_view url) {
  endpoint where;
  constexpr std::string_view plain = "http://", secure = "https://";
  if (url.substr(0, secure.size()) == secure) {
    where.tls = true;
    url.remove_prefix(secure.size());
  } else if (url.substr(0, plain.size()) == plain) {
    url.remove_prefix(plain.size());
  } else {
    return std::nullopt;
  }
  const auto slash = url.find('/');
  if (slash != std::string_view::npos) {
    where.path = url.substr(slash);
    url = url.substr(0, slash);
    while (!where.path.empty() && where.path.back() == '/') where.path.pop_back();
  }
  where.port = where.tls ? 443 : 80;
  std::size_t host_end = 0;
  if (url.starts_with('[')) host_end = std::min(url.find(']'), url.size());  // an IPv6 address
  const auto colon = url.find(':', host_end);
  if (colon != std::string_view::npos) {
    const auto digits = url.substr(colon + 1);
    unsigned port = 0;
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (bad != std::errc{} || end != digits.data() + digits.size() || port == 0 || port > 65535)
      return std::nullopt;
    where.port = static_cast<unsigned short>(port);
    url = url.substr(0, colon);
  }
  if (url.empty() || url.find_first_of("@?# ") != std::string_view::npos) return std::nullopt;
  where.host = url;
  return where;
}

// One TCP (or TLS) connection and the attempt it carries, if any.
class transport::connection : public std::enable_shared_from_this<transport::connection> {
 public:
  explicit connection(transport& owner) : owner_(owner) {}
  virtual ~connection() = default;

  virtual void carry(call_id call, std::uint16_t attempt, outgoing_request request) = 0;
  virtual void close() = 0;
  virtual bool still_open() = 0;

  bool carries(call_id call, std::uint16_t attempt) const {
    return busy_ && call_ == call && attempt_ == attempt;
  }
  bool idle() const { return !busy_ && open_; }
  bool finished() const { return !busy_ && !open_; }
  // Nothing more is reported of the attempt.
  void silence() { silent_ = true; }

 protected:
  void tell(const client_event& event) {
    if (!silent_) owner_.on_event_(call_, event);
  }

  transport& owner_;
  call_id call_;
  std::uint16_t attempt_ = 0;
  bool busy_ = false;
  bool open_ = false;
  bool silent_ = false;
};

template <class Stream>
class transport::connection_over final : public transport::connection {
  static constexpr bool secure = !std::is_same_v<Stream, tcp::socket>;

 public:
  explicit connection_over(transport& owner) : connection(owner), stream_(make_stream(owner)) {}

  void carry(call_id call, std::uint16_t attempt, outgoing_request request) override {
    call_ = call;
    attempt_ = attempt;
    busy_ = true;
    silent_ = false;
    expected_ = request.expected;
    request_ = make_request(owner_.where_, std::move(request));
    asio::co_spawn(owner_.io_, run(this->shared_from_this()), asio::detached);
  }

  void close() override {
    open_ = false;
    error_code ignored;
    lowest().close(ignored);
  }

  // A connection the server has closed is readable; so is one with bytes nobody asked for.
  bool still_open() override {
    error_code error;
    char byte = 0;
    lowest().non_blocking(true, error);
    lowest().receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    return error == asio::error::would_block;
  }

 private:
  static Stream make_stream(transport& owner) {
    if constexpr (secure)
      return Stream(owner.io_, *owner.tls_);
    else
      return Stream(owner.io_);
  }

  tcp::socket& lowest() {
    if constexpr (secure)
      return stream_.next_layer();
    else
      return stream_;
  }

  // `self` keeps the object alive while the coroutine is suspended.
  asio::awaitable<void> run([[maybe_unused]] std::shared_ptr<connection> self) {
    std::optional<outcome> failure;
    if (!open_) {
      asio::awaitable<std::optional<outcome>> opening = open();
      failure = co_await std::move(opening);
    }
    if (!failure) {
      asio::awaitable<std::optional<outcome>> exchanging = exchange();
      failure = co_await std::move(exchanging);
    }
    busy_ = false;
    if (failure) {
      close();
      tell(transport_error{attempt_, *failure});
    } else {
      if (owner_.on_decoded_ && !silent_) owner_.on_decoded_(call_, answer_);
      tell(reply_received{attempt_, answer_.result, answer_.usage});
    }
  }

  asio::awaitable<std::optional<outcome>> open() {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    tcp::resolver resolver(owner_.io_);
    const auto found = co_await resolver.async_resolve(without_brackets(owner_.where_.host),
                                                       std::to_string(owner_.where_.port), token);
    if (error) co_return outcome::connect_failed;
    co_await asio::async_connect(lowest(), found, token);
    if (error) co_return outcome::connect_failed;
    lowest().set_option(tcp::no_delay(true), error);
    if constexpr (secure) {
      expect_host(stream_.native_handle(), without_brackets(owner_.where_.host));
      co_await stream_.async_handshake(asio::ssl::stream_base::client, token);
      if (error) co_return outcome::tls_failed;
    }
    open_ = true;
    co_return std::nullopt;
  }

  asio::awaitable<std::optional<outcome>> exchange() {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await http::async_write(stream_, request_, token);
    // A server may answer and close before it has read everything: its answer comes first.
    const bool write_failed = static_cast<bool>(error);
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    buffer_.clear();
    buffer_.reserve(piece_size);  // what arrived together is read together
    co_await http::async_read_header(stream_, buffer_, parser, token);
    if (error) co_return outcome_of(error);
    report_head(parser.get());
    answer_decoder decoder(expected_);
    decoder.begin(parser.get().result_int());
    std::array<char, piece_size> piece;
    while (!parser.is_done()) {
      parser.get().body().data = piece.data();
      parser.get().body().size = piece.size();
      co_await http::async_read_some(stream_, buffer_, parser, token);
      if (error == http::error::need_buffer) error = {};
      const std::size_t size = piece.size() - parser.get().body().size;
      if (size > 0) {
        const auto fed = decoder.feed({piece.data(), size});
        tell(piece_received{attempt_, fed.payload, fed.tokens});
      }
      if (error) co_return outcome_of(error);
      if (silent_) co_return outcome::cancelled;
    }
    answer_ = decoder.end();
    if (!parser.get().keep_alive() || write_failed) close();
    co_return std::nullopt;
  }

  void report_head(const http::response<http::buffer_body>& response) {
    const std::int64_t stated = parse_http_date(response[http::field::date]);
    const std::int64_t date = stated >= 0 ? stated : unix_seconds_now();
    tell(head_received{
        attempt_, static_cast<std::int16_t>(response.result_int()),
        read_retry_after(response["retry-after-ms"], response[http::field::retry_after], date),
        read_should_retry(response["x-should-retry"])});
  }

  Stream stream_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  expected_answer expected_;
  decoded answer_;
};

transport::transport(asio::io_context& io, endpoint where, asio::ssl::context* tls,
                     event_callback on_event, decoded_callback on_decoded)
    : io_(io),
      where_(std::move(where)),
      tls_(tls),
      on_event_(std::move(on_event)),
      on_decoded_(std::move(on_decoded)) {
  STAMPEDE_CHECK(!where_.tls || tls_ != nullptr);
}

transport::~transport() { close(); }

void transport::send(call_id call, std::uint16_t attempt, outgoing_request request) {
  std::shared_ptr<connection> carrier = take_idle();
  if (!carrier) {
    carrier = make_connection();
    connections_.push_back(carrier);
  }
  carrier->carry(call, attempt, std::move(request));
}

void transport::cancel(call_id call, std::uint16_t attempt) {
  for (auto it = connections_.begin(); it != connections_.end(); ++it) {
    if (!(*it)->carries(call, attempt)) continue;
    (*it)->silence();
    (*it)->close();
    connections_.erase(it);
    return;
  }
}

void transport::close() {
  for (const auto& c : connections_) {
    c->silence();
    c->close();
  }
  connections_.clear();
}

std::shared_ptr<transport::connection> transport::take_idle() {
  std::erase_if(connections_, [](const auto& c) { return c->finished(); });
  // The one used last is the least likely to have been closed for idleness.
  for (auto it = connections_.rbegin(); it != connections_.rend(); ++it) {
    if (!(*it)->idle()) continue;
    if ((*it)->still_open()) return *it;
    (*it)->close();
  }
  return nullptr;
}

std::shared_ptr<transport::connection> transport::make_connection() {
  if (where_.tls) return std::make_shared<connection_over<asio::ssl::stream<tcp::socket>>>(*this);
  return std::make_shared<connection_over<tcp::socket>>(*this);
}

}  // namespace stampede
