#include "client/retry_budget.hpp"

#include <algorithm>

namespace stampede {
namespace {

using enum retry_budget_kind;

std::int32_t cost_of(const retry_budget_policy& policy, outcome result) {
  if (result == outcome::timed_out) return policy.timeout_cost;
  return result == outcome::rate_limited ? policy.throttled_cost : policy.cost;
}

// What a call deposits and a retry takes: Finagle counts in thousandths, tower in ones.
std::int64_t deposit_of(const retry_budget_policy& policy) {
  if (policy.ratio_milli == 0) return 0;
  return policy.kind == finagle || policy.ratio_milli > 1000 ? 1000 : 1;
}

std::int64_t withdrawal_of(const retry_budget_policy& policy) {
  if (policy.ratio_milli == 0) return 1;
  return deposit_of(policy) * 1000 / policy.ratio_milli;
}

std::int64_t reserve_of(const retry_budget_policy& policy) {
  return policy.min_per_s * withdrawal_of(policy) * (policy.window.count() / 1'000'000) / 1000;
}

}  // namespace

retry_budget_policy usual_budget(retry_budget_kind kind) {
  using namespace std::chrono_literals;
  retry_budget_policy p{.kind = kind};
  switch (kind) {
    case none:
    case aws: break;
    case grpc: p.capacity = 10; break;
    case finagle:
    case tower:
    case envoy: p.ratio_milli = 200; break;
    case token_bucket: p.capacity = 5; break;
    case retry_ratio:
    case failure_ratio: p.window = 0s; break;
  }
  return p;
}

retry_budget::retry_budget(const retry_budget_policy& policy)
    : milli_(std::int64_t{policy.capacity} * 1000) {}

void retry_budget::on_call(const retry_budget_policy& policy, instant now) {
  switch (policy.kind) {
    case token_bucket:
      milli_ = std::min(std::int64_t{policy.capacity} * 1000, milli_ + policy.ratio_milli);
      break;
    case finagle:
    case tower: balance_.add(now, policy.window, deposit_of(policy)); break;
    case retry_ratio:
    case failure_ratio: calls_.add(now, policy.window, 1); break;
    default: break;
  }
}

void retry_budget::on_failure(const retry_budget_policy& policy, instant now) {
  if (policy.kind == grpc) milli_ = std::max<std::int64_t>(0, milli_ - 1000);
  if (policy.kind == failure_ratio) counted_.add(now, policy.window, 1);
}

bool retry_budget::withdraw(const retry_budget_policy& policy, const wish& w, instant now,
                            std::uint16_t& taken) {
  switch (policy.kind) {
    case none: return true;
    case aws: {
      const std::int32_t cost = cost_of(policy, w.result);
      if (milli_ < std::int64_t{cost} * 1000) return false;
      milli_ -= std::int64_t{cost} * 1000;
      taken = static_cast<std::uint16_t>(cost);
      return true;
    }
    case grpc: return 2 * milli_ > std::int64_t{policy.capacity} * 1000;
    case finagle:
    case tower: return take_from_window(policy, now);
    case envoy: {
      const std::int64_t share = std::int64_t{policy.ratio_milli} * w.attempts_under_way / 1000;
      if (concurrent_ >= std::max<std::int64_t>(share, policy.min_concurrent)) return false;
      ++concurrent_;
      return true;
    }
    case token_bucket:
      if (milli_ <= 1000) return false;
      milli_ -= 1000;
      return true;
    case retry_ratio: {
      const std::int64_t calls = calls_.sum(now, policy.window);
      const std::int64_t retries = counted_.sum(now, policy.window);
      if ((retries + 1) * 1000 > calls * policy.ratio_milli) return false;
      counted_.add(now, policy.window, 1);
      return true;
    }
    case failure_ratio: {
      const std::int64_t calls = calls_.sum(now, policy.window);
      return counted_.sum(now, policy.window) * 1000 <= calls * policy.ratio_milli;
    }
  }
  return true;
}

bool retry_budget::take_from_window(const retry_budget_policy& policy, instant now) {
  const std::int64_t cost = withdrawal_of(policy);
  if (reserve_of(policy) + balance_.sum(now, policy.window) < cost) return false;
  balance_.add(now, policy.window, -cost);
  return true;
}

void retry_budget::on_success(const retry_budget_policy& policy, std::uint16_t taken) {
  std::int64_t back = 0;
  if (policy.kind == aws) back = std::int64_t{taken > 0 ? taken : policy.refund} * 1000;
  if (policy.kind == grpc) back = policy.ratio_milli;
  if (back > 0) milli_ = std::min(std::int64_t{policy.capacity} * 1000, milli_ + back);
}

void retry_budget::give_back() { --concurrent_; }

}  // namespace stampede
