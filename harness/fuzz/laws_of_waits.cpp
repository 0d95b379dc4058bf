// How long the client waits before it tries again.
#include <fmt/format.h>

#include <algorithm>

#include "harness/fuzz/checkers.hpp"
#include "harness/fuzz/promises.hpp"

namespace stampede {
namespace {

bool same_model(const call_story& c, std::size_t i) {
  return i > 0 && i < c.sent.size() && c.chain(i) == c.chain(i - 1);
}

std::string waits(const call_story& c, const attempt_record& a) {
  return fmt::format("{}: waits {} ns for {}", name_of(c, a.attempt, a.sent), a.wait.count(),
                     stampede::name_of(a.waits_for));
}

void check_backoff_of(const call_story& c, const attempt_record& a, std::uint32_t k,
                      duration before, ruling& r) {
  const client_policy& p = c.policy();
  const wait_bounds own = promised_wait(promised_backoff(p, a.result), k, before);
  const promised_pause pause = promised_after(p.retry_after, own, a.retry_after);
  const auto told = [&] {
    return fmt::format("{}, retry {}, {} to {} ns promised, Retry-After {} ns", waits(c, a), k,
                       pause.wait.least.count(), pause.wait.most.count(), a.retry_after.count());
  };
  r.that(!pause.stop && a.wait >= pause.wait.least && a.wait <= pause.wait.most, told);
  if (a.waits_for == wait_reason::backoff)
    r.that(a.wait >= own.least && a.wait <= own.most, told);
  else
    r.that(a.waits_for == wait_reason::retry_after && a.retry_after != no_duration &&
               p.retry_after.use != retry_after_use::ignore,
           told);
}

}  // namespace

void check_waits(const case_file& file, ruling& r) {
  for (const call_story& c : file.calls) {
    for (std::size_t i = 0; i < c.attempts.size(); ++i) {
      const attempt_record& a = c.attempts[i];
      r.that(a.decided == decision::retry ||
                 (a.wait == duration::zero() && a.waits_for == wait_reason::none),
             [&] { return waits(c, a) + ", though it does not try that model again"; });
      if (i + 1 == c.attempts.size()) continue;
      const attempt_record& next = c.attempts[i + 1];
      const instant due = after(a.ended, a.wait);
      r.that(next.sent == due || (may_be_held_back(c.policy()) && next.sent > due), [&] {
        return fmt::format("{} from {} on, and sends again at {}", waits(c, a), in_text(a.ended),
                           in_text(next.sent));
      });
    }
  }
}

void check_backoff(const case_file& file, ruling& r) {
  for (const call_story& c : file.calls) {
    if (!rounds_are_told(c.policy())) continue;
    std::uint32_t k = 0;
    duration before{0};
    for (std::size_t i = 0; i < c.attempts.size(); ++i) {
      const attempt_record& a = c.attempts[i];
      if (!same_model(c, i) || c.attempts[i - 1].waits_for == wait_reason::layer) {
        k = 0;
        before = duration::zero();
      }
      const bool of_backoff =
          a.waits_for != wait_reason::layer && a.waits_for != wait_reason::breaker;
      r.that(a.waits_for != wait_reason::breaker || c.policy().breaker.wait,
             [&] { return waits(c, a); });
      if (a.decided == decision::retry && of_backoff) check_backoff_of(c, a, k, before, r);
      before = a.wait;
      ++k;
      if (begins_anew(c.policy(), a)) k = 0, before = duration::zero();
    }
  }
}

void check_retry_after(const case_file& file, ruling& r) {
  for (const call_story& c : file.calls) {
    instant allowed = run_start;  // the end of what the model asked for last
    duration allowed_for{0};      // which was so long
    for (std::size_t i = 0; i < c.attempts.size(); ++i) {
      const attempt_record& a = c.attempts[i];
      if (!same_model(c, i)) allowed = run_start;
      const bool early = a.sent < allowed;
      const auto told = [&] {
        return fmt::format("{}: {}, the last Retry-After was over at {}",
                           name_of(c, a.attempt, a.sent),
                           a.early ? "called early" : "not called early", in_text(allowed));
      };
      r.that(a.early == early || !rounds_are_told(c.policy()), told);
      const retry_after_rule& rule = c.policy().retry_after;
      const bool heeds = rule.use == retry_after_use::floor || rule.use == retry_after_use::exact;
      const bool whole = heeds && (rule.limit == duration::zero() || allowed_for <= rule.limit);
      r.that(!early || !whole || !c.policy().outer.empty(), told);  // a layer sees no header
      if (i < c.ended.size() && c.ended[i]->retry_after >= duration::zero())
        allowed = after(a.ended, allowed_for = c.ended[i]->retry_after);
      r.that(i < c.ended.size() && a.retry_after == c.ended[i]->retry_after, told);
    }
  }
}

}  // namespace stampede
