// Calls and their attempts: how many records, in which order, and how they end.
#include <fmt/format.h>

#include <algorithm>

#include "harness/fuzz/checkers.hpp"
#include "harness/fuzz/promises.hpp"

namespace stampede {
namespace {

using kind = client_fact::kind;

std::size_t count(const call_story& c, kind what) {
  return static_cast<std::size_t>(std::count_if(c.facts.begin(), c.facts.end(),
                                                [&](const auto* f) { return f->what == what; }));
}

// Whether an attempt may be followed by another.
bool goes_on(decision d) { return d == decision::retry || d == decision::fall_back; }

// The longest a policy sleeps after its last try.
bool may_sleep_last(const call_story& c) {
  const attempt_record& last = c.attempts.back();
  return c.policy().sleep_after_last && last.decided == decision::give_up &&
         last.why == stop_reason::attempts_used;
}

void check_end(const case_file& file, const call_story& c, ruling& r) {
  const call_record& call = c.records.front();
  const bool by_the_end = call.why == stop_reason::run_ended;
  r.that(by_the_end == (call.result == outcome::unfinished), [&] {
    return fmt::format("{}: {} because {}", name_of(c), stampede::name_of(call.result),
                       stampede::name_of(call.why));
  });
  r.that(call.ended <= file.seen.end && (!by_the_end || call.ended == file.seen.end), [&] {
    return fmt::format("{}: over at {}, the run at {}", name_of(c), in_text(call.ended),
                       in_text(file.seen.end));
  });
  if (c.attempts.empty()) {
    const bool fits =
        by_the_end || (call.result == outcome::breaker_open && call.why == stop_reason::breaker) ||
        (call.result == outcome::throttled &&
         (call.why == stop_reason::throttle || call.why == stop_reason::queue) &&
         c.policy().remembers()) ||
        (call.result == outcome::budget_spent && call.why == stop_reason::time_budget);
    r.that(fits, [&] {
      return fmt::format("{}: {} without one attempt", name_of(c), stampede::name_of(call.result));
    });
    return;
  }
  if (by_the_end) return;
  const attempt_record& last = c.attempts.back();
  const instant due = after(last.ended, last.wait);
  const bool held_back = may_be_held_back(c.policy());
  const bool on_time = may_sleep_last(c) ? call.ended >= last.ended
                       : held_back       ? call.ended >= due
                                         : call.ended == due;
  r.that(on_time, [&] {
    return fmt::format("{}: its last attempt ended at {}, the call at {}", name_of(c),
                       in_text(last.ended), in_text(call.ended));
  });
  r.that(call.result == last.result &&
             (last.decided == decision::deliver) == (call.why == stop_reason::success),
         [&] {
           return fmt::format("{}: its last attempt came to {}, the call to {}", name_of(c),
                              stampede::name_of(last.result), stampede::name_of(call.result));
         });
  r.that(goes_on(last.decided) || last.decided == decision::deliver || last.why == call.why, [&] {
    return fmt::format("{}: given up because {}, the call because {}", name_of(c),
                       stampede::name_of(last.why), stampede::name_of(call.why));
  });
}

}  // namespace

void check_one_record(const case_file& file, ruling& r) {
  std::uint32_t expected = 0;
  std::uint32_t instance = ~std::uint32_t{0};
  for (const call_story& c : file.calls) {
    if (c.instance != instance) expected = 0;
    instance = c.instance;
    r.that(c.call == expected,
           [&] { return fmt::format("{}: expected number {}", name_of(c), expected); });
    expected = c.call + 1;
    r.that(count(c, kind::started) == 1 && c.facts.front()->what == kind::started, [&] {
      return fmt::format("{}: started {} times", name_of(c), count(c, kind::started));
    });
    r.that(count(c, kind::finished) == 1 && c.facts.back()->what == kind::finished, [&] {
      return fmt::format("{}: {} finishes, or something after one", name_of(c),
                         count(c, kind::finished));
    });
    if (!r.that(c.records.size() == 1,
                [&] { return fmt::format("{}: {} call records", name_of(c), c.records.size()); }))
      continue;
    const call_record& call = c.records.front();
    r.that(call.attempts == c.attempts.size() && c.attempts.size() == c.sent.size() &&
               c.sent.size() == c.ended.size(),
           [&] {
             return fmt::format(
                 "{}: {} attempts by its record, {} attempt records, {} sent, {} ended", name_of(c),
                 call.attempts, c.attempts.size(), c.sent.size(), c.ended.size());
           });
    const client_fact& finished = *c.facts.back();
    r.that(finished.at == call.ended && finished.result == call.result &&
               finished.why == call.why && call.started == c.started(),
           [&] {
             return fmt::format("{}: its record is not what was told to the engine", name_of(c));
           });
  }
}

void check_order(const case_file& file, ruling& r) {
  for (const call_story& c : file.calls) {
    instant free = c.started();
    bool final_seen = false;
    for (std::size_t i = 0; i < c.attempts.size(); ++i) {
      const attempt_record& a = c.attempts[i];
      r.that(a.attempt == i + 1, [&] {
        return fmt::format("{}: numbered {} in place {}", name_of(c, a.attempt, a.sent), a.attempt,
                           i + 1);
      });
      r.that(!final_seen, [&] {
        return fmt::format("{}: sent after the final outcome", name_of(c, a.attempt, a.sent));
      });
      r.that(a.sent >= free && a.ended >= a.sent, [&] {
        return fmt::format("{}: overlaps with what came before, which ended at {}",
                           name_of(c, a.attempt, a.sent), in_text(free));
      });
      r.that(i < c.sent.size() && i < c.ended.size() && c.sent[i]->at == a.sent &&
                 c.ended[i]->at == a.ended && c.ended[i]->result == a.result,
             [&] {
               return fmt::format("{}: its record is not what happened",
                                  name_of(c, a.attempt, a.sent));
             });
      final_seen = !goes_on(a.decided);
      free = a.ended;
    }
    if (c.records.size() == 1)
      r.that(c.records.front().ended >= free,
             [&] { return fmt::format("{}: over before its last attempt", name_of(c)); });
  }
}

void check_ends(const case_file& file, ruling& r) {
  for (const call_story& c : file.calls)
    if (c.records.size() == 1) check_end(file, c, r);
}

void check_timeouts(const case_file& file, ruling& r) {
  for (const call_story& c : file.calls) {
    const client_policy& p = c.policy();
    const duration progress = c.group->plan.workload.thinking ? p.thinking_timeout : p.timeout;
    const auto limit = [](duration t) { return t > duration::zero() ? t : forever; };
    const instant deadline = promised_deadline(p, c.intended());
    for (const client_fact* f : c.ended) {
      r.that(f->at <= deadline, [&] {
        return fmt::format("{}: went on after its caller's deadline",
                           name_of(c, f->attempt, f->at));
      });
      const bool within =
          f->no_payload <= limit(progress) && f->no_byte <= limit(p.silence_timeout);
      r.that(within, [&] {
        return fmt::format("{}: waited {} ns for payload, {} ns for any byte",
                           name_of(c, f->attempt, f->at), f->no_payload.count(),
                           f->no_byte.count());
      });
      if (f->result != outcome::timed_out || f->at == deadline) continue;
      r.that(f->cancelled &&
                 (f->no_payload == limit(progress) || f->no_byte == limit(p.silence_timeout)),
             [&] {
               return fmt::format("{}: timed out after {} ns without payload",
                                  name_of(c, f->attempt, f->at), f->no_payload.count());
             });
    }
  }
}

}  // namespace stampede
