// Everything a run left behind, for checkers to judge: its records, and what a witness beside
// the machines saw of their events and effects.
//
// The witness decides nothing and asks the machines for no rule of theirs: it notes when calls
// started, attempts left and ended, and how full the server was after each event. Memory
// follows the number of attempts; `most_work` cuts a run short at the same place every time.
//
// Use: `const evidence seen = gather(plan);`
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/records.hpp"
#include "harness/plan.hpp"
#include "harness/sim/sim_run.hpp"
#include "reports/measures.hpp"

namespace stampede {

// What happened to a call, at its client.
struct client_fact {
  enum class kind : std::uint8_t { started, woken, sent, ended, finished };  // woken: of a wait
  kind what = kind::started;
  std::uint32_t instance = 0;
  std::uint32_t call = 0;
  std::uint16_t attempt = 0;  // sent, ended
  std::uint8_t chain = 0;     // sent, ended: which model of the chain
  bool cancelled = false;     // ended: by the client
  bool partial = false;       // ended: content of the call had been delivered by then
  std::int16_t status = 0;    // ended: as its head had it, 0 where none came
  instant at = never;
  instant intended = never;                    // started, ended: of the call
  duration retry_after = no_duration;          // ended: as its head had it
  retry_hint should_retry = retry_hint::none;  // ended: the same
  duration no_payload{0};                      // ended: time since payload came, or it was sent
  duration no_byte{0};                         // ended: time since any byte came, or it was sent
  outcome result = outcome::success;           // ended, finished
  stop_reason why = stop_reason::success;      // finished
};

// How full the server was after an event.
struct server_fact {
  static constexpr std::uint32_t no_request = ~std::uint32_t{0};
  instant at = never;
  std::uint32_t request = no_request;  // serial of the exchange that the event brought
  std::uint32_t open = 0;
  std::uint32_t running = 0;
  std::uint32_t queued = 0;
};

// A request as it reached the server.
struct arrival_fact {
  std::uint32_t instance = 0;
  std::uint32_t call = 0;
  instant at = never;
};

struct evidence {
  const run_plan* plan = nullptr;
  instant end = never;     // of the run
  bool cut_short = false;  // it was larger than `most_work`
  std::uint64_t fingerprint = 0;
  std::vector<client_fact> client;         // in the order they happened
  std::vector<attempt_record> attempts;    // by instance, call, attempt
  std::vector<call_record> calls;          // by instance, call
  std::vector<exchange_record> exchanges;  // by serial
  std::vector<server_fact> server;
  std::vector<arrival_fact> requests;  // by serial of the exchange
  measures numbers;                    // as a report would have them

  const group_setup& group_of(std::uint32_t instance) const;
};

// The records sorted, as above.
void put_in_order(evidence& seen);

// Client events and server events after which a run is cut short.
inline constexpr std::uint64_t most_work = 150'000;

evidence gather(const run_plan& plan, bool verify_bytes = false);

// One call, put together: its facts and records.
struct call_story {
  std::uint32_t instance = 0;
  std::uint32_t call = 0;
  const group_setup* group = nullptr;
  std::vector<const client_fact*> facts;  // in order
  std::vector<const client_fact*> sent;   // the facts of that kind
  std::vector<const client_fact*> ended;
  std::span<const attempt_record> attempts;
  std::span<const call_record> records;  // one, in a run without faults of ours

  const client_policy& policy() const { return group->client.policy; }
  instant started() const;
  instant intended() const;
  // The chain index of attempt number i (from 0), as it was sent.
  std::uint8_t chain(std::size_t i) const { return sent[i]->chain; }
};

// Sorted by instance and call.
std::vector<call_story> stories_of(const evidence& seen);

}  // namespace stampede
