// Runs a plan on real sockets: the mock server and the fleet in this process, each on its own
// thread, over loopback, on a wall clock that may be compressed.
//
// Use: `const live_result r = run_live(plan, {.speed = 20});`
#pragma once

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/journal.hpp"
#include "harness/plan.hpp"
#include "harness/recorder.hpp"

namespace stampede {

struct live_progress {
  instant now{};
  std::uint64_t calls = 0;
  std::uint64_t attempts = 0;
};

struct live_options {
  double speed = 1;
  const std::atomic<bool>* stop = nullptr;                  // set it to end the run early
  std::function<void(const live_progress&)> on_progress{};  // some times a second
  journal_lines* journal = nullptr;                         // told of every machine's every call
};

struct live_result {
  record_log client;
  record_log server;
  duration measured{0};
  bool interrupted = false;
  duration lateness{0};  // of wake-ups, in scenario time, 99th percentile
  std::vector<std::string> warnings;
  std::vector<fault_statement> faults;  // what came of them
};

// The run cannot begin, or broke off: too few sockets, no free port. One line for the user.
class cannot_run : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Throws config_error for a speed the plan does not allow, cannot_run as said above.
live_result run_live(const run_plan& plan, const live_options& options);

}  // namespace stampede
