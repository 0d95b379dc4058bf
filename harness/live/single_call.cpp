#include "harness/live/single_call.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "client/client_instance.hpp"
#include "core/live/tls.hpp"
#include "core/live/wakeup_loop.hpp"
#include "core/live/wall_clock.hpp"

namespace stampede {
namespace {

namespace asio = boost::asio;

class single_sink : public record_sink {
 public:
  single_sink(const single_call& what, single_result& into) : what_(what), into_(into) {}

  void on_attempt(const attempt_record& r) override {
    into_.attempts.push_back(r);
    if (what_.on_attempt) what_.on_attempt(r);
  }
  void on_call(const call_record& r) override { into_.call = r; }
  void on_exchange(const exchange_record&) override {}

 private:
  const single_call& what_;
  single_result& into_;
};

class single_driver {
 public:
  single_driver(const single_call& what, single_result& result)
      : what_(what),
        setup_{.policy = what.policy,
               .models = model_chain(what.policy, what.request.model, today()),
               .group = 0,
               .seed = static_cast<std::uint64_t>(clock_seed()),
               .replication = 0},
        tls_(client_tls_context(what.ca_file)),
        sink_(what, result),
        client_(setup_, instance_id{0}, sink_),
        wire_(
            io_, what.where, &tls_, [this](call_id, const client_event& e) { feed(e); },
            [&result](call_id, const decoded& d) { result.answer = d; }),
        wakeups_(io_, clock_, [this](wakeup_loop::token, instant) { feed(wakeup{}); }),
        poll_(io_) {}

  void run() {
    id_ = client_.next_id();
    client_.start(id_, {.intended = clock_.now(), .thinking = what_.request.thinking}, clock_.now(),
                  effects_);
    carry_out();
    if (what_.stop) poll_stop();
    io_.run();
  }

 private:
  // Jitter of a single real call needs no replay; two calls must not share theirs.
  static std::int64_t clock_seed() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
  }
  static deepseek::date today() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }

  void feed(const client_event& event) {
    if (over_) return;
    effects_.clear();
    client_.on(id_, event, clock_.now(), effects_);
    carry_out();
  }

  void carry_out() {
    for (const client_effect& effect : effects_) {
      if (const auto* s = std::get_if<send_attempt>(&effect))
        send(*s);
      else if (const auto* c = std::get_if<cancel_attempt>(&effect))
        wire_.cancel(c->call, c->attempt);
      else if (std::holds_alternative<finish>(effect))
        over_ = true;
    }
    if (!over_) return wakeups_.arm(0, client_.next_wakeup(id_));
    wakeups_.stop();
    poll_.cancel();
    wire_.close();
  }

  void send(const send_attempt& e) {
    chat_request request = what_.request;
    request.model = setup_.models[e.chain].name;
    wire_.send(e.call, e.attempt,
               {.target = "/chat/completions",
                .api_key = what_.api_key,
                .headers = {},
                .body = request_body(request),
                .expected = {.stream = request.stream, .json_mode = request.json_mode}});
  }

  void poll_stop() {
    if (what_.stop->load()) return feed(call_cancelled{});
    poll_.expires_after(std::chrono::milliseconds(100));
    poll_.async_wait([this](boost::system::error_code error) {
      if (!error && !over_) poll_stop();
    });
  }

  const single_call& what_;
  client_setup setup_;
  wall_clock clock_;
  asio::io_context io_{1};
  asio::ssl::context tls_;
  single_sink sink_;
  client_instance client_;
  transport wire_;
  wakeup_loop wakeups_;
  asio::steady_timer poll_;
  effects<client_effect> effects_;
  call_id id_;
  bool over_ = false;
};

}  // namespace

single_result call_once(const single_call& what) {
  single_result result;
  single_driver driver(what, result);
  driver.run();
  return result;
}

}  // namespace stampede
