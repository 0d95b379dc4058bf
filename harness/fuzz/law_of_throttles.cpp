// Throttles, kept a second time: what asked, what was answered and what was retried, as lists.
// Which attempts leave, when, and which are refused then follows to the nanosecond, or, where a
// bucket of tokens is made of doubles, to the microsecond.
//
// An attempt asks when its call starts or its wait is over; that is seen where nothing else may
// hold it back: no breaker, no queue, no outer layer, and no pacing of calls whose tokens would
// come later.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "core/draw.hpp"
#include "harness/fuzz/checkers.hpp"
#include "harness/fuzz/promises.hpp"

namespace stampede {
namespace {

using kind = throttle_kind;
__extension__ using u128 = unsigned __int128;

constexpr duration hair = std::chrono::microseconds(1);

double in_seconds(instant t) { return to_seconds(t - run_start); }

// Instants that are forgotten after a window, a slot of it at a time.
struct recently {
  std::deque<instant> all;

  std::int64_t count(instant now, duration window, std::int64_t slots) {
    const std::int64_t width = window.count() / slots;
    const auto slot = [&](instant t) { return width ? t.time_since_epoch().count() / width : 0; };
    while (!all.empty() && slot(now) - slot(all.front()) >= slots) all.pop_front();
    return static_cast<std::int64_t>(all.size());
  }
};

// What botocore's "adaptive" and the line know of tokens: they fill at a rate up to a capacity, and
// may be owed.
struct tokens {
  double held = 0;
  double at = 0;

  void fill(double rate, double capacity, double now) {
    held = std::min(capacity, held + (now - at) * rate);
    at = now;
  }
  double leaves(double rate, double capacity, double now) {
    fill(rate, capacity, now);
    held -= 1;
    return held < 0 ? now - held / rate : now;
  }
};

double cube_root(double x) {
  double low = 0, high = x + 1;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (middle * middle * middle < x ? low : high) = middle;
  }
  return low;
}

// One throttle, of an instance or its group.
struct brake {
  recently requests, accepts, retries;
  tokens bucket;
  bool on = false;
  instant above = run_start;        // the line
  double rate = 0, measured = 0;    // aws_adaptive
  double w_max = 0, slowed_at = 0;  // its CUBIC
  std::int64_t half_second = 0, answers_in_it = 0;
  bool lost = false;  // too close to call

  struct pass {
    bool refused = false;
    double from = 0;  // seconds
  };

  pass ask(const throttle_policy& p, bool first, instant now, std::uint64_t bits) {
    const double t = in_seconds(now);
    switch (p.kind) {
      case kind::none: break;
      case kind::google_sre: return {refuses(p, now, bits), t};
      case kind::aws_adaptive:
        if (!on) break;
        return {false, bucket.leaves(std::max(rate, 0.5), std::max(rate, 1.0), t)};
      case kind::retry_line:
        if (on && now >= after(above, p.hold)) on = false;
        if (!on || !first) break;
        return {false, bucket.leaves(static_cast<double>(p.rate_micro) / 1e6, 1, t)};
    }
    return {false, t};
  }
  // (requests - k accepts) / (requests + padding), against bits / 2^64.
  bool refuses(const throttle_policy& p, instant now, std::uint64_t bits) {
    const std::int64_t n = requests.count(now, p.window, 100);
    const std::int64_t excess = 1000 * n - accepts.count(now, p.window, 100) * p.k_milli;
    requests.all.push_back(now);
    return excess > 0 && static_cast<u128>(bits) * static_cast<u128>(1000 * (n + p.padding)) <
                             static_cast<u128>(excess) << 64;
  }
  void retried(const throttle_policy& p, instant now) {
    retries.all.push_back(now);
    if (retries.count(now, std::chrono::minutes(1), 60) <= p.line) return;
    on = true;
    above = now;
  }
  void answered(const throttle_policy& p, outcome result, instant now) {
    if (p.kind == kind::google_sre && !fails_the_service(result) && result != outcome::timed_out)
      accepts.all.push_back(now);
    if (p.kind != kind::aws_adaptive) return;
    measure(now);
    const double t = in_seconds(now);
    double wanted = 0;
    if (result == outcome::rate_limited || result == outcome::overloaded) {
      w_max = on ? std::min(measured, rate) : measured;
      wanted = 0.7 * w_max;
      slowed_at = t;
      on = true;
    } else {
      const double x = t - slowed_at - cube_root(w_max * 0.3 / 0.4);
      wanted = 0.4 * x * x * x + w_max;
    }
    bucket.fill(std::max(rate, 0.5), std::max(rate, 1.0), t);
    rate = std::min(wanted, 2 * measured);
    bucket.held = std::min(bucket.held, std::max(rate, 1.0));
  }
  void measure(instant now) {
    const std::int64_t half = now.time_since_epoch().count() / 500'000'000;
    ++answers_in_it;
    if (half <= half_second) return;
    measured = 0.2 * measured + 0.8 * static_cast<double>(2 * answers_in_it) /
                                    static_cast<double>(half - half_second);
    half_second = half;
    answers_in_it = 0;
  }
};

// A call, and what is to become of it next.
struct caller {
  enum class next { nothing, asks, leaves, is_refused };
  next is = next::nothing;
  instant at = never;  // asks: then, or later; leaves
  std::size_t chain = 0;
  std::uint16_t attempts = 0;
  instant last_start = never;
};

bool is_seen_through(const client_policy& p) {
  const kind k = p.throttle.kind;
  return k != kind::none && !p.breaker.exists() && p.concurrency.kind == concurrency_kind::none &&
         p.outer.empty() && (k == kind::google_sre || !p.pace_after_timeout);
}

class throttles {
 public:
  throttles(const case_file& file, ruling& r) : r_(r) {
    for (const attempt_record& a : file.seen.attempts)
      records_[{call_entity(a.instance.value, a.call), a.attempt}] = &a;
  }

  void take(const client_fact& f, const group_setup& g) {
    const client_policy& policy = g.client.policy;
    const throttle_policy& p = policy.throttle;
    brake& b = brakes_[p.shared ? g.first_instance : f.instance];
    if (b.lost) return;
    const std::uint64_t call = call_entity(f.instance, f.call);
    caller& c = callers_[call];
    switch (f.what) {
      case client_fact::kind::started:
        c.last_start = promised_last_start(policy, f.at, f.intended);
        // Who is paced asks when its wait is over; what asked is then what is sent.
        if (policy.pace_after_timeout)
          c.is = caller::next::asks, c.at = f.at;
        else
          ask(b, c, f, g);
        break;
      case client_fact::kind::woken:
        if (!policy.pace_after_timeout && c.is == caller::next::asks && f.at >= c.at)
          ask(b, c, f, g);
        break;
      case client_fact::kind::sent:
        if (c.is == caller::next::asks) ask(b, c, f, g);
        check_sent(b, c, f);
        c.is = caller::next::nothing;
        c.attempts = f.attempt;
        if (f.attempt > 1 && p.kind == kind::retry_line) b.retried(p, f.at);
        break;
      case client_fact::kind::ended: ended(b, c, f, g); break;
      case client_fact::kind::finished:
        if (c.is == caller::next::asks && f.why == stop_reason::throttle) ask(b, c, f, g);
        check_finished(b, c, f);
        callers_.erase(call);
        break;
    }
  }

 private:
  // The call's attempt asks, then that of its next model, until one may leave.
  void ask(brake& b, caller& c, const client_fact& f, const group_setup& g) {
    c.is = caller::next::nothing;
    if (f.at > c.last_start) return;  // too late for anything
    const throttle_policy& p = g.client.policy.throttle;
    for (; c.chain < g.client.models.size(); ++c.chain) {
      const std::uint64_t bits = draw({.seed = g.client.seed,
                                       .replication = g.client.replication,
                                       .entity = call_entity(f.instance, f.call),
                                       .why = purpose::throttle,
                                       .index = std::uint64_t{c.attempts} << 8 | c.chain});
      const brake::pass pass = b.ask(p, c.attempts == 0, f.at, bits);
      if (pass.refused) continue;
      const double wait = std::min(1e9, pass.from - in_seconds(f.at));
      const instant from = after(f.at, duration{static_cast<std::int64_t>(wait * 1e9)});
      const duration left = c.last_start == never ? forever : c.last_start - from;
      if (left > -hair && left < hair && wait > 0) b.lost = true;
      if (left >= duration::zero()) {
        c.is = caller::next::leaves;
        c.at = from;
        return;
      }
      b.bucket.held += 1;  // its token would come too late: it is not taken
    }
    c.is = caller::next::is_refused;
    c.at = f.at;
  }

  void check_sent(const brake& b, const caller& c, const client_fact& f) {
    const bool exact = c.is == caller::next::leaves && f.chain == c.chain && f.at >= c.at - hair &&
                       f.at <= c.at + hair;
    r_.that(exact || b.lost,
            [&] { return fmt::format("{} sent to model {}, {}", name(f), f.chain, promise(c)); });
  }

  void check_finished(brake& b, const caller& c, const client_fact& f) {
    // A caller that leaves while it waits for its token, or because it waits, gives it back.
    const bool throttled = f.why == stop_reason::throttle;
    if (c.is == caller::next::leaves && !throttled) b.bucket.held += 1;
    r_.that(b.lost || throttled == (c.is == caller::next::is_refused),
            [&] { return fmt::format("{} ended, {}", name(f), promise(c)); });
  }

  void ended(brake& b, caller& c, const client_fact& f, const group_setup& g) {
    const auto found = records_.find({call_entity(f.instance, f.call), f.attempt});
    if (found == records_.end() || found->second->decided == decision::ignore) return;
    const attempt_record& a = *found->second;
    b.answered(g.client.policy.throttle, f.result, f.at);
    c.chain = f.chain;
    if (a.decided == decision::retry) {
      c.is = caller::next::asks;
      c.at = after(f.at, a.wait);
    } else if (a.decided == decision::fall_back) {
      ++c.chain;
      ask(b, c, f, g);
    }
  }

  static std::string name(const client_fact& f) {
    return fmt::format("instance {}, call {}, attempt {} at {}:", f.instance, f.call, f.attempt,
                       in_text(f.at));
  }
  static std::string promise(const caller& c) {
    switch (c.is) {
      case caller::next::leaves:
        return fmt::format("its throttle lets it go to model {} at {}", c.chain, in_text(c.at));
      case caller::next::is_refused: return "its throttle refuses it at " + in_text(c.at);
      default: return "its throttle has not been asked";
    }
  }

  ruling& r_;
  std::map<std::pair<std::uint64_t, std::uint16_t>, const attempt_record*> records_;
  std::map<std::uint32_t, brake> brakes_;
  std::map<std::uint64_t, caller> callers_;
};

}  // namespace

void check_throttle(const case_file& file, ruling& r) {
  throttles all(file, r);
  for (const client_fact& f : file.seen.client) {
    const group_setup& g = file.seen.group_of(f.instance);
    if (is_seen_through(g.client.policy)) all.take(f, g);
  }
}

}  // namespace stampede
