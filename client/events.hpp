// What a client machine is told and what it asks for. Plain data; each names its call.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "core/ids.hpp"
#include "core/instant.hpp"
#include "core/records.hpp"
#include "core/retry_hint.hpp"

namespace stampede {

// What the user asked for, as far as decisions need it.
struct call_request {
  instant intended = never;  // when it was wanted: latency counts from here
  instant deadline = never;  // absolute; nothing starts after it
  bool thinking = false;
};

// --- events -------------------------------------------------------------------------------

// The status line and headers of an answer.
struct head_received {
  std::uint16_t attempt = 0;
  std::int16_t status = 0;
  duration retry_after = no_duration;
  retry_hint should_retry = retry_hint::none;
};

// Bytes of the body: keep-alive bytes (blank lines, SSE comments) carry no payload.
struct piece_received {
  std::uint16_t attempt = 0;
  bool payload = false;
  std::uint32_t tokens = 0;  // content for the caller, where it comes piece by piece
};

// The answer is over and decoded: what its status and its content come to.
struct reply_received {
  std::uint16_t attempt = 0;
  outcome result = outcome::success;
  token_usage usage;
};

struct transport_error {
  std::uint16_t attempt = 0;
  outcome result = outcome::connection_reset;
};

// All that comes of an answer at one instant.
struct answer_news {
  std::uint16_t attempt = 0;
  bool head = false;   // first the status line and headers,
  bool piece = false;  // then bytes,
  bool payload = false;
  bool whole = false;   // and then the end as it should be
  bool broken = false;  // or a transport error
  retry_hint should_retry = retry_hint::none;
  std::int16_t status = 0;
  outcome result = outcome::success;
  std::uint32_t tokens = 0;
  token_usage usage;
  duration retry_after = no_duration;
};

struct wakeup {};
struct call_cancelled {};  // the caller left

using client_event = std::variant<head_received, piece_received, reply_received, transport_error,
                                  wakeup, call_cancelled>;

// --- effects ------------------------------------------------------------------------------

struct send_attempt {
  call_id call;
  std::uint16_t attempt = 0;  // from 1
  std::uint8_t chain = 0;     // index into client_setup::models
};

struct cancel_attempt {
  call_id call;
  std::uint16_t attempt = 0;
};

// Content may be handed to the caller as it arrives.
struct deliver {
  call_id call;
  std::uint32_t tokens = 0;
};

struct finish {
  call_id call;
  outcome result = outcome::success;
  stop_reason why = stop_reason::success;
};

// What another call did gave this one another wake-up.
struct rearm {
  call_id call;
};

using client_effect = std::variant<send_attempt, cancel_attempt, deliver, finish, rearm>;

}  // namespace stampede
