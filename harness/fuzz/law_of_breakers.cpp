// Breakers, simulated again from what was sent and how it ended: one an instance and model.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "harness/fuzz/checkers.hpp"
#include "harness/fuzz/promises.hpp"

namespace stampede {
namespace {

// So many failures in a row, or too large a share of the last attempts, shut the door for a while;
// then some may try. Every attempt since the door last opened is kept, and counted anew each time.
struct door {
  struct seen {
    instant at;
    bool failed = false;
    bool slow = false;
  };
  std::uint32_t failures = 0;
  std::vector<seen> all;
  bool shut = false;       // until the tries are over
  bool half_open = false;  // somebody has tried since it shut
  instant until = run_start;
  std::set<std::array<std::uint32_t, 3>> trying;  // instance, call, attempt
  std::vector<bool> tried;                        // whether each failed

  bool refuses(const breaker_policy& p, instant now) const {
    return shut && (now < until || (half_open && trying.size() + tried.size() >= p.probes));
  }
};

// An instance and a model; a shared breaker is that of the group.
using doors = std::map<std::pair<std::uint32_t, std::size_t>, door>;

bool too_many(const door& d, const breaker_policy& p, instant now) {
  const std::int64_t tenth = p.window.count() / 10;
  const auto in_window = [&](std::size_t i) {
    if (tenth == 0) return d.all.size() - i <= p.window_calls;
    const auto slot = [&](instant t) { return t.time_since_epoch().count() / tenth; };
    return slot(now) - slot(d.all[i].at) < 10;
  };
  double count = 0, failed = 0, slow = 0;
  for (std::size_t i = 0; i < d.all.size(); ++i) {
    if (!in_window(i)) continue;
    ++count;
    failed += d.all[i].failed;
    slow += d.all[i].slow;
  }
  if (count < p.min_calls) return false;
  const auto reaches = [&](double part, std::int32_t milli) {
    return milli > 0 && part * 1000 >= count * milli;
  };
  return reaches(failed, p.failure_rate_milli) || reaches(slow, p.slow_rate_milli);
}

void shut(door& d, const breaker_policy& p, instant now) {
  d.shut = true;
  d.half_open = false;
  d.until = after(now, p.open_for);
  d.tried.clear();
  d.all.clear();
}

void on_tried(door& d, const breaker_policy& p, bool failed, instant now) {
  if (!d.half_open) return;  // another try has shut it again
  d.tried.push_back(failed);
  const auto bad = std::count(d.tried.begin(), d.tried.end(), true);
  const bool by_share = p.failure_rate_milli > 0;
  const bool over = d.tried.size() >= p.probes;
  if (by_share
          ? over && bad * 1000 >= static_cast<std::int64_t>(d.tried.size()) * p.failure_rate_milli
          : bad > 0)
    return shut(d, p, now);
  if (!over) return;
  d.shut = false;
  d.failures = 0;
  d.all.clear();
}

void on_sent(door& d, const client_fact& f) {
  if (!d.shut) return;
  d.half_open = true;
  d.trying.insert({f.instance, f.call, f.attempt});
}

void on_ended(door& d, const client_fact& f, const client_policy& policy, duration took) {
  const breaker_policy& p = policy.breaker;
  const bool was_try = d.trying.erase({f.instance, f.call, f.attempt}) > 0;
  const bool aborted = f.result == outcome::unfinished || f.result == outcome::cancelled ||
                       cut_by_deadline(policy, f);
  const bool failed =
      fails_the_service(f.result) || (p.count_timeouts && f.result == outcome::timed_out);
  const bool succeeded = promised_kind(policy, f.result, f.status, f.partial, f.should_retry) ==
                         classification::success;
  if (aborted || (!failed && !succeeded)) return;  // says nothing about the service
  if (was_try) return on_tried(d, p, failed, f.at);
  if (d.shut) return;  // sent before the door shut
  d.failures = failed ? d.failures + 1 : 0;
  d.all.push_back({f.at, failed, p.slow_rate_milli > 0 && took > p.slow_after});
  if ((p.failures > 0 && d.failures >= p.failures) || (p.watches_window() && too_many(d, p, f.at)))
    shut(d, p, f.at);
}

}  // namespace

void check_breaker(const case_file& file, ruling& r) {
  doors all;
  std::map<std::uint64_t, int> last_chain;  // of the calls under way
  std::map<std::uint64_t, instant> sent_at;
  for (const client_fact& f : file.seen.client) {
    const group_setup& g = file.seen.group_of(f.instance);
    const client_policy& policy = g.client.policy;
    const breaker_policy& p = policy.breaker;
    if (!p.exists()) continue;
    // A throttle, a full queue and an outer layer have reasons of their own to pass over a model.
    const bool only_breakers = !policy.remembers() && policy.outer.empty();
    const std::uint32_t owner = p.shared ? g.first_instance : f.instance;
    const std::uint64_t call = call_entity(f.instance, f.call);
    const auto refuses = [&](std::size_t chain) { return all[{owner, chain}].refuses(p, f.at); };
    const auto told = [&](std::string_view what) {
      return fmt::format("instance {}, call {}, attempt {} at {}: {}", f.instance, f.call,
                         f.attempt, in_text(f.at), what);
    };
    switch (f.what) {
      case client_fact::kind::started: last_chain[call] = -1; break;
      case client_fact::kind::woken: break;
      case client_fact::kind::sent: {
        r.that(!refuses(f.chain), [&] { return told("sent through an open breaker"); });
        for (int skipped = last_chain[call] + 1; only_breakers && skipped < f.chain; ++skipped)
          r.that(refuses(static_cast<std::size_t>(skipped)),
                 [&] { return told("passed over a model whose breaker was not open"); });
        on_sent(all[{owner, f.chain}], f);
        sent_at[call] = f.at;
        last_chain[call] = f.chain;
        break;
      }
      case client_fact::kind::ended:
        on_ended(all[{owner, f.chain}], f, policy, f.at - sent_at[call]);
        break;
      case client_fact::kind::finished: {
        if (f.why == stop_reason::breaker && only_breakers) {
          bool all_refuse = true;
          bool some_refuse = false;
          for (std::size_t chain = 0; chain < g.client.models.size(); ++chain) {
            all_refuse = all_refuse && refuses(chain);
            some_refuse = some_refuse || refuses(chain);
          }
          const bool fits = f.result == outcome::breaker_open ? all_refuse : some_refuse;
          r.that(fits, [&] { return told("given up for a breaker that was not open"); });
        }
        last_chain.erase(call);
        break;
      }
    }
  }
}

}  // namespace stampede
