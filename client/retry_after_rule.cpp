#include "client/retry_after_rule.hpp"

#include <algorithm>

#include "core/draw.hpp"

namespace stampede {

chosen_wait heed(const retry_after_rule& rule, duration own, duration asked, std::uint64_t bits) {
  using enum retry_after_use;
  const chosen_wait backoff{.wait = own};
  if (asked == no_duration || rule.use == ignore) return backoff;
  if (rule.use == pushback) {
    if (asked < duration::zero()) return {.wait = own, .stop = true};
    return {.wait = asked, .reason = wait_reason::retry_after, .begin_anew = true};
  }
  if (asked < duration::zero()) return backoff;
  if (rule.use == clamp) {
    const duration most = own > forever - rule.limit ? forever : own + rule.limit;
    if (asked <= own) return backoff;
    return {.wait = std::min(asked, most), .reason = wait_reason::retry_after};
  }
  if (asked == duration::zero() && rule.use == exact && !rule.zero) return backoff;
  if (rule.limit > duration::zero() && asked > rule.limit) {
    if (rule.beyond == retry_after_beyond::backoff) return backoff;
    if (rule.beyond == retry_after_beyond::stop) return {.wait = own, .stop = true};
    asked = rule.limit;
  }
  asked += uniform_duration(bits, rule.spread);
  if (rule.use == floor && asked <= own) return backoff;
  return {.wait = asked, .reason = wait_reason::retry_after};
}

}  // namespace stampede
