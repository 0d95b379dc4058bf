// A circuit breaker: closed -> open for a while -> half_open, where probes decide. Two things open
// it, either or both: consecutive failures, as the guide has it, and the share of failures (or of
// slow attempts) in a window of the last attempts or of time, as resilience4j, Polly and
// Hystrix have it. Pure: time is an argument.
//
// Failures are what the caller says they are (429, 5xx, transport errors, and timeouts where the
// policy counts them); a persistent answer neither counts nor resets, so it is not reported here
// unless it was a probe, whose place it gives back. A window of time is kept in tenths.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "client/time_slots.hpp"
#include "core/instant.hpp"

namespace stampede {

struct breaker_policy {
  std::uint32_t failures = 0;  // consecutive ones that open it; 0: they do not
  duration open_for = std::chrono::seconds(60);
  std::int32_t failure_rate_milli = 0;  // of the window, that opens it; 0: it does not
  std::int32_t slow_rate_milli = 0;     // the same for attempts longer than `slow_after`
  duration slow_after{0};
  std::uint32_t window_calls = 100;  // the window: the last so many attempts, or, ...
  duration window{0};                // ... where this is above 0, those of this time
  std::uint32_t min_calls = 100;     // attempts in it below which it opens nothing
  std::uint32_t probes = 1;          // half open: so many attempts decide
  bool count_timeouts = false;       // a timeout is a failure
  bool wait = false;                 // who has no other model waits for it, within its budget
  bool shared = false;               // by all instances of the group

  bool exists() const { return failures > 0 || watches_window(); }
  bool watches_window() const { return failure_rate_milli > 0 || slow_rate_milli > 0; }
  friend bool operator==(const breaker_policy&, const breaker_policy&) = default;
};

enum class breaker_state : std::uint8_t { closed, open, half_open };

// How attempts ended, of the last so many or of the last while.
class attempt_window {
 public:
  struct counts {
    std::int64_t all = 0, failed = 0, slow = 0;
    counts& operator+=(const counts& other);
  };

  void add(const breaker_policy& policy, bool failed, bool slow, instant now);
  counts seen(const breaker_policy& policy, instant now);
  void clear();

 private:
  std::vector<std::uint8_t> ring_;  // 1: failed, 2: slow
  std::size_t next_ = 0;
  counts in_ring_;
  time_slots<counts, 10> slots_;
};

class breaker {
 public:
  enum class permit : std::uint8_t { refused, normal, probe };

  // Whether an attempt may be sent now; `probe` must be answered by one of the three below.
  permit ask(const breaker_policy& policy, instant now);

  // `took`: from sending to the end.
  void on_success(const breaker_policy& policy, bool was_probe, duration took, instant now);
  void on_failure(const breaker_policy& policy, bool was_probe, duration took, instant now);
  void on_neutral(bool was_probe);

  // True when an attempt at `now` would be refused.
  bool refuses(const breaker_policy& policy, instant now) const;
  // How long it stays open from now on; zero where it is not open.
  duration opens_in(instant now) const {
    const bool open = state_ == breaker_state::open && now < open_until_;
    return open ? open_until_ - now : duration::zero();
  }
  breaker_state state() const { return state_; }
  std::uint32_t consecutive_failures() const { return failures_; }

 private:
  void note(const breaker_policy& policy, bool failed, duration took, instant now);
  void probe_over(const breaker_policy& policy, bool failed, instant now);
  void open(const breaker_policy& policy, instant now);
  void close();

  breaker_state state_ = breaker_state::closed;
  std::uint16_t probes_out_ = 0;
  std::uint16_t probes_over_ = 0;
  std::uint16_t probes_failed_ = 0;
  std::uint32_t failures_ = 0;
  instant open_until_{};
  std::unique_ptr<attempt_window> window_;  // only where the policy watches one
};

}  // namespace stampede
