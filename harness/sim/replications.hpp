// Several runs of one plan in virtual time, one a replication number, spread over the cores.
// The results are in the order of their numbers, whatever the number of threads.
//
// Use: `const auto runs = run_replications(plan, 20, {});`
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "harness/sim/sim_run.hpp"
#include "reports/measures.hpp"

namespace stampede {

struct replication {
  sim_result result;
  measures numbers;
};

struct replication_options {
  unsigned threads = 0;                     // 0: as many as the machine has cores
  const std::atomic<bool>* stop = nullptr;  // set it to keep only what is done
  journal_lines* journal = nullptr;         // of the first one
  record_sink* records = nullptr;           // told what the first one's measures are told
  bool verify_bytes = false;                // render and decode every answer
};

// Fewer than asked only where `stop` was set: the replications that were finished, or the one
// asked for as far as it came.
std::vector<replication> run_replications(const run_plan& plan, std::uint32_t count,
                                          const replication_options& options);

}  // namespace stampede
