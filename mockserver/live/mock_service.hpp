// A whole mock server in its own thread, for tests and for whoever embeds one: starts on a free
// port of 127.0.0.1 when made, stops when destroyed.
//
// The record_sink is called on the server's thread; read what it gathered after stop().
//
// Use: mock_service mock(settings, std::move(faults), {.seed = 1, .speed = 50}, sink);
//      connect(mock.port());
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/live/wall_clock.hpp"
#include "mockserver/live/listener.hpp"
#include "mockserver/server_model.hpp"

namespace stampede {

struct mock_service_options {
  std::uint64_t seed = 1;
  std::uint32_t replication = 0;
  double speed = 1;  // scenario seconds in a wall second
  listen_options listen;
  server_observer* observer = nullptr;  // called on the server's thread
};

class mock_service {
 public:
  mock_service(server_settings settings, std::vector<fault_rule> faults,
               const mock_service_options& options, record_sink& records)
      : clock_(options.speed),
        model_(std::move(settings), std::move(faults), options.seed, options.replication, records),
        listener_(io_, model_, clock_, options.listen) {
    model_.observe(options.observer);
    listener_.start();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~mock_service() { stop(); }
  mock_service(const mock_service&) = delete;
  mock_service& operator=(const mock_service&) = delete;

  unsigned short port() const { return listener_.port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  const wall_clock& clock() const { return clock_; }

  // After stop(): how late the server's wake-ups came, in scenario time, and what it received.
  duration lateness(double quantile) const { return listener_.lateness(quantile); }
  std::uint64_t requests_seen() const { return model_.requests(); }
  std::vector<fault_statement> fault_statements() const { return statements(model_.faults()); }

  void stop() {
    if (!thread_.joinable()) return;
    boost::asio::post(io_, [this] {
      listener_.stop();
      work_.reset();
    });
    thread_.join();
  }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      boost::asio::make_work_guard(io_)};
  wall_clock clock_;
  server_model model_;
  listener listener_;
  std::thread thread_;
};

}  // namespace stampede
