#include "harness/live/fleet.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/check.hpp"
#include "harness/workload.hpp"

namespace stampede {
namespace {

// What a wake-up is for: an instance's next arrival, one of its calls, or the end of the run.
constexpr wakeup_loop::token arrival_flag = std::uint64_t{1} << 63;
constexpr wakeup_loop::token drain_token = ~std::uint64_t{0};

wakeup_loop::token call_token(std::size_t member, std::uint32_t slot) {
  return (static_cast<std::uint64_t>(member) << 32) | slot;
}

}  // namespace

struct fleet::member {
  member(const group_setup& g, std::uint32_t index, std::uint64_t seed, record_sink& records,
         session_pool& sessions)
      : group(g),
        number(g.first_instance + index),
        client(g.client, instance_id{number}, records, sessions),
        coming(g.plan.arrivals, {.seed = seed,
                                 .replication = 0,
                                 .instances = g.plan.instances,
                                 .index = index,
                                 .instance = number}) {}

  const group_setup& group;
  std::uint32_t number;
  client_instance client;
  arrivals coming;
  std::unique_ptr<transport> wire;
  instant next_arrival = never;
};

fleet::fleet(boost::asio::io_context& io, const run_plan& plan, const wall_clock& clock,
             endpoint where, record_sink& records, client_observer* observer)
    : plan_(plan),
      clock_(clock),
      where_(std::move(where)),
      wakeups_(io, clock, [this](wakeup_loop::token t, instant now) { on_due(t, now); }),
      arrivals_end_(after(run_start, plan.what.length)),
      drain_end_(after(arrivals_end_, plan.what.drain)) {
  for (const group_setup& g : plan.groups)
    for (std::uint32_t i = 0; i < g.plan.instances; ++i) {
      auto m = std::make_unique<member>(g, i, plan.seed, records, sessions_);
      m->client.observe(observer);
      m->wire = std::make_unique<transport>(
          io, where_, nullptr, [this, raw = m.get()](call_id call, const client_event& event) {
            feed(*raw, call, event, clock_.now());
          });
      members_.push_back(std::move(m));
    }
}

fleet::~fleet() = default;

void fleet::start() {
  wakeups_.arm(drain_token, drain_end_);
  for (const auto& m : members_) schedule_arrival(*m, m->coming.next());
  end_if_done(run_start);
}

void fleet::stop() {
  if (stopped_) return;
  stopped_ = true;
  const instant now = clock_.now();
  for (const auto& m : members_) {
    effects_.clear();
    m->client.stop(now, effects_);
    carry_out(*m, {}, now);
    m->wire->close();
  }
  ended_ = now;
  wakeups_.stop();
}

void fleet::on_due(wakeup_loop::token token, instant now) {
  if (token == drain_token) return stop();
  member& m = *members_[(token & ~arrival_flag) >> 32];
  if (token & arrival_flag) return on_arrival(m, now);
  const auto slot = static_cast<std::uint32_t>(token);
  if (slot < calls_.size()) feed(m, calls_[slot], wakeup{}, now);
}

void fleet::schedule_arrival(member& m, instant at) {
  m.next_arrival = at >= arrivals_end_ ? never : at;
  if (m.next_arrival == never) return;
  ++arrivals_pending_;
  wakeups_.arm(arrival_flag | call_token(m.number, 0), at);
}

void fleet::on_arrival(member& m, instant now) {
  const instant intended = m.next_arrival;
  --arrivals_pending_;
  // Before the call starts: it may end at once, and the run with it.
  if (!m.coming.closed_loop()) schedule_arrival(m, m.coming.next());
  start_call(m, intended, now);
}

void fleet::start_call(member& m, instant intended, instant now) {
  const call_id id = m.client.next_id();
  if (id.slot >= calls_.size()) calls_.resize(id.slot + 1);
  calls_[id.slot] = id;
  ++under_way_;
  effects_.clear();
  m.client.start(id, {.intended = intended, .thinking = m.group.plan.workload.thinking}, now,
                 effects_);
  carry_out(m, id, now);
}

void fleet::feed(member& m, call_id call, const client_event& event, instant now) {
  if (stopped_) return;
  effects_.clear();
  m.client.on(call, event, now, effects_);
  carry_out(m, call, now);
}

void fleet::carry_out(member& m, call_id fed, instant now) {
  // A call of this list never starts another, so the list does not grow under the loop.
  for (const client_effect& effect : effects_) {
    if (const auto* s = std::get_if<send_attempt>(&effect)) {
      send(m, *s);
      if (s->call != fed && !stopped_)  // it had waited for a slot
        wakeups_.arm(call_token(m.number, s->call.slot), m.client.next_wakeup(s->call));
    } else if (const auto* c = std::get_if<cancel_attempt>(&effect)) {
      m.wire->cancel(c->call, c->attempt);
    } else if (const auto* r = std::get_if<rearm>(&effect)) {
      if (!stopped_)
        wakeups_.arm(call_token(m.number, r->call.slot), m.client.next_wakeup(r->call));
    } else if (std::holds_alternative<finish>(effect)) {
      --under_way_;
      calls_finished_.fetch_add(1, std::memory_order_relaxed);
      if (m.coming.closed_loop() && !stopped_) schedule_arrival(m, m.coming.after_answer(now));
    }
  }
  if (stopped_) return;
  wakeups_.arm(call_token(m.number, fed.slot), m.client.next_wakeup(fed));
  end_if_done(now);
}

void fleet::send(member& m, const send_attempt& e) {
  attempts_sent_.fetch_add(1, std::memory_order_relaxed);
  const workload_plan& w = m.group.plan.workload;
  const workload_key key{plan_.seed, 0, m.number};
  const token_usage usage = declared_usage(w, key, e.call.serial);
  outgoing_request request;
  request.target = "/chat/completions";
  request.api_key = m.group.plan.api_key;
  request.expected = {.stream = w.stream, .json_mode = w.json_mode};
  request.body =
      request_body(request_of(w, key, e.call.serial, m.group.client.models[e.chain].name));
  request.headers = {
      {"x-stampede-call", fmt::format("{}-{}", m.number, e.call.serial)},
      {"x-stampede-workload",
       fmt::format("hit={} miss={} output={} work_ns={}", usage.hit, usage.miss, usage.output,
                   declared_work(w, key, e.call.serial, e.attempt).count())}};
  m.wire->send(e.call, e.attempt, std::move(request));
}

void fleet::end_if_done(instant now) {
  if (under_way_ != 0 || arrivals_pending_ != 0 || stopped_) return;
  stopped_ = true;
  ended_ = now;
  for (const auto& m : members_) m->wire->close();
  wakeups_.stop();
}

}  // namespace stampede
