#include "harness/sim/sim_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/check.hpp"
#include "core/prefetch.hpp"

namespace stampede {
namespace {

// A request as the server reads it from the client's own bytes; what differs from call to
// call is set for each.
server_request read_template(const group_setup& g, const std::string& model) {
  const std::string body = request_body(request_of(g.plan.workload, {}, 0, model));
  const std::string bearer = "Bearer " + g.plan.api_key;
  const std::array<header_field, 2> headers{
      {{"authorization", bearer}, {"content-type", "application/json"}}};
  server_request request = read_request("POST", "/chat/completions", headers, body);
  request.key = g.plan.api_key;
  request.path = "/chat/completions";
  request.identity.by_header = true;
  request.workload.declared = true;
  return request;
}

}  // namespace

sim_engine::member::member(const group_setup& g, std::uint32_t index, const run_plan& plan,
                           std::uint32_t replication, record_sink& records, session_pool& sessions)
    : group(&g),
      client(g.client, instance_id{g.first_instance + index}, records, sessions),
      coming(g.plan.arrivals, {.seed = plan.seed,
                               .replication = replication,
                               .instances = g.plan.instances,
                               .index = index,
                               .instance = g.first_instance + index}) {}

sim_engine::sim_engine(const run_plan& plan, const sim_options& options, record_sink& records)
    : plan_(plan),
      options_(options),
      seed_(plan.seed),
      records_(records),
      server_(plan.server, plan.make_faults(), plan.seed, options.replication, sink()),
      verdicts_(options.verify_bytes),
      arrivals_end_(after(run_start, plan.what.length)) {
  record_sink& to = sink();
  if (options.journal)
    server_.observe(options.journal);
  else
    server_.observe(options.watch_server);
  client_observer* const watcher = options.journal ? options.journal : options.watch_clients;
  std::uint32_t forms = 0;
  std::size_t instances = 0;
  for (const group_setup& g : plan.groups) instances += g.plan.instances;
  members_.reserve(instances);
  for (const group_setup& g : plan.groups) {
    std::vector<server_request> by_model;
    for (const chain_model& m : g.client.models) {
      by_model.push_back(read_template(g, m.name));
      by_model.back().form = ++forms;
    }
    requests_.push_back(std::move(by_model));
    for (std::uint32_t i = 0; i < g.plan.instances; ++i)
      members_.emplace_back(g, i, plan, options.replication, to, sessions_).client.observe(watcher);
  }
}

// Where the machines' records go: here, by way of the journal if there is one.
record_sink& sim_engine::sink() {
  return options_.journal ? options_.journal->tee(*this) : static_cast<record_sink&>(*this);
}

sim_result sim_engine::run() {
  queue_.push({.at = after(arrivals_end_, plan_.what.drain), .kind = sim_kind::end_of_drain});
  for (std::uint32_t i = 0; i < members_.size(); ++i)
    schedule_arrival(i, members_[i].coming.next(), queue_.next_order());
  std::uint64_t until_look = 0;
  while (!over()) {
    if (options_.stop && until_look-- == 0) {
      until_look = 4096;
      if (options_.stop->load()) {
        result_.interrupted = true;
        break;
      }
    }
    if (!step()) break;
    fetch_ahead();
    for (;;) {
      if (has_just_sent_) receive_just_sent();
      if (lane_.empty() || lane_.front().at > now_ || over()) break;
      deliver_next();
    }
    queue_held_back();
  }
  result_.measured = now_ - run_start;
  stop_clients();
  finish_records();
  result_.fingerprint = hash_.value();
  result_.accounts = server_.books().statements(now_);
  result_.faults = statements(server_.faults());
  result_.most_events_pending = queue_.most_pending();
  return result_;
}

// What comes next; false at the end of the drain.
bool sim_engine::step() {
  const sim_event& next = queue_.next();
  const bool server_is_next =
      server_due_ < next.at || (server_due_ == next.at && server_order_ < next.order);
  const instant due = server_is_next ? server_due_ : next.at;
  if (!lane_.empty() && lane_.front().at <= due) {
    come_to(lane_.front().at);
    deliver_next();
  } else if (server_is_next) {
    come_to(due);
    count_event();
    server_due_ = never;
    feed_server({}, server_wakeup{});
  } else {
    const sim_event e = queue_.pop();
    come_to(e.at);
    if (e.kind == sim_kind::end_of_drain) return false;
    count_event();
    dispatch(e);
  }
  return true;
}

void sim_engine::come_to(instant t) {
  if (t != now_) events_at_instant_ = 0;
  now_ = t;
}

// A request that arrives as it is sent, and meets nothing else of its instant, has no need of the
// queue: nearly all of them where the network takes no time.
void sim_engine::receive_just_sent() {
  has_just_sent_ = false;
  const bool alone =
      (lane_.empty() || lane_.front().at > now_) && queue_.next().at > now_ && server_due_ > now_;
  if (!alone) return queue_.push(just_sent_, tie_of(just_sent_));
  count_event();
  on_request(just_sent_);
}

// A run of many instances misses the cache at every event, and events far enough ahead are
// known: first what they name is fetched, then, some events later, what that points to.
void sim_engine::fetch_ahead() {
  const sim_ahead found = queue_.scout();
  if (found.kind == sim_kind::call_wakeup) {
    prefetch(members_[found.member].client);
    sessions_.prefetch(found.slot);
  } else if (found.kind == sim_kind::arrival) {
    prefetch(members_[found.member]);
  } else {
    return;
  }
  const sim_ahead old = std::exchange(scouted_[next_scouted_], found);
  next_scouted_ = (next_scouted_ + 1) % scouted_.size();
  if (old.kind == sim_kind::end_of_drain) return;  // the first round
  const client_instance& client = members_[old.member].client;
  client.prefetch();
  const std::uint32_t serial =
      old.kind == sim_kind::arrival ? client.next_id().serial : slot_of(old.slot).call.serial;
  server_.prefetch({.instance = old.member, .call = serial, .by_header = true});
}

// In two steps, too: first the port, then what it names.
void sim_engine::fetch_next_answer() {
  const std::uint32_t next = server_.next_in_work();
  if (next != next_answer_) {
    next_answer_ = next;
    answer_is_fetched_ = next == server_model::no_slot;
    if (!answer_is_fetched_) prefetch(ports_[next]);
    return;
  }
  if (answer_is_fetched_) return;
  answer_is_fetched_ = true;
  const port& p = ports_[next];
  prefetch(members_[p.member].client);
  sessions_.prefetch(p.call.slot);
}

void sim_engine::look_for_end() const {
  const std::uint64_t most = usual_at_instant + 100 * (members_.size() + under_way_);
  if (events_at_instant_ > most)
    throw endless_instant(
        fmt::format("{}: more than {} events at {:.3f} s: something retries without any delay; "
                    "give the backoff a "
                    "'base', or limit max_attempts",
                    plan_.what.name, most, to_seconds(now_)));
}

void sim_engine::dispatch(const sim_event& e) {
  switch (e.kind) {
    case sim_kind::arrival: {
      member& m = members_[e.member];
      const instant intended = m.next_arrival;
      --arrivals_pending_;
      if (m.coming.closed_loop()) return start_call(e.member, intended);
      // Its place in the queue is fetched meanwhile, and that of the call's timeout.
      const instant next = m.coming.next();
      const std::uint64_t order = queue_.next_order();
      queue_.expect(next);
      queue_.expect(after(now_, m.group->client.policy.timeout));
      start_call(e.member, intended);
      return schedule_arrival(e.member, next, order);
    }
    case sim_kind::call_wakeup: return on_wakeup(e);
    case sim_kind::peer_left: {
      port& p = ports_[e.slot];
      if (!p.open || p.serial != e.serial) return;
      p.open = false;
      left_.emplace(p.serial, attempt_name{p.member, p.call.serial, p.attempt});
      return feed_server({e.slot, e.serial}, peer_left{});
    }
    case sim_kind::request: return on_request(e);
    case sim_kind::end_of_drain: return;
  }
}

void sim_engine::deliver_next() {
  deliver(lane_.front());
  lane_.pop();
}

void sim_engine::deliver(const delivery& d) {
  count_event();
  client_effects_.clear();
  charge_known_ = d.is_end();
  charge_ = d.charge;
  member& m = members_[d.member];
  const instant due = m.client.on_news(d.call, d.news, now_, client_effects_);
  if (charge_known_) settle(name_of(d), d.charge);  // the attempt had ended before
  charge_known_ = false;
  carry_out(d.member, d.call, due);
}

// --- clients ------------------------------------------------------------------------------

void sim_engine::schedule_arrival(std::uint32_t index, instant at, std::uint64_t order) {
  member& m = members_[index];
  m.next_arrival = at >= arrivals_end_ ? never : at;
  if (m.next_arrival == never) return;
  ++arrivals_pending_;
  queue_.push_as(order, {.at = at, .member = index, .kind = sim_kind::arrival});
}

void sim_engine::start_call(std::uint32_t index, instant intended) {
  member& m = members_[index];
  const call_id id = m.client.next_id();
  ++under_way_;
  result_.most_calls_pending = std::max(result_.most_calls_pending, under_way_);
  client_effects_.clear();
  const call_request request{.intended = intended, .thinking = m.group->plan.workload.thinking};
  const instant due = m.client.start(id, request, now_, client_effects_);
  if (id.slot == slots_made_) sessions_.make_beside<call_slot>(slots_made_++);
  call_slot& slot = slot_of(id.slot);
  slot.call = id;
  slot.member = index;
  slot.at_server = false;
  slot.cancelled_attempt = 0;
  slot.usage = {};
  carry_out(index, id, due);
}

void sim_engine::feed(std::uint32_t index, call_id call, const client_event& event) {
  client_effects_.clear();
  const instant due = members_[index].client.on(call, event, now_, client_effects_);
  carry_out(index, call, due);
}

// `due`: when the call fed wants to be woken.
void sim_engine::carry_out(std::uint32_t index, call_id fed, instant due) {
  member& m = members_[index];
  for (const client_effect& effect : client_effects_) {
    if (const auto* s = std::get_if<send_attempt>(&effect)) {
      send(index, *s);
      if (s->call != fed && !stopping_)  // it had waited for a slot
        arm(index, s->call, m.client.next_wakeup(s->call));
    } else if (const auto* c = std::get_if<cancel_attempt>(&effect)) {
      cancel(*c);
    } else if (const auto* r = std::get_if<rearm>(&effect)) {
      if (!stopping_) arm(index, r->call, m.client.next_wakeup(r->call));
    } else if (const auto* f = std::get_if<finish>(&effect)) {
      --under_way_;
      if (f->call != fed) arm(index, f->call, never);
      if (m.coming.closed_loop() && !stopping_)
        schedule_arrival(index, m.coming.after_answer(now_), queue_.next_order());
    }
  }
  if (!stopping_) arm(index, fed, due);
}

void sim_engine::arm(std::uint32_t index, call_id call, instant due) {
  call_slot& slot = slot_of(call.slot);
  // What came late was for a call that is over, and another may have its slot.
  if (slot.call != call || slot.member != index) return;
  slot.due = due;
  const std::uint64_t order = queue_.next_order();
  const bool just_sent = has_just_sent_ && just_sent_.slot == call.slot;
  if (!just_sent || due <= now_) return queue_wakeup(slot, call.slot, order);
  if (held_back_ != call.slot) queue_held_back();
  held_back_ = call.slot;
  held_back_order_ = order;
}

void sim_engine::queue_wakeup(call_slot& slot, std::uint32_t number, std::uint64_t order) {
  if (slot.near_wake <= slot.due) return;  // one that comes earlier will look again
  slot.far_wake = slot.near_wake;
  slot.near_wake = slot.due;
  queue_.push_as(
      order,
      {.at = slot.due, .member = slot.member, .slot = number, .kind = sim_kind::call_wakeup});
}

void sim_engine::queue_held_back() {
  if (held_back_ == none) return;
  const std::uint32_t number = std::exchange(held_back_, none);
  queue_wakeup(slot_of(number), number, held_back_order_);
}

void sim_engine::on_wakeup(const sim_event& e) {
  call_slot& slot = slot_of(e.slot);
  if (slot.near_wake != e.at) return;  // forgotten when two earlier ones were queued
  slot.near_wake = slot.far_wake;
  slot.far_wake = never;
  if (slot.due > now_) return queue_wakeup(slot, e.slot, queue_.next_order());  // put off since
  feed(slot.member, slot.call, wakeup{});
}

void sim_engine::send(std::uint32_t index, const send_attempt& e) {
  ++result_.attempts;
  if (has_just_sent_) {
    queue_.push(just_sent_, tie_of(just_sent_));
    has_just_sent_ = false;
  }
  sim_event& request = just_sent_;
  request.at = after(now_, plan_.what.network_delay);
  request.member = index;
  request.slot = e.call.slot;
  request.serial = e.call.serial;
  request.attempt = e.attempt;
  request.kind = sim_kind::request;
  request.chain = e.chain;
  if (request.at == now_)
    has_just_sent_ = true;
  else
    queue_.push(request, tie_of(request));
}

std::uint64_t sim_engine::tie_of(const sim_event& request) const {
  return draw({seed_, options_.replication, call_entity(request.member, request.serial),
               purpose::tie, request.attempt});
}

void sim_engine::cancel(const cancel_attempt& e) {
  call_slot& slot = slot_of(e.call.slot);
  if (!slot.at_server || slot.attempt != e.attempt) {  // still on its way: see on_request
    slot.cancelled_attempt = e.attempt;
    return;
  }
  queue_.push({.at = after(now_, plan_.what.network_delay),
               .slot = slot.exchange,
               .serial = slot.exchange_serial,
               .kind = sim_kind::peer_left});
}

void sim_engine::stop_clients() {
  stopping_ = true;
  for (std::uint32_t i = 0; i < members_.size(); ++i) {
    client_effects_.clear();
    members_[i].client.stop(now_, client_effects_);
    carry_out(i, {}, never);
  }
}

sim_result run_sim(const run_plan& plan, const sim_options& options, record_sink& records) {
  return sim_engine(plan, options, records).run();
}

}  // namespace stampede
