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
  const wait_bounds promised = promised_wait(p.backoff, k, before);
  const bool heeds = a.retry_after >= duration::zero() && p.retry_after != retry_after_use::ignore;
  const auto told = [&] {
    return fmt::format("{}, retry {}, {} to {} ns promised, Retry-After {} ns", waits(c, a), k,
                       promised.least.count(), promised.most.count(), a.retry_after.count());
  };
  if (a.waits_for == wait_reason::backoff) {
    r.that(a.wait >= promised.least && a.wait <= promised.most, told);
    r.that(!heeds || (p.retry_after == retry_after_use::floor && a.wait >= a.retry_after), told);
    return;
  }
  r.that(a.waits_for == wait_reason::retry_after && heeds, told);
  r.that(a.wait >= a.retry_after && a.wait <= a.retry_after + p.retry_after_spread, told);
  r.that(p.retry_after == retry_after_use::exact || a.wait >= promised.least, told);
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
      r.that(next.sent == after(a.ended, a.wait), [&] {
        return fmt::format("{} from {} on, and sends again at {}", waits(c, a), in_text(a.ended),
                           in_text(next.sent));
      });
    }
  }
}

void check_backoff(const case_file& file, ruling& r) {
  for (const call_story& c : file.calls) {
    std::uint32_t k = 0;
    duration before{0};
    for (std::size_t i = 0; i < c.attempts.size(); ++i) {
      const attempt_record& a = c.attempts[i];
      if (!same_model(c, i)) {
        k = 0;
        before = duration::zero();
      }
      if (a.decided == decision::retry) check_backoff_of(c, a, k, before, r);
      before = a.wait;
      ++k;
    }
  }
}

void check_retry_after(const case_file& file, ruling& r) {
  for (const call_story& c : file.calls) {
    instant allowed = run_start;  // the end of what the model asked for last
    for (std::size_t i = 0; i < c.attempts.size(); ++i) {
      const attempt_record& a = c.attempts[i];
      if (!same_model(c, i)) allowed = run_start;
      const bool early = a.sent < allowed;
      const auto told = [&] {
        return fmt::format("{}: {}, the last Retry-After was over at {}",
                           name_of(c, a.attempt, a.sent),
                           a.early ? "called early" : "not called early", in_text(allowed));
      };
      r.that(a.early == early, told);
      r.that(!early || c.policy().retry_after == retry_after_use::ignore, told);
      if (i < c.ended.size() && c.ended[i]->retry_after >= duration::zero())
        allowed = after(a.ended, c.ended[i]->retry_after);
      r.that(i < c.ended.size() && a.retry_after == c.ended[i]->retry_after, told);
    }
  }
}

}  // namespace stampede
