// A whole mock server in its own thread, for commands, tests and whoever embeds one: starts when
// made (on a free port of 127.0.0.1 unless told otherwise), stops when destroyed.
//
// The record_sink is called on the server's thread; read what it gathered after stop(). With
// `control` it also has the control API, the live page and /metrics. Other members may be
// called from any thread but the server's.
//
// Use: mock_service mock(settings, std::move(faults), {.seed = 1, .speed = 50}, sink);
//      connect(mock.port());
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/live/wall_clock.hpp"
#include "mockserver/control.hpp"
#include "mockserver/live/listener.hpp"
#include "mockserver/server_model.hpp"

namespace stampede {

struct mock_service_options {
  std::uint64_t seed = 1;
  std::uint32_t replication = 0;
  double speed = 1;  // scenario seconds in a wall second
  listen_options listen;
  server_observer* observer = nullptr;                    // called on the server's thread
  std::optional<control_options> control = std::nullopt;  // its live page is added
};

// The answer to a request for one of the mock's own pages.
struct control_reply {
  std::int16_t status = 0;
  std::string body;
};

class mock_service {
 public:
  mock_service(server_settings settings, std::vector<fault_rule> faults,
               const mock_service_options& options, record_sink& records);
  ~mock_service() { stop(); }
  mock_service(const mock_service&) = delete;
  mock_service& operator=(const mock_service&) = delete;

  unsigned short port() const { return listener_->port(); }
  std::string url() const;
  const wall_clock& clock() const { return clock_; }

  // After stop(): how late the server's wake-ups came, in scenario time.
  duration lateness(double quantile) const { return listener_->lateness(quantile); }
  std::vector<fault_statement> fault_statements() const { return statements(model_->faults()); }

  struct activity {
    std::uint64_t requests = 0;  // received so far
    std::uint32_t open = 0;
  };
  activity seen();

  // Another server takes over, its scenario time beginning at this moment. Requests under way
  // are finished by the one before. `name` is the scenario's.
  void replace(server_settings settings, std::vector<config_table> faults, std::string name);
  // Another one was not to be had, for this reason: the control API shows it.
  void keep(std::string problem);
  // Asks the control API as a client would, without a socket: needs `control`.
  control_reply control_request(std::string method, std::string target, std::string body);

  // Runs `work` on the server's thread, between two events, and passes on what it throws.
  void script(const std::function<void(server_model&, instant now)>& work);
  // The attempts that are over and still remembered, the oldest first: needs `control`.
  std::vector<journal_entry> journal();

  void stop();

 private:
  std::shared_ptr<server_model> make_model(server_settings settings,
                                           std::vector<fault_rule> faults);
  listen_options with_pages() const;
  template <class Work>
  auto on_its_thread(Work work);

  // One thread runs it and everything that reads and writes, so that sockets need no locks.
  boost::asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      boost::asio::make_work_guard(io_)};
  wall_clock clock_;
  mock_service_options options_;
  attempt_journal journal_;
  record_sink& records_;
  std::unique_ptr<control> control_;
  std::shared_ptr<server_model> model_;  // the latest
  activity former_;                      // of the ones before
  std::vector<std::weak_ptr<server_model>> before_;
  std::unique_ptr<listener> listener_;
  std::thread thread_;
};

}  // namespace stampede
