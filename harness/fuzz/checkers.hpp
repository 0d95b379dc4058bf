// The laws a run must keep whatever its scenario, and the checkers that judge them.
//
// Each checker is one pure function over the evidence of a run. It derives what must hold from
// the policy and the settings alone, and asks none of the machines' own rule functions: it is
// a second reading of the same promises. Adding a law: a function and its row (laws.cpp).
//
// Use:  const std::vector<verdict_on_law> all = judge(seen);
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/fuzz/evidence.hpp"

namespace stampede {

// What one checker found. Every `that` is one thing looked at; the first that fails is told.
class ruling {
 public:
  // `evidence` is asked for only where it does not hold.
  template <class Text>
  bool that(bool holds, Text&& evidence) {
    ++checked_;
    if (holds) return true;
    if (broken_++ == 0) first_ = evidence();
    return false;
  }

  std::uint64_t checked() const { return checked_; }
  std::uint64_t broken() const { return broken_; }
  const std::string& first() const { return first_; }  // who, when, what

 private:
  std::uint64_t checked_ = 0;
  std::uint64_t broken_ = 0;
  std::string first_;
};

struct case_file {
  const evidence& seen;
  std::vector<call_story> calls;
};

struct law {
  std::string_view name;
  std::string_view promise;
  void (*check)(const case_file&, ruling&);
};

std::span<const law> laws();

struct verdict_on_law {
  const law* about = nullptr;
  ruling found;
};

// Every law, in the order of laws().
std::vector<verdict_on_law> judge(const evidence& seen);

// One law by its name: for tests.
ruling judge_by(std::string_view name, const evidence& seen);

// "instance 3, call 7, attempt 2 at 1.5 s": how evidence names an attempt, or a call.
std::string name_of(const call_story& call);
std::string name_of(const call_story& call, std::uint16_t attempt, instant at);
std::string name_of(const exchange_record& exchange);
std::string in_text(instant t);

// The checkers, by file. laws_of_calls.cpp:
void check_one_record(const case_file&, ruling&);
void check_order(const case_file&, ruling&);
void check_ends(const case_file&, ruling&);
void check_timeouts(const case_file&, ruling&);
// laws_of_arrivals.cpp:
void check_arrivals(const case_file&, ruling&);
void check_pacing(const case_file&, ruling&);
// laws_of_retries.cpp:
void check_classification(const case_file&, ruling&);
void check_decisions(const case_file&, ruling&);
void check_time_budget(const case_file&, ruling&);
void check_fallback(const case_file&, ruling&);
// laws_of_waits.cpp:
void check_waits(const case_file&, ruling&);
void check_backoff(const case_file&, ruling&);
void check_retry_after(const case_file&, ruling&);
// law_of_breakers.cpp:
void check_breaker(const case_file&, ruling&);
// law_of_limits.cpp:
void check_retry_budget(const case_file&, ruling&);
void check_concurrency(const case_file&, ruling&);
// law_of_throttles.cpp:
void check_throttle(const case_file&, ruling&);
// laws_of_the_server.cpp:
void check_exchanges(const case_file&, ruling&);
void check_slots(const case_file&, ruling&);
void check_queue(const case_file&, ruling&);
void check_work(const case_file&, ruling&);
void check_conservation(const case_file&, ruling&);
// laws_of_faults.cpp:
void check_fault_gates(const case_file&, ruling&);
void check_fault_effects(const case_file&, ruling&);
// laws_of_money.cpp:
void check_billing(const case_file&, ruling&);
void check_ledger(const case_file&, ruling&);
void check_measures(const case_file&, ruling&);

}  // namespace stampede
