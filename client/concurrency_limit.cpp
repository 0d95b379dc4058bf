#include "client/concurrency_limit.hpp"

#include <algorithm>

namespace stampede {
namespace {

bool is_drop(outcome result) {
  switch (result) {
    case outcome::rate_limited:
    case outcome::overloaded:
    case outcome::timed_out:
    case outcome::connect_failed:
    case outcome::connection_reset:
    case outcome::connection_closed: return true;
    default: return false;
  }
}

}  // namespace

void concurrency_limit::on_end(const concurrency_policy& policy, outcome result, duration took,
                               std::uint32_t under_way) {
  if (policy.kind != concurrency_kind::aimd) return;
  const bool slow = policy.slow_after > duration::zero() && took > policy.slow_after;
  std::uint64_t next = limit_;
  if (is_drop(result) || slow)
    next = next * static_cast<std::uint64_t>(policy.backoff_milli) / 1000;
  else if (2 * std::uint64_t{under_way} >= limit_)
    ++next;
  limit_ = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(next, policy.least, policy.most));
}

}  // namespace stampede
