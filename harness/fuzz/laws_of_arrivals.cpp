// Calls start when the workload wants them, and their first attempts when the pacing lets them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/arrivals.hpp"
#include "harness/fuzz/checkers.hpp"
#include "harness/fuzz/promises.hpp"

namespace stampede {
namespace {

using stories = std::span<const call_story>;

// The calls of `instance`, which follow those of the instances before it.
stories take_calls(stories& rest, std::uint32_t instance) {
  std::size_t n = 0;
  while (n < rest.size() && rest[n].instance == instance) ++n;
  const stories own = rest.first(n);
  rest = rest.subspan(n);
  return own;
}

instant intended(const call_story& c) {
  return c.facts.empty() ? never : c.facts.front()->intended;
}

void check_open_loop(const evidence& seen, arrivals& wanted, stories calls, std::uint32_t instance,
                     instant last, ruling& r) {
  std::size_t i = 0;
  for (instant at = wanted.next(); at < last && at <= seen.end; at = wanted.next()) {
    const bool started = i < calls.size() && intended(calls[i]) == at;
    // What was due in the instant the run ended in may have come too late for it.
    if (!started && at == seen.end) break;
    if (!r.that(started, [&] {
          return fmt::format("instance {}: nothing started at {}, its arrival number {}", instance,
                             in_text(at), i);
        }))
      return;
    ++i;
  }
  r.that(i == calls.size(), [&] {
    return fmt::format("instance {}: {} calls started, {} arrivals came", instance, calls.size(),
                       i);
  });
}

void check_closed_loop(const evidence& seen, arrivals& wanted, stories calls,
                       std::uint32_t instance, instant last, ruling& r) {
  instant next = wanted.next();
  for (const call_story& c : calls) {
    r.that(next < last && intended(c) == next, [&] {
      return fmt::format("{}: wanted at {}, started at {}", name_of(c), in_text(next),
                         in_text(intended(c)));
    });
    next = c.records.empty() ? never : wanted.after_answer(c.records.front().ended);
  }
  r.that(next >= last || next >= seen.end, [&] {
    return fmt::format("instance {}: nothing started at {}", instance, in_text(next));
  });
}

// The instants up to which an instance's new calls are held back, from what was seen so far.
struct paced {
  std::uint32_t in_a_row = 0;  // timeouts
  instant at_least = run_start;
  instant at_most = run_start;
};

}  // namespace

void check_arrivals(const case_file& file, ruling& r) {
  const run_plan& plan = *file.seen.plan;
  const instant last = after(run_start, plan.what.length);
  stories rest = file.calls;
  for (const group_setup& g : plan.groups) {
    for (std::uint32_t i = 0; i < g.plan.instances; ++i) {
      const std::uint32_t instance = g.first_instance + i;
      const stories own = take_calls(rest, instance);
      arrivals wanted(g.plan.arrivals, {.seed = plan.seed,
                                        .replication = 0,
                                        .instances = g.plan.instances,
                                        .index = i,
                                        .instance = instance});
      if (wanted.closed_loop())
        check_closed_loop(file.seen, wanted, own, instance, last, r);
      else
        check_open_loop(file.seen, wanted, own, instance, last, r);
    }
  }
  for (const call_story& c : file.calls)
    r.that(c.started() == intended(c), [&] {
      return fmt::format("{}: wanted at {}, started at {}", name_of(c), in_text(intended(c)),
                         in_text(c.started()));
    });
}

void check_pacing(const case_file& file, ruling& r) {
  std::map<std::uint32_t, paced> by_instance;
  std::map<std::uint64_t, paced> at_start;  // of calls whose first attempt has not left
  for (const client_fact& f : file.seen.client) {
    paced& p = by_instance[f.instance];
    const client_policy& policy = file.seen.group_of(f.instance).client.policy;
    const std::uint64_t call = call_entity(f.instance, f.call);
    switch (f.what) {
      case client_fact::kind::started:
        at_start[call] = {0, std::max(f.at, p.at_least), std::max(f.at, p.at_most)};
        break;
      case client_fact::kind::woken: break;
      case client_fact::kind::sent: {
        const auto found = at_start.find(call);
        if (found == at_start.end()) break;
        const bool held_back = may_be_held_back(policy);
        r.that(f.at >= found->second.at_least && (held_back || f.at <= found->second.at_most), [&] {
          return fmt::format("instance {}, call {}: first sent at {}, due between {} and {}",
                             f.instance, f.call, in_text(f.at), in_text(found->second.at_least),
                             in_text(found->second.at_most));
        });
        at_start.erase(found);
        break;
      }
      case client_fact::kind::ended: {
        if (f.result == outcome::success) p.in_a_row = 0;
        if (f.result != outcome::timed_out || !policy.pace_after_timeout) break;
        if (cut_by_deadline(policy, f)) break;  // its caller left
        const wait_bounds wait = promised_wait(policy.backoff, p.in_a_row++, duration::zero());
        p.at_least = std::max(p.at_least, after(f.at, wait.least));
        p.at_most = std::max(p.at_most, after(f.at, wait.most));
        break;
      }
      case client_fact::kind::finished: at_start.erase(call); break;
    }
  }
}

}  // namespace stampede
