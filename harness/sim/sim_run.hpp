// Runs a plan in virtual time: the same client and server machines as on real sockets, one
// event queue, no clock. Deterministic to the last bit; memory does not grow with the number
// of attempts, since records are folded as they come.
//
// Use: `const sim_result r = run_sim(plan, {}, fold);`
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <vector>

#include "core/fingerprint.hpp"
#include "harness/journal.hpp"
#include "harness/plan.hpp"
#include "mockserver/accounts.hpp"
#include "mockserver/server_model.hpp"

namespace stampede {

struct sim_options {
  std::uint32_t replication = 0;
  bool verify_bytes = false;                // render and decode every answer
  const std::atomic<bool>* stop = nullptr;  // set it to end the run early
  client_observer* watch_clients = nullptr;
  server_observer* watch_server = nullptr;
  journal_lines* journal = nullptr;  // told of every machine's every call
};

struct sim_result {
  duration measured{0};
  bool interrupted = false;
  std::uint64_t fingerprint = 0;
  std::uint64_t events = 0;
  std::uint64_t attempts = 0;
  std::size_t most_events_pending = 0;
  std::uint64_t most_calls_pending = 0;
  std::vector<account_statement> accounts;  // as the server's books are at the end
  std::vector<fault_statement> faults;      // what came of them
};

// The scenario goes round in one instant: a retry without any delay.
class endless_instant : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Records go to `records` as they are complete: attempts with the ledger's charge.
sim_result run_sim(const run_plan& plan, const sim_options& options, record_sink& records);

}  // namespace stampede
