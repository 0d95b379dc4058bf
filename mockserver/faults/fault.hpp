// The interface of a fault: it looks at a request and may edit the plan for its answer.
//
// A fault has a stage, at which it is asked, once its gate (window, ratio, count, match; see
// registry.hpp) has let the request through. The first fault that returns an edit decides;
// returning nothing leaves the request to the next one, and in the end to the server. A fault
// is pure but for what it must remember of earlier requests, in scenario time only.
//
// Adding one: docs/adding_a_fault.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/draw.hpp"
#include "core/instant.hpp"
#include "core/records.hpp"
#include "core/retry_hint.hpp"
#include "deepseek/models.hpp"
#include "mockserver/answer.hpp"
#include "mockserver/cut_place.hpp"
#include "mockserver/request.hpp"

namespace stampede {

enum class fault_stage : std::uint8_t {
  edge,       // before authentication, on every route
  admission,  // a valid chat request, before it competes for a slot
  response,   // its answer is about to be worked on
};
inline constexpr std::size_t fault_stages = 3;

// The request a fault is asked about.
struct fault_case {
  instant now{};
  call_identity identity;
  std::uint16_t attempt = 1;
  std::string_view key;  // the API key; empty before it is known
  std::string_view path;
  std::uint32_t key_number = 0;
  deepseek::model_id model = deepseek::model_id::v4_flash;
  bool stream = false;
  bool chat = true;     // false for other routes, at the edge stage
  draw_key randomness;  // purpose fault, of this call, attempt and fault

  // 64 uniform bits, independent for each `which` from 0 (the gate has its own).
  std::uint64_t bits(std::uint32_t which) const {
    draw_key key_of_draw = randomness;
    key_of_draw.index |= std::uint64_t{which + 1} << 48;
    return draw(key_of_draw);
  }
};

// What a refusal says about coming back.
struct retry_advice {
  duration wait = no_duration;
  retry_form as = retry_form::seconds;
  std::string_view text;  // with retry_form::text, instead of `wait`; must outlive the run
};

// The verbs. Answer at once with an error, or with a page.
struct answer_now {
  std::int16_t status = 503;
  retry_advice retry;
  std::string_view message;       // empty: the service's text for the status; must outlive the run
  std::string_view content_type;  // not empty: `message` is a page of this type; outlives the run
  retry_hint should_retry = retry_hint::none;
};

// Answer late: nothing happens for `length`, then the request goes on.
struct delay_start {
  duration length{0};
};

// Hold the request without working on it.
struct hold_request {
  enum class after : std::uint8_t {
    answer,  // goes on to compete for a slot
    close,   // closed before the answer is whole
    reset,   // the same with a reset
    empty,   // 200 and nothing in it
    error,   // an error after the 200
    refuse,  // `status`; a silent hold only, since a status once sent cannot change
  };
  duration length{0};
  duration keep_alive_every{0};  // 0: silent, not even the 200 is sent
  after then = after::answer;
  std::int16_t status = 503;  // for refuse, and the text of error
};

// Change the answer's content: end its body early. Exactly one of bytes and fraction >= 0.
struct cut_body {
  std::int64_t bytes = -1;
  double fraction = -1;
  ending how = ending::clean;                // clean: whole HTTP framing around the cut body
  cut_inside inside = cut_inside::anywhere;  // the answer's words are such that there is a place
  duration pause{0};                         // nothing comes for so long, then the ending
  bool resumes = false;                      // or, instead of the ending, the rest
};

// End the generation early, for lack of resources: a whole 200 with finish_reason
// insufficient_system_resource; what was generated is counted and billed. Exactly one of tokens
// and fraction >= 0; nothing is cut off an answer of no more tokens.
struct cut_generation {
  std::int32_t tokens = -1;
  double fraction = -1;
};

// Change the answer's content: `text` (nothing, or white space) for it.
struct blank_content {
  std::string_view text;  // must outlive the run
};

// End the generation with an error: in a stream an event with the service's text for `status`,
// in one piece a 200 with the envelope. The tokens until then are counted and billed.
struct fail_generation {
  cut_generation after;
  std::int16_t status = 503;
  std::string_view message;  // empty: the service's text; must outlive the run
};

// Generate at this rate, whatever the server's speed.
struct slow_generation {
  double tokens_per_second = 1;
};

// Everything generated comes, but not what says that it is over.
struct leave_out {
  answer_tail what = answer_tail::neither;
};

// Break the JSON at the quotation mark there or next. Exactly one of bytes and fraction >= 0.
struct spoil_body {
  std::int64_t bytes = -1;
  double fraction = -1;
  spoiling how = spoiling::quote_missing;
};

using plan_edit =
    std::variant<answer_now, delay_start, hold_request, cut_body, cut_generation, blank_content,
                 fail_generation, slow_generation, leave_out, spoil_body>;

// Whether it changes only the answer, and so may be made when its work begins.
constexpr bool edits_answer_only(const plan_edit& edit) { return edit.index() >= 3; }

class fault {
 public:
  virtual ~fault() = default;
  virtual fault_stage stage() const = 0;

  // Asked when the gate is open for this request: what becomes of the plan, null for nothing. The
  // fault keeps it, and may change it when it is asked again.
  virtual const plan_edit* apply(const fault_case& request) = 0;

  // Asked before the gate, also outside the window: a chance to recognise a caller this fault
  // has already dealt with.
  virtual const plan_edit* recall(const fault_case&) { return nullptr; }

  // A hint that a request of `call` is about to come; changes nothing.
  virtual void prefetch(const call_identity&) const {}

  // A fault made of others: the kind whose edit it returned last. Else nothing.
  virtual std::string_view taken_as() const { return {}; }

  // What of it no request has met yet, in plain words; nothing where all has been.
  virtual std::string unmet() const { return {}; }

  // What it does, in plain words: "429 with Retry-After 20s, 5/s admitted".
  virtual std::string describe() const = 0;

  // The delays it was configured with.
  virtual std::vector<duration> delays() const { return {}; }
};

}  // namespace stampede
