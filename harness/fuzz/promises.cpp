#include "harness/fuzz/promises.hpp"

#include <algorithm>

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
  if (policy.first_at_once && k == 0) return {};
  const double base = in_ns(policy.base);
  const double cap = in_ns(policy.cap);
  double v = base;
  for (std::uint32_t i = 0; i < k && v < cap; ++i) v *= policy.factor_milli / 1000.0;
  v = std::min(v, cap);
  switch (policy.kind) {
    case backoff_kind::fixed:
      return {std::max(policy.base, policy.least), above(std::max(base, in_ns(policy.least)))};
    case backoff_kind::exponential:
      return {below(std::max(v, in_ns(policy.least))), above(std::max(v, in_ns(policy.least)))};
    case backoff_kind::full_jitter: return {policy.least, above(std::max(v, in_ns(policy.least)))};
    case backoff_kind::equal_jitter: return {below(v / 2), above(v)};
    case backoff_kind::decorrelated_jitter:
      return {below(std::min(cap, base)), above(std::min(cap, 3 * std::max(base, in_ns(before))))};
    case backoff_kind::additive_jitter: return {below(v), above(v + in_ns(policy.jitter))};
    case backoff_kind::proportional_jitter:
      return {below(v * (1 - policy.ratio_down_milli / 1000.0)),
              above(v * (1 + policy.ratio_up_milli / 1000.0))};
    case backoff_kind::memoryless: return {duration::zero(), policy.cap};
    case backoff_kind::polly_jitter: {
      // n_k - n_(k-1) is less than n_(k+1), which is less than 2^(k+1).
      const double most =
          base / 1.4 * (k < 60 ? static_cast<double>(std::uint64_t{2} << k) : 1e300);
      return {duration::zero(), above(std::min(cap, most))};
    }
    case backoff_kind::envoy_jitter: {
      double power = base;
      for (std::uint32_t i = 0; i <= k && power < in_ns(forever); ++i)
        power *= policy.factor_milli / 1000.0;
      return {duration::zero(), above(std::min(cap, power - base))};
    }
  }
  return {};
}

bool may_be_held_back(const client_policy& policy) {
  return policy.throttle.kind != throttle_kind::none ||
         policy.concurrency.kind != concurrency_kind::none || policy.breaker.wait ||
         !policy.outer.empty();
}

bool rounds_are_told(const client_policy& policy) {
  const bool may_refuse = policy.breaker.exists() || policy.remembers();
  return policy.outer.empty() || (policy.fallback.empty() && !may_refuse);
}

bool begins_anew(const client_policy& policy, const attempt_record& attempt) {
  return policy.retry_after.use == retry_after_use::pushback &&
         attempt.waits_for == wait_reason::retry_after;
}

classification promised_kind(const client_policy& policy, outcome result, int status, bool partial,
                             retry_hint hint) {
  using enum outcome;
  if (result == success) return classification::success;
  const auto& of_a_200 = content_outcomes;
  const auto content = std::find(of_a_200.begin(), of_a_200.end(), result);
  bool retried = false;
  if (content != of_a_200.end()) {
    const content_use use =
        policy.content.uses[static_cast<std::size_t>(content - of_a_200.begin())];
    if (use == content_use::accept) return classification::success;
    retried = use == content_use::retry;
  } else if (result == timed_out) {
    retried = policy.retry_timeouts;
  } else if (result == connect_failed) {
    retried = policy.retry_transport != transport_retries::none;
  } else if (result == connection_reset || result == connection_closed) {
    retried = policy.retry_transport == transport_retries::all;
  } else if (policy.retry_status_codes && status >= 400 && result == promised_outcome(status)) {
    const auto& named = policy.retry_statuses;
    retried = named.empty() ? status == 408 || status == 409 || status == 429 || status >= 500
                            : std::count(named.begin(), named.end(), status) > 0;
  }
  if (partial && !policy.retry_partial) return classification::persistent;
  if (policy.heed_should_retry && status >= 400 && hint == retry_hint::no)
    return classification::persistent;
  if (policy.heed_should_retry && status >= 400 && hint == retry_hint::yes)
    return classification::transient;
  return retried || policy.retry_persistent ? classification::transient
                                            : classification::persistent;
}

bool fails_the_service(outcome result) {
  using enum outcome;
  return result == rate_limited || result == server_error || result == overloaded ||
         result == connect_failed || result == connection_reset || result == connection_closed;
}

instant promised_deadline(const client_policy& policy, instant intended) {
  return policy.deadline > duration::zero() ? after(intended, policy.deadline) : never;
}

bool cut_by_deadline(const client_policy& policy, const client_fact& ended) {
  return ended.cancelled && ended.result == outcome::timed_out &&
         ended.at == promised_deadline(policy, ended.intended);
}

instant promised_last_start(const client_policy& policy, instant started, instant intended) {
  const instant budget =
      policy.time_budget > duration::zero() ? after(started, policy.time_budget) : never;
  return std::min(budget, promised_deadline(policy, intended));
}

backoff_policy promised_backoff(const client_policy& policy, outcome result) {
  backoff_policy changed = policy.backoff;
  if (result == outcome::rate_limited && changed.throttled_base > duration::zero())
    changed.base = changed.throttled_base;
  return changed;
}

promised_pause promised_after(const retry_after_rule& rule, const wait_bounds& own,
                              duration asked) {
  using enum retry_after_use;
  const bool none = asked == no_duration;
  if (rule.use == pushback && !none)
    return {.wait = {asked, asked}, .stop = asked < duration::zero()};
  if (rule.use == ignore || none || asked < duration::zero()) return {own};
  if (rule.use == clamp)
    return {{std::max(own.least, std::min(asked, own.least + rule.limit)),
             std::max(own.most, std::min(asked, own.most + rule.limit))}};
  if (rule.use == exact && asked == duration::zero() && !rule.zero) return {own};
  const bool beyond = rule.limit > duration::zero() && asked > rule.limit;
  if (beyond && rule.beyond == retry_after_beyond::backoff) return {own};
  if (beyond && rule.beyond == retry_after_beyond::stop) return {.wait = own, .stop = true};
  const duration least = beyond ? rule.limit : asked;
  const duration most = least + rule.spread;
  if (rule.use == exact) return {{least, most}};
  return {{std::max(own.least, least), std::max(own.most, most)}};
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
