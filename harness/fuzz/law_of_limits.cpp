// What an instance remembers between calls, kept a second time: retry budgets as plain lists of
// what went in and out, and how many attempts are under way.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "harness/fuzz/checkers.hpp"
#include "harness/fuzz/promises.hpp"

namespace stampede {
namespace {

using kind = retry_budget_kind;

// One budget, in thousandths of its own unit.
struct purse {
  std::int64_t tokens = 0;
  std::set<std::uint64_t> permits;                     // calls that hold one (envoy)
  std::deque<std::pair<instant, std::int64_t>> moves;  // finagle, tower
  std::vector<instant> calls, counted;                 // the ratios
};

std::int64_t per_retry(const retry_budget_policy& p) {
  if (p.ratio_milli == 0) return 1;
  return p.kind == kind::tower ? 1000 / p.ratio_milli : 1'000'000 / p.ratio_milli;
}

std::int64_t per_call(const retry_budget_policy& p) {
  if (p.ratio_milli == 0) return 0;
  return p.kind == kind::tower ? 1 : 1000;
}

// Whether `then` is within the window, by tenths of it.
bool recent(instant then, instant now, duration window) {
  const std::int64_t tenth = window.count() / 10;
  if (tenth == 0) return true;
  return now.time_since_epoch().count() / tenth - then.time_since_epoch().count() / tenth < 10;
}

std::int64_t recent_of(const std::vector<instant>& all, instant now, duration window) {
  return std::count_if(all.begin(), all.end(), [&](instant t) { return recent(t, now, window); });
}

bool affords(const purse& b, const retry_budget_policy& p, outcome result, std::size_t under_way,
             instant now) {
  switch (p.kind) {
    case kind::none: return true;
    case kind::aws: {
      const std::int64_t cost = result == outcome::timed_out      ? p.timeout_cost
                                : result == outcome::rate_limited ? p.throttled_cost
                                                                  : p.cost;
      return b.tokens >= 1000 * cost;
    }
    case kind::grpc: return b.tokens > 500 * std::int64_t{p.capacity};
    case kind::token_bucket: return b.tokens > 1000;
    case kind::envoy: {
      const auto share = static_cast<std::int64_t>(under_way) * p.ratio_milli / 1000;
      return static_cast<std::int64_t>(b.permits.size()) <
             std::max<std::int64_t>(share, p.min_concurrent);
    }
    case kind::finagle:
    case kind::tower: {
      const std::int64_t ms = p.window.count() / 1'000'000;
      std::int64_t balance = p.min_per_s * per_retry(p) * ms / 1000;
      for (const auto& [when, amount] : b.moves)
        if (recent(when, now, p.window)) balance += amount;
      return balance >= per_retry(p);
    }
    case kind::retry_ratio:
      return 1000 * (recent_of(b.counted, now, p.window) + 1) <=
             recent_of(b.calls, now, p.window) * p.ratio_milli;
    case kind::failure_ratio:
      return 1000 * recent_of(b.counted, now, p.window) <=
             recent_of(b.calls, now, p.window) * p.ratio_milli;
  }
  return true;
}

void add(purse& b, const retry_budget_policy& p, std::int64_t milli) {
  b.tokens = std::clamp<std::int64_t>(b.tokens + milli, 0, 1000 * std::int64_t{p.capacity});
}

void on_call(purse& b, const retry_budget_policy& p, instant now) {
  if (p.kind == kind::token_bucket) add(b, p, p.ratio_milli);
  if (p.kind == kind::finagle || p.kind == kind::tower) b.moves.emplace_back(now, per_call(p));
  b.calls.push_back(now);
}

// What a retry takes; of aws, how many tokens.
std::int64_t take(purse& b, const retry_budget_policy& p, outcome result, std::uint64_t call,
                  instant now) {
  std::int64_t taken = 0;
  if (p.kind == kind::aws)
    taken = result == outcome::timed_out      ? p.timeout_cost
            : result == outcome::rate_limited ? p.throttled_cost
                                              : p.cost;
  if (p.kind == kind::aws) add(b, p, -1000 * taken);
  if (p.kind == kind::token_bucket) add(b, p, -1000);
  if (p.kind == kind::envoy) b.permits.insert(call);
  if (p.kind == kind::finagle || p.kind == kind::tower) b.moves.emplace_back(now, -per_retry(p));
  if (p.kind == kind::retry_ratio) b.counted.push_back(now);
  return taken;
}

using attempt_name = std::pair<std::uint64_t, std::uint16_t>;

std::map<attempt_name, const attempt_record*> records_of(const evidence& seen) {
  std::map<attempt_name, const attempt_record*> all;
  for (const attempt_record& a : seen.attempts)
    all[{call_entity(a.instance.value, a.call), a.attempt}] = &a;
  return all;
}

}  // namespace

void check_retry_budget(const case_file& file, ruling& r) {
  const auto records = records_of(file.seen);
  std::map<std::uint32_t, purse> purses;
  std::map<std::uint32_t, std::size_t> under_way;  // by instance
  std::map<std::uint64_t, std::int64_t> taken;     // by the call's last retry
  std::map<std::uint64_t, std::uint8_t> chain_of;  // where in its chain of models a call is
  for (const client_fact& f : file.seen.client) {
    const group_setup& g = file.seen.group_of(f.instance);
    const client_policy& policy = g.client.policy;
    const retry_budget_policy& p = policy.retry_budget;
    if (p.kind == kind::none || !rounds_are_told(policy)) continue;
    // A retry that is refused gives its permit back and the next model is asked: where that one
    // may have to wait, too, nobody sees when.
    const bool waits = policy.concurrency.kind != concurrency_kind::none ||
                       policy.throttle.kind != throttle_kind::none;
    if (p.kind == kind::envoy && waits && !policy.fallback.empty()) continue;
    const std::uint32_t owner = p.shared ? g.first_instance : f.instance;
    const auto [at, fresh] = purses.try_emplace(owner);
    purse& b = at->second;
    if (fresh) b.tokens = 1000 * std::int64_t{p.capacity};
    const std::uint64_t call = call_entity(f.instance, f.call);
    if (f.what == client_fact::kind::started) on_call(b, p, f.at);
    if (f.what == client_fact::kind::sent) {
      ++under_way[f.instance];
      // The permit was for a retry with the model before, whatever the next one is called.
      if (f.attempt > 1 && chain_of[call] != f.chain) b.permits.erase(call);
      chain_of[call] = f.chain;
    }
    if (f.what == client_fact::kind::finished) b.permits.erase(call);
    if (f.what != client_fact::kind::ended) continue;
    --under_way[f.instance];
    b.permits.erase(call);
    const auto record = records.find({call, f.attempt});
    if (record == records.end() || record->second->decided == decision::ignore) continue;
    const attempt_record& a = *record->second;
    if (a.kind == classification::success && p.kind == kind::aws)
      add(b, p, 1000 * (taken[call] > 0 ? taken[call] : p.refund));
    if (a.kind == classification::success && p.kind == kind::grpc) add(b, p, p.ratio_milli);
    if (a.kind == classification::transient && p.kind == kind::grpc) add(b, p, -1000);
    if (a.kind == classification::transient && p.kind == kind::failure_ratio)
      b.counted.push_back(f.at);
    const bool granted = a.decided == decision::retry && a.waits_for != wait_reason::layer;
    const bool refused = a.why == stop_reason::retry_budget;
    if (a.waits_for == wait_reason::layer) on_call(b, p, f.at), taken[call] = 0;
    if (!granted && !refused) continue;
    const bool there = affords(b, p, a.result, under_way[f.instance], f.at);
    r.that(there == granted, [&] {
      return fmt::format("instance {}, call {}, attempt {} at {}: a retry was {}, {} milli-tokens",
                         f.instance, f.call, f.attempt, in_text(f.at),
                         granted ? "granted" : "refused", b.tokens);
    });
    if (granted) taken[call] = take(b, p, a.result, call, f.at);
  }
}

void check_concurrency(const case_file& file, ruling& r) {
  std::map<std::uint32_t, std::uint32_t> under_way;
  for (const client_fact& f : file.seen.client) {
    const concurrency_policy& p = file.seen.group_of(f.instance).client.policy.concurrency;
    if (p.kind == concurrency_kind::none) continue;
    std::uint32_t& n = under_way[f.instance];
    if (f.what == client_fact::kind::ended) --n;
    if (f.what != client_fact::kind::sent) continue;
    const std::uint32_t most = p.kind == concurrency_kind::fixed ? p.limit : p.most;
    r.that(++n <= most, [&] {
      return fmt::format("instance {}, call {}, attempt {} at {}: number {} under way of {}",
                         f.instance, f.call, f.attempt, in_text(f.at), n, most);
    });
  }
}

}  // namespace stampede
