// A circuit breaker opened by consecutive failures, as the guide has it: closed -> open for
// a while -> half_open, where one probe decides. Pure: time is an argument.
//
// Failures are what the caller says they are (429, 5xx, transport errors); a persistent
// answer or a timeout neither counts nor resets, so it is not reported here unless it was
// the probe, whose place it gives back.
#pragma once

#include <cstdint>

#include "core/instant.hpp"

namespace stampede {

struct breaker_policy {
  std::uint32_t failures = 0;  // consecutive ones that open it; 0: no breaker
  duration open_for = std::chrono::seconds(60);

  friend bool operator==(const breaker_policy&, const breaker_policy&) = default;
};

enum class breaker_state : std::uint8_t { closed, open, half_open };

class breaker {
 public:
  enum class permit : std::uint8_t { refused, normal, probe };

  // Whether an attempt may be sent now; `probe` must be answered by one of the three below.
  permit ask(const breaker_policy& policy, instant now);

  void on_success(bool was_probe);
  void on_failure(const breaker_policy& policy, bool was_probe, instant now);
  void on_neutral(bool was_probe);

  // True when an attempt at `now` would be refused.
  bool refuses(const breaker_policy& policy, instant now) const;
  breaker_state state() const { return state_; }
  std::uint32_t consecutive_failures() const { return failures_; }

 private:
  breaker_state state_ = breaker_state::closed;
  bool probe_out_ = false;
  std::uint32_t failures_ = 0;
  instant open_until_{};
};

}  // namespace stampede
