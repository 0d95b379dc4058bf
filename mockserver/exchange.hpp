// One request the server holds, from its arrival to its end. Plain state; server_core moves it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/draw.hpp"
#include "core/instant.hpp"
#include "core/records.hpp"
#include "mockserver/accounts.hpp"
#include "mockserver/answer.hpp"
#include "mockserver/faults/fault.hpp"
#include "mockserver/reuse.hpp"
#include "mockserver/work_clock.hpp"

namespace stampede {

enum class exchange_stage : std::uint8_t {
  over,      // its slot is free
  deciding,  // inside the call that brought it
  delayed,   // a fault lets it start later
  held,      // a fault holds it
  queued,    // waits for a slot
  running,   // has one
  worked,    // its work is done and its slot given back; the last bytes wait for `written`
};

// The part that every request sets anew.
struct exchange_state {
  std::uint32_t slot = 0;
  std::uint32_t serial = 0;
  exchange_stage stage = exchange_stage::over;
  bool head_sent = false;
  bool unwritten = false;  // an emit has not been `written` yet
  bool blocked = false;    // its timer fell due meanwhile: it follows `written`
  bool gone = false;       // the peer left; the work goes on unseen
  bool counted = false;    // against its account's concurrency
  caller who;
  draw_stem randomness;  // of its call and attempt
  answer said;
  exchange_record record;
  std::string_view path;  // of the request

  duration declared_work{0};  // as asked for; 0: the server's own speed

  // While delayed, held or queued: instants of scenario time.
  instant until = never;
  instant next_keep_alive = never;

  // While running: work, counted from work_start.
  work work_start = 0;
  work first_token_at = 0;
  work whole_at = 0;
  work last_sent_at = 0;
  std::int32_t sent = 0;         // tokens emitted
  std::int32_t visible = 0;      // tokens that show in a stream
  std::int32_t cut_token = -1;   // a stream is cut inside this token's chunk
  double tokens_per_second = 0;  // 0: the server's
  bool pausing = false;          // cut, and not over

  // Neighbours in the queue.
  std::uint32_t before = 0;
  std::uint32_t behind = 0;
};

// What only some need lies behind, so that the others do not touch its memory.
struct exchange : exchange_state {
  std::string
      message;  // behind the texts of `said` that are made for this request; keeps its memory
  std::vector<std::uint64_t> prefix;  // the prompt's units, its account's own; none if declared
  std::unique_ptr<fault> asked;       // the fault the request asks for
  std::optional<cut_body> cut;
  std::optional<spoil_body> spoil;
  hold_request hold;  // while held

  void begin() {
    static const exchange_state fresh{};  // a copy is far cheaper than setting field by field
    static_cast<exchange_state&>(*this) = fresh;
    empty_for_reuse(message);
    empty_for_reuse(prefix);
    asked.reset();
    cut.reset();
    spoil.reset();
  }
};

}  // namespace stampede
