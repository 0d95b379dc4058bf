// What the policies of an instance remember from one call to the next, apart from breakers: its
// retry budget, its throttle, its concurrency limit and who waits for a slot of it. Made only for
// a policy that has one of them. A budget or a throttle that is `shared` belongs to the group
// and lies in the session_pool.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "client/policy.hpp"
#include "core/ids.hpp"

namespace stampede {

// Of all instances of one group on one thread.
struct group_limits {
  explicit group_limits(const client_policy& policy, std::size_t models)
      : budget(policy.retry_budget), breakers(models) {}

  retry_budget budget;
  throttle brake;
  std::vector<breaker> breakers;
};

struct local_limits {
  local_limits(const client_policy& policy, group_limits* group)
      : slots(policy.concurrency), own_budget(policy.retry_budget) {
    const bool budgeted = policy.retry_budget.kind != retry_budget_kind::none;
    const bool throttled = policy.throttle.kind != throttle_kind::none;
    if (budgeted) budget = policy.retry_budget.shared ? &group->budget : &own_budget;
    if (throttled && !policy.throttle.shared) own_brake = std::make_unique<throttle>();
    if (throttled) brake = policy.throttle.shared ? &group->brake : own_brake.get();
  }
  local_limits(const local_limits&) = delete;
  local_limits& operator=(const local_limits&) = delete;

  // A call that waits for a slot; it may have gone since.
  struct waiter {
    call_id call;
    std::uint16_t attempts = 0;  // it had made then
  };

  retry_budget* budget = nullptr;  // null: none
  throttle* brake = nullptr;
  concurrency_limit slots;
  std::deque<waiter> queue;
  std::uint32_t waiting = 0;    // of the queue, those that have not gone
  std::uint32_t in_flight = 0;  // attempts

 private:
  retry_budget own_budget;
  std::unique_ptr<throttle> own_brake;
};

}  // namespace stampede
