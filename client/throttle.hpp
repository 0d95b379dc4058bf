// Whether an attempt may leave at all, and when: what an instance (or, shared, its group) does to
// its own rate when the service pushes back. Pure: time and randomness are arguments.
//
//   google_sre    refuses with probability (requests - K * accepts) / (requests + padding) over
//                 `window`; refused ones are requests, too (SRE book, "client-side throttling")
//   aws_adaptive  once a 429 or 503 has come, attempts wait for a token of a bucket whose rate
//                 follows CUBIC (botocore's "adaptive" mode, without its quota: kind = "aws" of
//                 the retry budget is that)
//   retry_line    more than `line` retries within a minute switch it on: from then on first
//                 attempts leave at `rate`, until the retries have been below the line for `hold`
//                 (the guide: more than 50 a minute "suggest the need for request throttling at
//                 the application level")
// The rates of aws_adaptive are doubles made of + - * / and portable functions.
//
// Use: const throttle::pass p = t.ask(policy, first, now, bits);
#pragma once

#include <cstdint>

#include "client/time_slots.hpp"
#include "core/instant.hpp"
#include "core/records.hpp"

namespace stampede {

enum class throttle_kind : std::uint8_t { none, google_sre, aws_adaptive, retry_line };

struct throttle_policy {
  throttle_kind kind = throttle_kind::none;
  std::int32_t k_milli = 2000;                // google_sre
  std::int32_t padding = 1;                   // google_sre
  duration window = std::chrono::minutes(2);  // google_sre
  std::int32_t line = 50;                     // retry_line, retries a minute
  std::int64_t rate_micro = 0;                // retry_line, first attempts: millionths a second
  duration hold = std::chrono::minutes(1);    // retry_line
  bool shared = false;                        // by all instances of the group

  friend bool operator==(const throttle_policy&, const throttle_policy&) = default;
};

// A bucket that can be in debt: whoever takes more than there is waits until it is paid off, so
// that attempts leave in the order in which they asked.
class token_bucket {
 public:
  // Takes one; the instant from which on the caller may go. Doubles, by the second.
  instant take(double rate, double capacity, instant now);
  void put_back() { tokens_ += 1; }
  void refill(double rate, double capacity, instant now);
  void limit(double capacity);

 private:
  double tokens_ = 0;
  instant at_ = run_start;
};

// botocore's CUBIC: where the rate goes after a throttling answer, and with time.
class cubic_rate {
 public:
  double on_throttled(double rate, instant now);  // the new rate
  double at(instant now) const;                   // after a success

 private:
  double w_max_ = 0;
  double k_ = 0;  // seconds
  instant last_throttled_ = run_start;
};

// botocore's measured rate: half-second buckets, smoothed by 0.8.
class measured_rate {
 public:
  double on_answer(instant now);

 private:
  std::int64_t bucket_ = 0;
  std::int64_t count_ = 0;
  double rate_ = 0;
};

class throttle {
 public:
  struct pass {
    bool refused = false;
    instant from = run_start;  // it may leave then
  };

  // One attempt asks, `first` of its call or not; `bits` are 64 uniform bits.
  pass ask(const throttle_policy& policy, bool first, instant now, std::uint64_t bits);
  // The attempt that was told to wait leaves no more: its caller has gone.
  void give_back(const throttle_policy& policy);
  void on_retry(const throttle_policy& policy, instant now);
  void on_answer(const throttle_policy& policy, outcome result, instant now);

  bool on() const { return on_; }
  double rate() const { return rate_; }  // aws_adaptive

 private:
  pass ask_sre(const throttle_policy& policy, instant now, std::uint64_t bits);

  bool on_ = false;
  double rate_ = 0;
  instant above_line_ = run_start;
  token_bucket bucket_;
  cubic_rate cubic_;
  measured_rate measured_;
  time_slots<std::int64_t, 100> requests_;
  time_slots<std::int64_t, 100> accepts_;
  time_slots<std::int64_t, 60> retries_;
};

}  // namespace stampede
