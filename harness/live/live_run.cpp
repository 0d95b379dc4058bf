#include "harness/live/live_run.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "core/units.hpp"
#include "harness/live/fleet.hpp"
#include "mockserver/live/mock_service.hpp"

namespace stampede {
namespace {

namespace asio = boost::asio;

void check_speed(const run_plan& plan, double speed) {
  const speed_limit limit = speed_limit_of(plan);
  if (speed <= limit.most) return;
  throw config_error(
      {}, fmt::format(
              "--speed {:g} would turn the scenario's shortest delay, {}, into less than 2 ms of "
              "wall time; the largest speed allowed is {:g}",
              speed, to_text(limit.shortest), limit.most));
}

// Raises the soft limit of open files as far as needed; refuses a run that cannot fit.
void check_sockets(const run_plan& plan) {
  const std::uint64_t needed = expected_sockets(plan);
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (needed > limit.rlim_max)
    throw cannot_run(
        fmt::format("this run needs about {} sockets at once, but a process here may open "
                    "{}; lower the instances or the rate, or raise the hard limit (ulimit -Hn)",
                    needed, limit.rlim_max));
  if (needed > limit.rlim_cur) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

duration shortest_policy_delay(const run_plan& plan) {
  duration shortest = forever;
  for (const group_setup& g : plan.groups)
    for (const duration d : delays_of(g.client.policy)) shortest = std::min(shortest, d);
  return shortest;
}

// The run says so when wake-ups were late by more than 5 % of the shortest policy delay or of
// the herd's bin: what is finer than that is the clock's doing, not the policy's.
void judge_lateness(const run_plan& plan, duration late, live_result& result) {
  constexpr duration herd_bin = std::chrono::seconds(1);
  const duration finest = std::min(shortest_policy_delay(plan), herd_bin);
  result.lateness = late;
  if (late <= finest / 20) return;
  result.warnings.push_back(fmt::format(
      "wake-ups came up to {} late in scenario time (99th percentile), more than 5 % of {}: "
      "what depends on finer timing is inconclusive; run again with a lower --speed",
      to_short_text(late), to_text(finest)));
}

// Tells `on_progress` a few times a second until the future is ready.
void watch(std::future<void>& done, const live_options& options, const wall_clock& clock,
           const fleet& clients, const std::function<void()>& stop, live_result& result) {
  while (done.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    if (options.stop && options.stop->load() && !result.interrupted) {
      result.interrupted = true;
      stop();
    }
    if (options.on_progress)
      options.on_progress({clock.now(), clients.calls_finished(), clients.attempts_sent()});
  }
}

}  // namespace

live_result run_live(const run_plan& plan, const live_options& options) {
  check_speed(plan, options.speed);
  check_sockets(plan);
  live_result result;
  journal_lines* const to = options.journal;
  mock_service server(
      plan.server, plan.make_faults(),
      {.seed = plan.seed, .replication = 0, .speed = options.speed, .listen = {}, .observer = to},
      to ? to->tee(result.server) : result.server);
  const wall_clock& clock = server.clock();

  asio::io_context io(1);
  fleet clients(io, plan, clock,
                {.host = "127.0.0.1", .port = server.port(), .tls = false, .path = ""},
                to ? to->tee(result.client) : result.client, to);
  std::promise<void> over;
  std::future<void> done = over.get_future();
  std::thread thread([&] {
    try {
      clients.start();
      io.run();
      over.set_value();
    } catch (...) {
      over.set_exception(std::current_exception());
    }
  });
  watch(
      done, options, clock, clients, [&] { asio::post(io, [&] { clients.stop(); }); }, result);
  thread.join();
  server.stop();
  done.get();
  result.measured = clients.ended() - run_start;
  result.faults = server.fault_statements();
  judge_lateness(plan, std::max(clients.lateness(0.99), server.lateness(0.99)), result);
  return result;
}

}  // namespace stampede
