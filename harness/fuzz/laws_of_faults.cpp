// Which requests a fault takes, and what becomes of those it took.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/draw.hpp"
#include "harness/fuzz/checkers.hpp"
#include "harness/fuzz/server_reading.hpp"

namespace stampede {
namespace {

struct fault_desk {
  const case_file& file;
  const run_plan& plan;
  std::vector<fault_reading> faults;

  explicit fault_desk(const case_file& f)
      : file(f), plan(*f.seen.plan), faults(read_faults(*f.seen.plan)) {}

  // Whether fault `i`, asked about `x` at `at`, may take it, but for its count and its memory.
  bool gate_is_open(std::size_t i, const exchange_record& x, instant at) const {
    const fault_reading& f = faults[i];
    if (at < f.from || at >= f.to) return false;
    if (f.model && *f.model != x.model) return false;
    if (f.stream && *f.stream != file.seen.group_of(x.instance).plan.workload.stream) return false;
    if (f.attempt && *f.attempt != x.attempt) return false;
    if (f.instance && *f.instance != x.instance) return false;
    if (f.path && *f.path != "/chat/completions") return false;
    // At the edge nobody has looked at a key yet.
    if (f.key && (f.at_the_edge() || *f.key != fleet_key(plan))) return false;
    const std::uint64_t bits = draw({.seed = plan.seed,
                                     .replication = 0,
                                     .entity = call_entity(x.instance, x.call),
                                     .why = purpose::fault,
                                     .index = x.attempt | std::uint64_t{i} << 16});
    return unit_interval(bits) < f.ratio;
  }

  // Where the request stood when the fault was asked: edge, admission, answer.
  int stage(std::size_t i) const {
    return faults[i].at_the_edge() ? 0 : faults[i].of_the_answer() ? 2 : 1;
  }

  // Before a fault of admission is asked: its body or key was no good, or its key had too
  // many requests open.
  bool turned_away(const exchange_record& x) const {
    if (x.fault >= 0 || x.started != never || x.ended != x.arrived) return false;
    const bool invalid = x.status == 400 || x.status == 401 || x.status == 422;
    return invalid || (plan.server.account_concurrency > 0 && x.status == 429);
  }
};

std::string told(const exchange_record& x, std::size_t i, const fault_reading& f,
                 std::string_view what) {
  return fmt::format("{}, fault {} ({}): {}", name_of(x), i, f.kind, what);
}

// Whom a rate_limit remembers.
std::uint64_t caller_of(const exchange_record& x, const fault_reading& f) {
  if (f.scope == "key") return 0;
  return f.scope == "instance" ? x.instance : call_entity(x.instance, x.call);
}

// Tokens as they should be: so many at once, then at the rate.
class bucket {
 public:
  explicit bucket(const fault_reading& f)
      : rate_(*f.admit), most_(static_cast<double>(f.burst)), tokens_(most_) {}
  double at(instant now) {
    tokens_ = std::min(most_, tokens_ + rate_ * to_seconds(now - last_));
    last_ = now;
    return tokens_;
  }
  void take() { tokens_ -= 1; }

 private:
  double rate_;
  double most_;
  double tokens_;
  instant last_ = run_start;
};

// One fault's requests in order: those it took, and those it should have.
void check_gate(const fault_desk& desk, std::size_t i, ruling& r) {
  const fault_reading& f = desk.faults[i];
  std::map<std::uint64_t, instant> away;  // until when, of callers a rate_limit refused
  std::int64_t taken = 0;
  for (const exchange_record& x : desk.file.seen.exchanges) {
    if (x.fault != static_cast<int>(i)) continue;
    if (f.kind == "rate_limit" && f.remembered != no_duration) {
      instant& until = away[caller_of(x, f)];
      if (x.arrived < until) continue;  // came back too early: refused again, whatever the gate
      until = x.arrived + f.remembered;
    }
    ++taken;
    const instant asked = f.of_the_answer() ? x.started : x.arrived;
    r.that(asked != never && desk.gate_is_open(i, x, asked),
           [&] { return told(x, i, f, "taken through a closed gate"); });
    r.that(!f.count || taken <= *f.count, [&] { return told(x, i, f, "more than its count"); });
  }
}

void check_missed(const fault_desk& desk, std::size_t i, ruling& r) {
  const fault_reading& f = desk.faults[i];
  for (const exchange_record& x : desk.file.seen.exchanges) {
    if (!f.takes_all(x)) continue;
    const instant asked = f.of_the_answer() ? x.started : x.arrived;
    if (asked == never || !desk.gate_is_open(i, x, asked)) continue;
    const auto by = static_cast<std::size_t>(x.fault);
    const bool taken = x.fault >= 0 && std::pair(desk.stage(by), by) <= std::pair(desk.stage(i), i);
    r.that(taken || (!f.at_the_edge() && desk.turned_away(x)),
           [&] { return told(x, i, f, fmt::format("not taken, but {}", x.fault)); });
  }
}

void check_rate(const fault_desk& desk, std::size_t i, ruling& r) {
  const fault_reading& f = desk.faults[i];
  if (f.kind != "rate_limit" || !f.admit || f.count) return;
  // A 429 of the key's concurrency, which comes before the fault, looks like one of the queue.
  if (desk.plan.server.account_concurrency > 0) return;
  // What is still worked on for clients that left has no record yet, and may have been admitted.
  if (desk.file.seen.exchanges.size() != desk.file.seen.requests.size()) return;
  constexpr double rounding = 0.01;
  bucket tokens(f);
  std::map<std::uint64_t, instant> away;
  for (const exchange_record& x : desk.file.seen.exchanges) {
    const auto by = static_cast<std::size_t>(x.fault);
    const bool asked_before = x.fault >= 0 && std::pair(desk.stage(by), by) < std::pair(1, i);
    if (asked_before || desk.turned_away(x)) continue;
    instant& until = away[caller_of(x, f)];
    if (x.arrived < until || !desk.gate_is_open(i, x, x.arrived)) continue;
    const double left = tokens.at(x.arrived);
    if (by == i) {
      if (f.remembered != no_duration) until = x.arrived + f.remembered;
      r.that(left < 1 + rounding,
             [&] { return told(x, i, f, fmt::format("refused with {} permits left", left)); });
    } else {
      tokens.take();
      r.that(left > 1 - rounding,
             [&] { return told(x, i, f, fmt::format("admitted with {} permits left", left)); });
    }
  }
}

bool stays_out(const exchange_record& x, std::int16_t status) {
  return x.status == status && x.started == never && x.ended == x.arrived && x.charge == pico_usd{};
}

bool line_fits(const fault_reading& f, const exchange_record& x) {
  const auto line = f.line_for(x);
  if (!line) return true;
  if (*line == "ok") return false;
  const bool refuses = *line >= "4" && *line < "6";
  return !refuses || stays_out(x, static_cast<std::int16_t>(std::stoi(*line)));
}

// What the fault did to the exchange, while the client stayed.
bool effect_fits(const fault_reading& f, const exchange_record& x) {
  if (f.kind == "status" || f.at_the_edge() || f.kind == "rate_limit")
    return stays_out(x, f.status);
  if (f.kind == "sequence") return line_fits(f, x);
  if (f.of_the_answer()) return x.started != never;
  const instant least = after(x.arrived, f.length.value_or(duration::zero()));
  if (x.started != never) return x.started >= least && (f.kind == "latency" || f.then == "answer");
  if (x.peer_left) return true;
  if (f.breaks()) return x.ended == least && x.status == 0;
  if (f.kind == "latency" || f.then == "answer") return x.ended >= least;
  const bool on_time = !f.length || x.ended == least;
  const std::int16_t status = f.then == "429"                                        ? 429
                              : f.then == "503"                                      ? 503
                              : f.silent && (f.then == "close" || f.then == "reset") ? 0
                                                                                     : 200;
  return on_time && x.status == status;
}

// What the client made of an answer whose connection may have been broken off.
bool break_fits(const exchange_record& x, const attempt_record& a, std::string_view ending) {
  if (x.whole) return a.result == outcome::success;
  if (ending == "reset") return a.result == outcome::connection_reset;
  if (ending == "close") return a.result == outcome::connection_closed;
  return a.result != outcome::success;
}

// The same, of the faults of the answer alone.
bool answer_belief_fits(const fault_reading& f, const exchange_record& x, const attempt_record& a) {
  if (f.kind == "empty_content") return a.result == outcome::empty_content;
  // What has fewer tokens than the fault lets through is not cut.
  if (f.kind == "insufficient_resource")
    return a.result == outcome::insufficient_resource || a.result == outcome::success;
  if (f.kind == "truncate")
    return break_fits(x, a, f.ending) && (f.ending != "clean" || a.status == 200);
  if (f.breaks()) return break_fits(x, a, f.kind);
  // Without a hold the answer is silent for ever: what the client makes of it is its own affair.
  if (f.kind == "stall") return break_fits(x, a, f.length ? f.then : "");
  if (f.kind == "missing_finish")  // which may be the [DONE] of a stream alone
    return a.result == outcome::missing_finish || a.result == outcome::missing_done;
  if (f.kind == "malformed_json" || f.kind == "error_event")
    return a.status == 200 && a.result != outcome::success;
  return true;
}

// What the client made of it, where it waited for the end.
bool belief_fits(const fault_reading& f, const exchange_record& x, const attempt_record& a) {
  const auto refused = [&](std::int16_t status, duration longest) {
    const bool as_it_is = longest < duration::zero();  // none, or a negative one
    const bool fits = as_it_is ? a.retry_after == longest
                               : a.retry_after >= duration::zero() && a.retry_after <= longest;
    return a.status == status && fits;
  };
  if (f.kind == "rate_limit") return refused(f.status, f.retry_after);
  if (f.kind == "status" || f.kind == "outage")
    return refused(f.status, f.retry_after) && a.retry_after == f.retry_after;
  if (f.kind == "wrong_type")
    return a.status == f.status && a.retry_after == f.retry_after && a.result != outcome::success;
  if (f.breaks() && !f.cuts) return break_fits(x, a, f.kind);
  const bool broken_off = f.then == "close" || f.then == "reset";
  if (f.kind == "queue_hang" && broken_off && x.started == never) return break_fits(x, a, f.then);
  if (f.kind == "queue_hang" && (f.then == "empty" || f.then == "error"))
    return a.status == 200 && a.result != outcome::success;
  return !f.of_the_answer() || answer_belief_fits(f, x, a);
}

}  // namespace

void check_fault_gates(const case_file& file, ruling& r) {
  const fault_desk desk(file);
  for (std::size_t i = 0; i < desk.faults.size(); ++i) {
    check_gate(desk, i, r);
    check_missed(desk, i, r);
    check_rate(desk, i, r);
  }
}

void check_fault_effects(const case_file& file, ruling& r) {
  const fault_desk desk(file);
  const requests_by_call requests(file.seen);
  for (const exchange_record& x : file.seen.exchanges) {
    if (x.fault < 0) continue;
    const auto i = static_cast<std::size_t>(x.fault);
    const fault_reading& f = desk.faults[i];
    r.that(effect_fits(f, x), [&] {
      return told(x, i, f,
                  fmt::format("status {}, started at {}, ended at {}", x.status, in_text(x.started),
                              in_text(x.ended)));
    });
  }
  for (const call_story& c : file.calls) {
    const auto serials = requests.of(c.instance, c.call);
    for (std::size_t k = 0; k < serials.size() && k < c.attempts.size(); ++k) {
      const exchange_record* x = exchange_of(file.seen, serials[k]);
      if (!x || x->fault < 0 || x->peer_left || c.ended[k]->cancelled) continue;
      const auto i = static_cast<std::size_t>(x->fault);
      const attempt_record& a = c.attempts[k];
      r.that(belief_fits(desk.faults[i], *x, a), [&] {
        return told(*x, i, desk.faults[i],
                    fmt::format("the client saw {}, status {}, Retry-After {} ns",
                                stampede::name_of(a.result), a.status, a.retry_after.count()));
      });
    }
  }
}

}  // namespace stampede
