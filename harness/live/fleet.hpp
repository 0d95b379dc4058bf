// The fleet on real sockets: drives every client_instance of a plan on one thread, carrying
// out its effects with a transport and its wake-ups with one timer. Decides nothing.
//
// Use:  fleet clients(io, plan, clock, where, records);
//       clients.start();  io.run();  // returns when all calls are over
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "client/client_instance.hpp"
#include "client/live/transport.hpp"
#include "core/live/wakeup_loop.hpp"
#include "core/live/wall_clock.hpp"
#include "harness/arrivals.hpp"
#include "harness/plan.hpp"

namespace stampede {

class fleet {
 public:
  fleet(boost::asio::io_context& io, const run_plan& plan, const wall_clock& clock, endpoint where,
        record_sink& records, client_observer* observer = nullptr);
  ~fleet();

  void start();
  // Ends every call as unfinished and lets io.run() return. Runs on the io_context's thread.
  void stop();

  // Read from any thread, for a progress line.
  std::uint64_t calls_finished() const { return calls_finished_.load(std::memory_order_relaxed); }
  std::uint64_t attempts_sent() const { return attempts_sent_.load(std::memory_order_relaxed); }

  instant ended() const { return ended_; }  // when the last call was over
  duration lateness(double q) const { return wakeups_.lateness(q); }

 private:
  struct member;

  void on_due(wakeup_loop::token token, instant now);
  void on_arrival(member& m, instant now);
  void start_call(member& m, instant intended, instant now);
  void schedule_arrival(member& m, instant at);
  void feed(member& m, call_id call, const client_event& event, instant now);
  void carry_out(member& m, call_id fed, instant now);
  void send(member& m, const send_attempt& e);
  void end_if_done(instant now);

  const run_plan& plan_;
  const wall_clock& clock_;
  endpoint where_;
  wakeup_loop wakeups_;
  session_pool sessions_;       // of all members
  std::vector<call_id> calls_;  // by slot
  std::vector<std::unique_ptr<member>> members_;
  effects<client_effect> effects_;
  instant arrivals_end_;
  instant drain_end_;
  std::uint64_t under_way_ = 0;         // calls
  std::uint64_t arrivals_pending_ = 0;  // instances that will ask again
  bool stopped_ = false;
  instant ended_ = run_start;
  std::atomic<std::uint64_t> calls_finished_{0};
  std::atomic<std::uint64_t> attempts_sent_{0};
};

}  // namespace stampede
