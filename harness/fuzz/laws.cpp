#include <fmt/format.h>

#include "core/check.hpp"
#include "core/units.hpp"
#include "harness/fuzz/checkers.hpp"

namespace stampede {
namespace {

constexpr law all_laws[] = {
    {"one_record",
     "every call started has one finish, one call record, and as many attempt records as attempts",
     check_one_record},
    {"order",
     "attempts are numbered without a gap, never overlap, and none follows a final outcome",
     check_order},
    {"ends", "a call ends when, and as, its last attempt did", check_ends},
    {"timeouts", "no attempt outlives its timeouts, and none is given up before one",
     check_timeouts},
    {"arrivals", "the calls that start are those the workload wants, when it wants them",
     check_arrivals},
    {"pacing", "after a timeout the instance's next calls wait as a retry would", check_pacing},
    {"classification", "an end is a success, transient or persistent as the policy says",
     check_classification},
    {"decisions", "what may be retried is, within the limits, and nothing else", check_decisions},
    {"time_budget", "nothing starts after the call's time budget", check_time_budget},
    {"fallback", "models are asked in the chain's order", check_fallback},
    {"waits", "a retry is sent when the wait decided on is over, a fallback at once", check_waits},
    {"backoff", "each wait is within the bounds of its backoff or its Retry-After", check_backoff},
    {"retry_after", "nothing is sent before a Retry-After the policy heeds; early is what is early",
     check_retry_after},
    {"breaker", "nothing passes an open breaker, one probe at a time a half-open one",
     check_breaker},
    {"retry_budget", "a retry is made exactly when its budget holds what it costs",
     check_retry_budget},
    {"throttle", "an attempt leaves, waits for its token or is refused as its throttle decides",
     check_throttle},
    {"concurrency", "no more attempts are under way than the limit of an instance allows",
     check_concurrency},
    {"exchanges", "every attempt that arrives is one exchange, answered once, as the client saw it",
     check_exchanges},
    {"slots", "no more answers are worked on than there are slots", check_slots},
    {"queue", "the queue never overflows, is served in order, and refuses only when full",
     check_queue},
    {"work", "no slot is idle while somebody waits", check_work},
    {"conservation", "time in the system and time in slots add up", check_conservation},
    {"fault_gates", "a fault takes what passes its gate, and nothing else", check_fault_gates},
    {"fault_effects",
     "what a fault takes comes to what the fault says, at the server and the client",
     check_fault_effects},
    {"billing", "what was generated is billed at the price of the day", check_billing},
    {"ledger", "what attempts were charged is what the ledger holds", check_ledger},
    {"measures", "measures equal a plain recount of the records", check_measures},
};

}  // namespace

std::span<const law> laws() { return all_laws; }

std::vector<verdict_on_law> judge(const evidence& seen) {
  const case_file file{seen, stories_of(seen)};
  std::vector<verdict_on_law> verdicts;
  for (const law& l : laws()) {
    verdicts.push_back({&l, {}});
    l.check(file, verdicts.back().found);
  }
  return verdicts;
}

ruling judge_by(std::string_view name, const evidence& seen) {
  const case_file file{seen, stories_of(seen)};
  for (const law& l : laws()) {
    if (l.name != name) continue;
    ruling found;
    l.check(file, found);
    return found;
  }
  check_failed("no such law", __FILE__, __LINE__);
}

std::string in_text(instant t) { return t == never ? "never" : to_text(t.time_since_epoch()); }

std::string name_of(const call_story& call) {
  return fmt::format("instance {}, call {}", call.instance, call.call);
}

std::string name_of(const call_story& call, std::uint16_t attempt, instant at) {
  return fmt::format("{}, attempt {} at {}", name_of(call), attempt, in_text(at));
}

std::string name_of(const exchange_record& x) {
  return fmt::format("request {} (instance {}, call {}, attempt {}) arrived at {}", x.serial,
                     x.instance, x.call, x.attempt, in_text(x.arrived));
}

}  // namespace stampede
