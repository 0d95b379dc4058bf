#include "mockserver/live/listener.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "core/live/tls.hpp"
#include "mockserver/live/connection.hpp"
#include "mockserver/live/listener_impl.hpp"

namespace stampede {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {
constexpr auto accept_pause = std::chrono::milliseconds(10);
}  // namespace

listener::impl::impl(asio::io_context& io, std::shared_ptr<server_model> model,
                     const wall_clock& clock, listen_options options)
    : io_(io),
      clock_(clock),
      options_(std::move(options)),
      acceptor_(io),
      retry_(io),
      ticker_(io),
      current_(std::make_unique<served_model>(*this, std::move(model))) {
  if (options_.tls) {
    tls_ = std::make_unique<asio::ssl::context>(server_tls_context(*options_.tls));
  }
  open_port();
}

void listener::impl::open_port() {
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
  auto handler = [self = shared_from_this()](error_code error, client_socket socket) {
    if (self->stopped_) return;
    if (!error) {
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      auto client = std::make_shared<connection>(std::move(socket), *self, self->open_.size());
      self->open_.push_back(client);
      client->start();
      self->accept();
      return;
    }
    // Out of files, most likely: trying again at once would only spin.
    self->retry_.expires_after(accept_pause);
    self->retry_.async_wait([self](error_code cancelled) {
      if (!cancelled && !self->stopped_) self->accept();
    });
  };
  acceptor_.async_accept(io_.get_executor(), std::move(handler));
}

void listener::impl::stop() {
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
  ticker_.cancel();
  current_->wakeups.stop();
  for (const auto& before : former_) before->wakeups.stop();
  while (!open_.empty()) open_.back()->close_now();
}

void listener::impl::forget(connection* gone) {
  const std::shared_ptr<connection> last = std::move(open_.back());
  open_.pop_back();
  if (last.get() == gone) return;
  last->place = gone->place;
  open_[gone->place] = last;
}

// ---- models

served_model::served_model(listener::impl& owner, std::shared_ptr<server_model> what)
    : model(std::move(what)),
      wakeups(owner.io(), owner.clock(),
              [this, &owner](wakeup_loop::token, instant now) { owner.wake(*this, now); }) {}

void listener::impl::wake(served_model& by, instant now) {
  while (!by.armed.empty() && by.armed.back() <= now) by.armed.pop_back();
  by.model->on({}, server_wakeup{}, now, effects_);
  carry_out(by);
  rearm(by);
}

// Models whose last request is over go too; a client remembers only one that owes it an answer.
void listener::impl::replace(std::shared_ptr<server_model> next) {
  std::erase_if(former_, [](const auto& by) { return by->model->open() == 0; });
  former_.push_back(
      std::exchange(current_, std::make_unique<served_model>(*this, std::move(next))));
}

bool listener::impl::may_half_close() const {
  return current_->model->settings().half_close == half_closed::allowed;
}

exchange_id listener::impl::expect(served_model& by, connection& client) {
  const exchange_id id = by.model->next_id();
  if (id.slot >= by.by_slot.size()) by.by_slot.resize(id.slot + 1, nullptr);
  by.by_slot[id.slot] = &client;
  return id;
}

void listener::impl::feed(served_model& by, exchange_id id, const server_event& event) {
  by.model->on(id, event, clock_.now(), effects_);
  carry_out(by);
  // What fell due meanwhile needs no timer: an answer of a few nanoseconds' work, mostly.
  if (by.model->next_wakeup() != never) {
    if (const instant now = clock_.now(); by.model->next_wakeup() <= now) {
      by.model->on({}, server_wakeup{}, now, effects_);
      carry_out(by);
    }
  }
  rearm(by);
}

void listener::impl::carry_out(served_model& by) {
  // Nothing below calls a model again before this is through: writes complete later.
  for (const server_effect& effect : effects_) {
    const exchange_id id = std::visit([](const auto& e) { return e.exchange; }, effect);
    connection* const client = by.by_slot[id.slot];
    if (!client || !client->is_waiting_for(by, id)) continue;
    if (const auto* piece = std::get_if<emit>(&effect)) {
      client->send(by.model->answer_of(id), piece->piece);
    } else {
      client->finish(std::get<end>(effect).how);
    }
  }
  effects_.clear();
}

void listener::impl::rearm(served_model& by) {
  const instant due = by.model->next_wakeup();
  if (due == never || (!by.armed.empty() && by.armed.back() <= due)) return;
  by.armed.push_back(due);
  by.wakeups.arm(0, due);
}

page listener::impl::page_for(const page_request& request) {
  const wire_facts facts{open_.size(), refused_, lateness(0.99)};
  return options_.pages->answer(request, *current_->model, facts, clock_.now());
}

// ---- slow senders

void listener::impl::add_sender(connection& c) {
  c.pace_place = senders_.size();
  senders_.push_back(&c);
  if (!ticking_) tick();
}

void listener::impl::remove_sender(connection& c) {
  connection* const last = senders_.back();
  senders_.pop_back();
  if (last != &c) {
    last->pace_place = c.pace_place;
    senders_[*c.pace_place] = last;
  }
  c.pace_place.reset();
}

void listener::impl::tick() {
  ticking_ = !senders_.empty() && !stopped_;
  if (!ticking_) return;
  ticker_.expires_after(options_.pace.tick);
  ticker_.async_wait([self = shared_from_this()](error_code error) {
    if (error || self->stopped_) return;
    ++self->ticks_;
    // Whoever is refused leaves the list and the last one takes its place.
    for (std::size_t i = self->senders_.size(); i-- > 0;) self->senders_[i]->check_pace();
    self->tick();
  });
}

// ---- the face

listener::listener(asio::io_context& io, std::shared_ptr<server_model> model,
                   const wall_clock& clock, listen_options options)
    : impl_(std::make_shared<impl>(io, std::move(model), clock, std::move(options))) {}
listener::~listener() { impl_->stop(); }

unsigned short listener::port() const { return impl_->port(); }
void listener::start() { impl_->start(); }
void listener::stop() { impl_->stop(); }
void listener::replace(std::shared_ptr<server_model> next) { impl_->replace(std::move(next)); }
std::size_t listener::connections() const { return impl_->connections(); }
duration listener::lateness(double q) const { return impl_->lateness(q); }

}  // namespace stampede
