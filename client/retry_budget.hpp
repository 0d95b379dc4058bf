// Whether one more retry may be made, from what an instance (or, shared, its group) has been
// through: the throttles that keep retries a small share of the load. Pure: time is an argument.
//
//   aws           a bucket of `capacity`; a retry takes `cost`, after a 429 `throttled_cost`, after
//                 a timeout `timeout_cost`; a success gives back what the call's last retry took,
//                 or `refund` where there was none (botocore "standard": 500, 5, 5, 10, 1; its
//                 rules of 2026: 14, 5, 14)
//   grpc          a failure that may be retried takes 1 of `capacity` tokens, a success gives
//   `ratio`;
//                 no retry at or below half (gRPC A6)
//   finagle       a call deposits, a retry takes 1 / ratio of a deposit; both are forgotten after
//                 `window`, on top of `min_per_s` * window retries (Finagle, RetryBudget)
//   tower         the same, 1 / ratio rounded down (Rust's tower, TpsBudget)
//   envoy         retries waiting or under way, at most `ratio` of the attempts under way, but
//                 `min_concurrent` (Envoy's retry_budget; ratio 0: its max_retries)
//   token_bucket  a call deposits `ratio`, up to `capacity`; a retry takes 1 while there is more
//                 than 1 (Brooker, "Fixing retries with token buckets and circuit breakers")
//   retry_ratio   retries below `ratio` of the calls of `window` (the SRE book: 10 %)
//   failure_ratio retries while failed attempts are at most `ratio` of the calls of `window`
//                 (Brooker's "circuit breaker")
// Amounts are integers: thousandths of a token.
//
// Use: if (!budget.withdraw(policy, {.result = r, .attempts_under_way = n}, now, taken)) give up;
#pragma once

#include <cstdint>

#include "client/time_slots.hpp"
#include "core/instant.hpp"
#include "core/records.hpp"

namespace stampede {

enum class retry_budget_kind : std::uint8_t {
  none,
  aws,
  grpc,
  finagle,
  tower,
  envoy,
  token_bucket,
  retry_ratio,
  failure_ratio,
};

struct retry_budget_policy {
  retry_budget_kind kind = retry_budget_kind::none;
  std::int32_t capacity = 500;  // aws, grpc, token_bucket
  std::int32_t cost = 5;        // aws
  std::int32_t throttled_cost = 5;
  std::int32_t timeout_cost = 10;
  std::int32_t refund = 1;
  std::int32_t ratio_milli = 100;
  duration window = std::chrono::seconds(10);  // finagle, tower, the ratios; 0: since the start
  std::int32_t min_per_s = 10;                 // finagle, tower
  std::int32_t min_concurrent = 3;             // envoy
  bool shared = false;                         // by all instances of the group

  friend bool operator==(const retry_budget_policy&, const retry_budget_policy&) = default;
};

// The policy of `kind` with the numbers of whoever it is named after.
retry_budget_policy usual_budget(retry_budget_kind kind);

class retry_budget {
 public:
  explicit retry_budget(const retry_budget_policy& policy);

  struct wish {
    outcome result = outcome::server_error;  // of the attempt that failed
    std::uint32_t attempts_under_way = 0;
  };

  // A call begins: its first attempt, not a retry.
  void on_call(const retry_budget_policy& policy, instant now);
  // An attempt failed, and may be retried.
  void on_failure(const retry_budget_policy& policy, instant now);
  // Takes what a retry costs, if that is there: `taken` is what a success gives back (aws).
  bool withdraw(const retry_budget_policy& policy, const wish& w, instant now,
                std::uint16_t& taken);
  // An attempt succeeded; `taken` by the last retry of its call, 0 where there was none.
  void on_success(const retry_budget_policy& policy, std::uint16_t taken);
  // A retry is over or will not be made (envoy).
  void give_back();

  std::int64_t milli_tokens() const { return milli_; }

 private:
  bool take_from_window(const retry_budget_policy& policy, instant now);

  std::int64_t milli_ = 0;                // aws, grpc, token_bucket
  std::uint32_t concurrent_ = 0;          // envoy
  time_slots<std::int64_t, 10> balance_;  // finagle, tower: deposits less withdrawals
  time_slots<std::int64_t, 10> calls_;    // the ratios
  time_slots<std::int64_t, 10> counted_;  // retries or failures
};

}  // namespace stampede
