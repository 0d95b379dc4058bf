#include "harness/fuzz/promises.hpp"

#include <algorithm>
#include <set>

namespace stampede {
namespace {

double in_ns(duration d) { return static_cast<double>(d.count()); }

// A bound with room for the nanoseconds a chain of integer products loses.
duration below(double ns) {
  return duration{static_cast<std::int64_t>(std::max(0.0, ns - ns * 1e-6 - 2))};
}
duration above(double ns) {
  const double wide = ns + ns * 1e-6 + 2;
  return wide >= in_ns(forever) ? forever : duration{static_cast<std::int64_t>(wide)};
}

}  // namespace

wait_bounds promised_wait(const backoff_policy& policy, std::uint32_t k, duration before) {
  const double base = in_ns(policy.base);
  const double cap = in_ns(policy.cap);
  double v = base;
  for (std::uint32_t i = 0; i < k && v < cap; ++i) v *= policy.factor_milli / 1000.0;
  v = std::min(v, cap);
  switch (policy.kind) {
    case backoff_kind::fixed: return {policy.base, policy.base};
    case backoff_kind::exponential: return {below(v), above(v)};
    case backoff_kind::full_jitter: return {duration::zero(), above(v)};
    case backoff_kind::equal_jitter: return {below(v / 2), above(v)};
    case backoff_kind::decorrelated_jitter:
      return {below(std::min(cap, base)), above(std::min(cap, 3 * std::max(base, in_ns(before))))};
    case backoff_kind::additive_jitter: return {below(v), above(v + in_ns(policy.jitter))};
    case backoff_kind::proportional_jitter:
      return {below(v * (1 - policy.ratio_down_milli / 1000.0)),
              above(v * (1 + policy.ratio_up_milli / 1000.0))};
    case backoff_kind::memoryless: return {duration::zero(), policy.cap};
  }
  return {};
}

classification promised_kind(const client_policy& policy, outcome result, int status,
                             bool partial) {
  using enum outcome;
  static const std::set<outcome> looked_at{empty_content, missing_finish, error_event,
                                           insufficient_resource, length_limit};
  if (result == success) return classification::success;
  if (partial && !policy.retry_partial) return classification::persistent;
  const bool passes_by = looked_at.count(result) > 0 && !policy.check_content;
  if (passes_by) return classification::success;
  bool retried = false;
  if (result == timed_out) {
    retried = policy.retry_timeouts;
  } else if (result == connect_failed || result == connection_reset ||
             result == connection_closed) {
    retried = policy.retry_transport;
  } else if (status == 200) {
    const bool unusable =
        looked_at.count(result) > 0 || result == malformed_json || result == truncated_json;
    retried = unusable && result != length_limit && policy.check_content;
  } else if (status == 408 || status == 409 || status == 429 || status >= 500) {
    const auto& named = policy.retry_statuses;
    retried = named.empty() || std::count(named.begin(), named.end(), status) > 0;
  }
  return retried ? classification::transient : classification::persistent;
}

bool fails_the_service(outcome result) {
  using enum outcome;
  return result == rate_limited || result == server_error || result == overloaded ||
         result == connect_failed || result == connection_reset || result == connection_closed;
}

instant promised_last_start(const client_policy& policy, instant started) {
  return policy.time_budget > duration::zero() ? after(started, policy.time_budget) : never;
}

outcome promised_outcome(int status) {
  using enum outcome;
  switch (status) {
    case 400: return invalid_format;
    case 401: return unauthorized;
    case 402: return insufficient_balance;
    case 403: return forbidden;
    case 404: return not_found;
    case 408: return request_timeout;
    case 409: return conflict;
    case 413: return too_large;
    case 422: return invalid_parameters;
    case 429: return rate_limited;
    case 503: return overloaded;
    default: return status >= 500 ? server_error : unexpected_status;
  }
}

}  // namespace stampede
