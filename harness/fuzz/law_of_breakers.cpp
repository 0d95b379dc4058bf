// Breakers, simulated again from what was sent and how it ended: one an instance and model.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/fuzz/checkers.hpp"
#include "harness/fuzz/promises.hpp"

namespace stampede {
namespace {

// As the guide has it: so many failures in a row shut the door for a while; then one may try.
struct door {
  std::uint32_t failures = 0;
  bool shut = false;  // until a try succeeds
  instant until = run_start;
  bool trying = false;
  std::uint32_t call = 0;  // which tries
  std::uint16_t attempt = 0;

  bool refuses(instant now) const { return shut && (now < until || trying); }
};

using doors = std::map<std::pair<std::uint32_t, std::size_t>, door>;

void on_sent(door& d, const client_fact& f) {
  if (!d.shut) return;
  d.trying = true;
  d.call = f.call;
  d.attempt = f.attempt;
}

void on_ended(door& d, const client_fact& f, const client_policy& policy) {
  const bool was_try = d.trying && d.call == f.call && d.attempt == f.attempt;
  if (was_try) d.trying = false;
  const bool aborted = f.result == outcome::unfinished || f.result == outcome::cancelled;
  if (!aborted && fails_the_service(f.result)) {
    if (!d.shut && ++d.failures < policy.breaker.failures) return;
    if (d.shut && !was_try) return;  // sent before the door shut
    d.shut = true;
    d.until = after(f.at, policy.breaker.open_for);
    return;
  }
  const classification kind = promised_kind(policy, f.result, f.status, f.partial);
  if (aborted || kind != classification::success) return;  // says nothing about the service
  if (was_try) d.shut = false;
  if (!d.shut) d.failures = 0;
}

}  // namespace

void check_breaker(const case_file& file, ruling& r) {
  doors all;
  std::map<std::uint64_t, int> last_chain;  // of the calls under way
  for (const client_fact& f : file.seen.client) {
    const group_setup& g = file.seen.group_of(f.instance);
    if (g.client.policy.breaker.failures == 0) continue;
    const std::uint64_t call = call_entity(f.instance, f.call);
    const auto refuses = [&](std::size_t chain) { return all[{f.instance, chain}].refuses(f.at); };
    const auto told = [&](std::string_view what) {
      return fmt::format("instance {}, call {}, attempt {} at {}: {}", f.instance, f.call,
                         f.attempt, in_text(f.at), what);
    };
    switch (f.what) {
      case client_fact::kind::started: last_chain[call] = -1; break;
      case client_fact::kind::sent: {
        r.that(!refuses(f.chain), [&] { return told("sent through an open breaker"); });
        for (int skipped = last_chain[call] + 1; skipped < f.chain; ++skipped)
          r.that(refuses(static_cast<std::size_t>(skipped)),
                 [&] { return told("passed over a model whose breaker was not open"); });
        on_sent(all[{f.instance, f.chain}], f);
        last_chain[call] = f.chain;
        break;
      }
      case client_fact::kind::ended:
        on_ended(all[{f.instance, f.chain}], f, g.client.policy);
        break;
      case client_fact::kind::finished: {
        if (f.why == stop_reason::breaker) {
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
