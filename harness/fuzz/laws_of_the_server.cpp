// The server's side: one exchange a request, its slots, its queue, its time.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/fuzz/checkers.hpp"
#include "harness/fuzz/server_reading.hpp"

namespace stampede {
namespace {

constexpr duration surely_remembered = std::chrono::minutes(10);  // which attempt a call is at

// An attempt and the exchange it led to.
void check_pair(const case_file& file, const call_story& c, std::size_t k, const exchange_record& x,
                ruling& r) {
  const duration delay = file.seen.plan->what.network_delay;
  const client_fact& end = *c.ended[k];
  const instant left = after(end.at, delay);
  const auto told = [&] {
    return fmt::format("{}, over at {}: its attempt was sent at {} and over at {}{}", name_of(x),
                       in_text(x.ended), in_text(c.sent[k]->at), in_text(end.at),
                       end.cancelled ? ", cancelled" : "");
  };
  r.that(x.arrived == after(c.sent[k]->at, delay), told);
  if (end.cancelled)
    r.that(x.ended <= left || file.seen.plan->server.abandoned == abandoned_work::finish, told);
  else
    r.that(!x.peer_left && after(x.ended, delay) == end.at, told);
}

void check_call(const case_file& file, const call_story& c, std::span<const std::uint32_t> serials,
                ruling& r) {
  const duration delay = file.seen.plan->what.network_delay;
  r.that(serials.size() <= c.sent.size(), [&] {
    return fmt::format("{}: {} attempts, {} requests", name_of(c), c.sent.size(), serials.size());
  });
  bool remembered = true;
  for (std::size_t k = 0; k < c.sent.size() && k < c.ended.size(); ++k) {
    if (k >= serials.size()) {
      r.that(after(c.sent[k]->at, delay) >= file.seen.end, [&] {
        return name_of(c, c.sent[k]->attempt, c.sent[k]->at) + ": never reached the server";
      });
      continue;
    }
    const arrival_fact& request = file.seen.requests[serials[k]];
    if (k > 0 && request.at - file.seen.requests[serials[k - 1]].at >= surely_remembered)
      remembered = false;
    const exchange_record* x = exchange_of(file.seen, serials[k]);
    if (!x) {
      r.that(
          file.seen.plan->server.abandoned == abandoned_work::finish && c.ended[k]->cancelled,
          [&] { return name_of(c, c.sent[k]->attempt, c.sent[k]->at) + ": no exchange recorded"; });
      continue;
    }
    r.that(x->instance == c.instance && x->call == c.call && x->by_header &&
               (!remembered || x->attempt == k + 1),
           [&] { return fmt::format("{}: is of attempt {}", name_of(*x), k + 1); });
    check_pair(file, c, k, *x, r);
  }
}

struct edge {
  instant at;
  bool starts;
  const exchange_record* of;
};

// By time, and in one instant first what ends.
std::vector<edge> edges_of(const evidence& seen) {
  std::vector<edge> edges;
  for (const exchange_record& x : seen.exchanges) {
    if (x.started == never || x.busy == duration::zero()) continue;
    edges.push_back({x.started, true, &x});
    edges.push_back({x.started + x.busy, false, &x});
  }
  std::stable_sort(edges.begin(), edges.end(), [](const edge& a, const edge& b) {
    return a.at != b.at ? a.at < b.at : a.starts < b.starts;
  });
  return edges;
}

// A hold that has sent its 200 cannot be refused, so the queue must take it.
bool queue_may_overflow(const std::vector<fault_reading>& faults) {
  return std::any_of(faults.begin(), faults.end(), [](const fault_reading& f) {
    return f.kind == "queue_hang" && !f.silent && f.then == "answer";
  });
}

bool was_delayed(const exchange_record& x, const std::vector<fault_reading>& faults) {
  return x.fault >= 0 && faults[static_cast<std::size_t>(x.fault)].delays();
}

void check_waiting(const case_file& file, const std::vector<fault_reading>& faults, ruling& r) {
  instant last_started = run_start;
  for (const exchange_record& x : file.seen.exchanges) {
    if (was_delayed(x, faults)) continue;
    const instant waited_until = std::min(x.started, x.ended);
    r.that(waited_until - x.arrived <= file.seen.plan->server.queue_close_after,
           [&] { return fmt::format("{}: waited until {}", name_of(x), in_text(waited_until)); });
    if (x.started == never) continue;
    r.that(x.started >= last_started, [&] {
      return fmt::format("{}: started at {}, before one that came earlier", name_of(x),
                         in_text(x.started));
    });
    last_started = std::max(last_started, x.started);
  }
}

std::string state(const server_fact& f) {
  return fmt::format("at {}: {} open, {} running, {} queued", in_text(f.at), f.open, f.running,
                     f.queued);
}

}  // namespace

void check_exchanges(const case_file& file, ruling& r) {
  const requests_by_call requests(file.seen);
  std::size_t paired = 0;
  for (const call_story& c : file.calls) {
    const auto serials = requests.of(c.instance, c.call);
    paired += serials.size();
    check_call(file, c, serials, r);
  }
  r.that(paired == file.seen.requests.size(),
         [&] { return fmt::format("{} requests of no call", file.seen.requests.size() - paired); });
  for (const exchange_record& x : file.seen.exchanges) {
    const bool in_order =
        x.started == never
            ? x.busy == duration::zero()
            : x.started >= x.arrived && x.busy >= duration::zero() && x.ended >= x.started + x.busy;
    r.that(in_order && x.ended >= x.arrived && x.ended <= file.seen.end, [&] {
      return fmt::format("{}: started {}, busy for {} ns, ended {}", name_of(x), in_text(x.started),
                         x.busy.count(), in_text(x.ended));
    });
    r.that(x.serial < file.seen.requests.size() && file.seen.requests[x.serial].at == x.arrived,
           [&] { return name_of(x) + ": not when its request came"; });
  }
}

void check_slots(const case_file& file, ruling& r) {
  std::uint32_t running = 0;
  const std::vector<edge> edges = edges_of(file.seen);
  for (const edge& e : edges) {
    running += e.starts ? 1 : ~0u;
    if (!e.starts) continue;
    const auto slots = promised_slots(file.seen.plan->server, e.at);
    r.that(!slots || running <= *slots, [&] {
      return fmt::format("{}: number {} in work at {}, of {}", name_of(*e.of), running,
                         in_text(e.at), *slots);
    });
  }
}

void check_queue(const case_file& file, ruling& r) {
  const server_settings& s = file.seen.plan->server;
  const std::vector<fault_reading> faults = read_faults(*file.seen.plan);
  const bool may_overflow = queue_may_overflow(faults);
  for (const server_fact& f : file.seen.server) {
    r.that((may_overflow || f.queued <= s.queue_places) && f.queued + f.running <= f.open,
           [&] { return state(f); });
    const exchange_record* x =
        f.request == server_fact::no_request ? nullptr : exchange_of(file.seen, f.request);
    if (!x || x->fault >= 0 || x->status != s.when_full || x->started != never ||
        x->ended != x->arrived)
      continue;
    const auto slots = promised_slots(s, f.at);
    const bool full =
        f.queued >= s.queue_places && (f.queued > 0 || (slots && f.running >= *slots));
    const bool too_many = s.account_concurrency > 0 && f.open >= s.account_concurrency;
    r.that(full || (too_many && x->status == 429),
           [&] { return name_of(*x) + ": refused " + state(f); });
  }
  check_waiting(file, faults, r);
}

void check_work(const case_file& file, ruling& r) {
  const server_settings& s = file.seen.plan->server;
  const std::vector<instant> changes = capacity_changes(s);
  const auto idle = [&](const server_fact& f, instant t) {
    const auto slots = promised_slots(s, t);
    return f.queued > 0 && (!slots || f.running < *slots);
  };
  for (std::size_t i = 0; i < file.seen.server.size(); ++i) {
    const server_fact& f = file.seen.server[i];
    r.that(!idle(f, f.at), [&] { return state(f); });
    const instant next =
        i + 1 < file.seen.server.size() ? file.seen.server[i + 1].at : file.seen.end;
    for (auto t = std::upper_bound(changes.begin(), changes.end(), f.at);
         t != changes.end() && *t < next; ++t)
      r.that(!idle(f, *t),
             [&] { return fmt::format("{}, and nothing started at {}", state(f), in_text(*t)); });
  }
}

void check_conservation(const case_file& file, ruling& r) {
  duration in_system{0};
  duration busy{0};
  for (const exchange_record& x : file.seen.exchanges) {
    in_system += x.ended - x.arrived;
    busy += x.busy;
  }
  bool all_ended = true;
  for (std::uint32_t serial = 0; serial < file.seen.requests.size(); ++serial) {
    if (exchange_of(file.seen, serial)) continue;
    all_ended = false;
    in_system += file.seen.end - file.seen.requests[serial].at;
  }
  duration open{0};
  duration running{0};
  for (std::size_t i = 0; i < file.seen.server.size(); ++i) {
    const server_fact& f = file.seen.server[i];
    const instant next =
        i + 1 < file.seen.server.size() ? file.seen.server[i + 1].at : file.seen.end;
    open += f.open * (next - f.at);
    running += f.running * (next - f.at);
  }
  r.that(open == in_system, [&] {
    return fmt::format("exchanges were open for {} ns, the server held them for {} ns",
                       in_system.count(), open.count());
  });
  r.that(all_ended ? running == busy : running >= busy, [&] {
    return fmt::format("slots were held for {} ns, the server says {} ns", busy.count(),
                       running.count());
  });
}

}  // namespace stampede
