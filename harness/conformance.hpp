// Whether two runs of one plan, one in virtual time and one on real sockets, say the same of
// every client: the journals of both, instance by instance.
//
// As long as both engines fed an instance the same events (their kind and content, without
// instants) it must have decided the same. At the first event that differs the instance counts
// as diverged, and what differed is named; from there on its runs are different stories. A
// decision that differs without a differing event is a violation, except where a rule that
// reads elapsed time made it and the decision says so (time_budget, breaker, early, a start
// that waits): that is a divergence, too.
//
// Left out on both sides is what changes nothing by the machine's laws, provided it changed
// nothing: wake-ups that come early, and events of attempts that are over.
//
// Deterministic. Use: `const conformance c = compare_journals("sim.journal", "live.journal");`
// Errors: journal_error for what is not a journal, or not one of the same plan.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/instant.hpp"

namespace stampede {

enum class divergence : std::uint8_t {
  order,             // events of two calls came in another order
  timeout_or_reply,  // one side's timer fired, the other's answer came first
  cut,               // the answer's bytes came in other pieces
  answer,            // the server answered differently: it, too, saw another order
  elapsed_time,      // a rule that reads elapsed time decided differently
  end,               // one run ended before the other
};
inline constexpr int divergence_count = 6;
std::string_view name_of(divergence d);

// Where two runs of one instance part: an event and its decisions on each side; nothing where
// a run has no more of them.
struct parting {
  std::uint32_t instance = 0;
  std::uint64_t event = 0;  // its number, from 1
  divergence how = divergence::order;
  std::array<instant, 2> at{never, never};
  std::array<std::string, 2> events;
  std::array<std::string, 2> decisions;
};

struct conformance {
  std::uint32_t instances = 0;
  std::array<std::uint64_t, 2> events{};  // in each journal, without those left out
  std::uint64_t equal_events = 0;         // before the first that differs
  std::uint64_t equal_decisions = 0;
  std::vector<parting> diverged;    // by instance
  std::vector<parting> violations;  // `how` means nothing here

  bool holds() const { return violations.empty(); }
  // Equal from end to end.
  bool complete() const { return holds() && diverged.empty(); }
  double diverged_share() const {
    return instances ? static_cast<double>(diverged.size()) / instances : 0;
  }
  std::uint32_t count(divergence how) const;
};

conformance compare_journals(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace stampede
