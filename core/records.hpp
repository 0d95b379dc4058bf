// What happened, as it happened: one record an attempt, a call, a server exchange.
//
// The machines write them (never an engine) to a record_sink; every measure is a fold over
// them. Plain data, no text but the names below, so that a fold costs nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/ids.hpp"
#include "core/instant.hpp"
#include "core/money.hpp"

namespace stampede {

// What an attempt, or a call, came to. A 200 with bad content is an outcome of its own.
enum class outcome : std::uint8_t {
  success,
  invalid_format,        // 400
  unauthorized,          // 401
  insufficient_balance,  // 402
  forbidden,             // 403
  not_found,             // 404
  request_timeout,       // 408
  conflict,              // 409
  too_large,             // 413
  invalid_parameters,    // 422
  context_overflow,      // 400 or 422 whose text says so
  rate_limited,          // 429
  server_error,          // 500 and any 5xx but 503
  overloaded,            // 503
  unexpected_status,     // any other
  connect_failed,
  connection_reset,
  connection_closed,  // before the answer was whole
  tls_failed,
  timed_out,              // no byte, or no payload, for longer than the timeout
  malformed_json,         // a 200 whose body is not the JSON the API promises
  truncated_json,         // a 200 whose JSON ends in the middle
  empty_content,          // a 200 with nothing in it
  missing_finish,         // an answer that ended without a finish_reason
  error_event,            // an error inside a stream, after its 200
  length_limit,           // finish_reason length: max_tokens cut the answer
  insufficient_resource,  // finish_reason insufficient_system_resource
  breaker_open,           // refused locally
  budget_spent,           // no time left to start another attempt
  cancelled,              // the caller left
  unfinished,             // the run ended first
  missing_done,           // a stream with a finish_reason that ended without [DONE]
  content_filtered,       // finish_reason content_filter
  throttled,              // refused locally by a throttle, or no slot came free in time
};
inline constexpr int outcome_count = static_cast<int>(outcome::throttled) + 1;
std::string_view name_of(outcome o);

// classify's answer.
enum class classification : std::uint8_t { success, transient, persistent };
std::string_view name_of(classification c);

// What the client decided when an attempt (or a breaker, or a wait) ended.
enum class decision : std::uint8_t {
  deliver,    // success: the caller has its answer
  retry,      // same model, after `wait`
  fall_back,  // next model of the chain
  give_up,    // the call fails; the call record says why
  ignore,     // the attempt had been cancelled
};
std::string_view name_of(decision d);

// Why a retry waits as long as it does.
enum class wait_reason : std::uint8_t { none, backoff, retry_after, pacing, breaker, layer };
std::string_view name_of(wait_reason w);
inline constexpr int wait_reason_count = 6;

// Why a call ended.
enum class stop_reason : std::uint8_t {
  success,
  persistent,     // an error no retry can mend
  attempts_used,  // the policy's number of tries
  code_limit,     // the policy's limit for this code (a 500: two retries)
  time_budget,    // nothing may begin that would end beyond the budget
  breaker,        // open, and no model left to fall back to
  cancelled,
  run_ended,
  retry_after,   // the service asks for a longer wait than is left, or than is honoured
  retry_budget,  // the retry budget is spent
  throttle,      // a throttle refused it
  queue,         // no slot came free in time, or the queue was full
  deadline,      // the caller's deadline passed
};
std::string_view name_of(stop_reason s);
inline constexpr int stop_reason_count = 13;

struct token_usage {
  std::int32_t hit = 0;     // prompt tokens served from the cache
  std::int32_t miss = 0;    // prompt tokens that were not
  std::int32_t output = 0;  // completion tokens, reasoning included
  friend bool operator==(const token_usage&, const token_usage&) = default;
};

// In place of a fault's index: nobody's, and of one that the request itself asked for.
inline constexpr std::int16_t no_fault = -1;
inline constexpr std::int16_t asked_fault = -2;

inline constexpr std::uint32_t no_key = 0xffffffff;
inline constexpr duration no_duration{-1};  // "not there", for a Retry-After and the like

// One try of a call, written by client_instance when it ends.
struct attempt_record {
  instance_id instance;
  std::uint16_t group = 0;
  std::uint32_t call = 0;     // serial of the call
  std::uint16_t attempt = 0;  // from 1, counted over the whole call
  std::uint8_t model = 0;     // deepseek::model_id of the model asked
  bool fallback = false;      // asked a model other than the call's first
  bool early = false;         // sent before the call's last Retry-After, of this model, was over
  instant sent = never;
  instant first_byte = never;  // of the answer; never where none came
  instant first_token = never;
  instant ended = never;
  std::int16_t status = 0;  // HTTP; 0 where no answer began
  outcome result = outcome::success;
  classification kind = classification::success;
  decision decided = decision::deliver;
  stop_reason why = stop_reason::success;  // no retry: for fall_back, give_up and ignore
  wait_reason waits_for = wait_reason::none;
  duration wait{0};                    // before the next attempt, where one follows
  duration retry_after = no_duration;  // as understood, in scenario time
  token_usage usage;                   // as the answer stated it; zero where it did not
  pico_usd estimate;                   // the client's own price of that usage
  pico_usd charge;                     // the server's ledger, joined by the recorder
};

// One call, written by client_instance when it ends, after its attempts.
struct call_record {
  instance_id instance;
  std::uint16_t group = 0;
  std::uint32_t call = 0;
  std::uint16_t attempts = 0;
  std::uint8_t model = 0;  // of the last attempt
  bool fallback = false;
  instant intended = never;  // when the workload wanted it (open loop: its arrival)
  instant started = never;
  instant first_token = never;
  instant ended = never;
  outcome result = outcome::success;
  stop_reason why = stop_reason::success;
  pico_usd estimate;
};

// One request as the server saw it, written by server_model when it is over.
struct exchange_record {
  std::uint32_t serial = 0;
  bool by_header = false;  // the call below is from x-stampede-call, else from content
  bool stream = false;
  std::uint8_t route = 0;       // a number of mockserver/request.hpp's
  std::uint8_t fault_kind = 0;  // a number of mockserver/faults/registry.hpp's, where there was one
  std::uint32_t instance = 0;   // or a number for the key
  std::uint32_t call = 0;       // serial, or a number for key, path and body
  std::uint16_t attempt = 0;    // counted by the server, from 1
  std::uint8_t model = 0;
  outcome told = outcome::success;  // what the client would call it, had it read it to its end
  std::int16_t status = 0;
  std::int16_t fault = no_fault;  // index of the fault that decided, no_fault or asked_fault
  bool peer_left = false;         // the client closed while its answer was pending
  bool whole = false;             // the answer was sent to its end, and cleanly
  std::uint32_t key = no_key;     // the server's number for it; no_key before it was known
  instant arrived = never;
  instant started = never;  // when it got a slot; never where it got none
  instant ended = never;
  duration busy{0};   // time it held a slot
  token_usage usage;  // as billed
  pico_usd charge;
  duration retry_after = no_duration;  // as sent
};

class record_sink {
 public:
  virtual ~record_sink() = default;
  virtual void on_attempt(const attempt_record&) = 0;
  virtual void on_call(const call_record&) = 0;
  virtual void on_exchange(const exchange_record&) = 0;
};

}  // namespace stampede
