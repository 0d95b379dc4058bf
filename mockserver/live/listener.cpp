#include "mockserver/live/listener.hpp"

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "mockserver/live/connection.hpp"
#include "mockserver/live/listener_impl.hpp"

namespace stampede {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {
constexpr auto accept_pause = std::chrono::milliseconds(10);
}  // namespace

listener::impl::impl(asio::io_context& io, server_model& model, const wall_clock& clock,
                     listen_options options)
    : io_(io),
      model_(model),
      clock_(clock),
      options_(std::move(options)),
      acceptor_(io),
      retry_(io),
      wakeups_(io, clock, [this](wakeup_loop::token, instant now) {
        while (!armed_.empty() && armed_.back() <= now) armed_.pop_back();
        model_.on({}, server_wakeup{}, now, effects_);
        carry_out();
      }) {
  try {
    const tcp::endpoint where(asio::ip::make_address(options_.address), options_.port);
    acceptor_.open(where.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(where);
    acceptor_.listen(asio::socket_base::max_listen_connections);
    port_ = acceptor_.local_endpoint().port();
  } catch (const boost::system::system_error& error) {
    throw std::system_error(error.code(), "cannot listen on " + options_.address + " port " +
                                              std::to_string(options_.port));
  }
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
      self->accept();
      return;
    }
    // Out of files, most likely: trying again at once would only spin.
    self->retry_.expires_after(accept_pause);
    self->retry_.async_wait([self](error_code cancelled) {
      if (!cancelled && !self->stopped_) self->accept();
    });
  });
}

void listener::impl::stop() {
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
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
  if (due == never || (!armed_.empty() && armed_.back() <= due)) return;
  armed_.push_back(due);
  wakeups_.arm(0, due);
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
