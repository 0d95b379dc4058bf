// The server's side of sim_engine: requests in, its effects on their way to the clients.
#include "harness/sim/sim_engine.hpp"

namespace stampede {
namespace {

// As the header has it: whole seconds, rounded up.
duration stated_retry_after(duration exact) {
  if (exact < duration::zero()) return no_duration;
  return duration{(exact.count() + 999'999'999) / 1'000'000'000 * 1'000'000'000};
}

}  // namespace

void sim_engine::on_request(const sim_event& e) {
  member& m = members_[e.member];
  server_request& request = requests_[m.group->client.group][e.chain];
  const workload_plan& w = m.group->plan.workload;
  call_slot& slot = slots_[e.slot];
  const bool in_slot = slot.call.serial == e.serial && slot.member == e.member;
  const bool drawn = in_slot && slot.usage.output > 0;  // every answer has a token
  const token_usage usage = drawn ? slot.usage : declared_usage(w, m.key, e.serial);
  if (in_slot) slot.usage = usage;
  request.identity.instance = e.member;
  request.identity.call = e.serial;
  request.workload.hit = usage.hit;
  request.workload.miss = usage.miss;
  request.workload.output = usage.output;
  request.workload.work = declared_work(w, m.key, e.serial, e.attempt);
  request.chat.max_tokens = usage.output;
  const exchange_id id = server_.next_id();
  if (id.slot >= ports_.size()) ports_.resize(id.slot + 1);
  ports_[id.slot] = {.member = e.member,
                     .call = {e.slot, e.serial},
                     .attempt = e.attempt,
                     .serial = id.serial,
                     .open = true,
                     .expected = {.stream = w.stream, .json_mode = w.json_mode},
                     .pending = {}};
  // Several attempts may have been given up while the first was on its way.
  const bool wanted = in_slot && e.attempt > slot.cancelled_attempt;
  if (wanted) {
    slot.exchange = id.slot;
    slot.exchange_serial = id.serial;
    slot.attempt = e.attempt;
    slot.at_server = true;
  }
  feed_server(id, request_received{&request});
  if (!wanted)  // the client closed while its request was on the way
    queue_.push({.at = now_, .slot = id.slot, .serial = id.serial, .kind = sim_kind::peer_left});
}

void sim_engine::feed_server(exchange_id id, const server_event& event) {
  server_effects_.clear();
  charges_.clear();
  server_.on(id, event, now_, server_effects_);
  carry_out_server();
  const instant due = server_.next_wakeup();
  if (due >= server_armed_) return;
  server_armed_ = due;
  queue_.push({.at = due, .kind = sim_kind::server_wakeup});
}

void sim_engine::carry_out_server() {
  // `written` is said at once for what is not the last piece, which may bring more effects.
  while (!server_effects_.empty()) {
    server_batch_.swap(server_effects_);
    server_effects_.clear();
    for (const server_effect& effect : server_batch_) {
      if (const auto* e = std::get_if<emit>(&effect)) {
        on_emit(*e);
        if (!e->piece.last) server_.on(e->exchange, written{}, now_, server_effects_);
      } else {
        on_end(std::get<end>(effect));
      }
    }
    server_batch_.clear();
  }
}

void sim_engine::on_emit(const emit& e) {
  port& p = ports_[e.exchange.slot];
  if (!p.open || p.serial != e.exchange.serial) return;
  const answer& a = server_.answer_of(e.exchange);
  delivery d;
  d.member = p.member;
  d.call = p.call;
  d.attempt = p.attempt;
  d.head = e.piece.head;
  d.status = a.status;
  d.retry_after = stated_retry_after(a.retry_after);
  d.payload = e.piece.count > 0 || (e.piece.last && a.body != body_kind::blank);
  d.piece = e.piece.keep_alive || d.payload;
  if (is_stream(a) && !a.empty_content) d.tokens = static_cast<std::uint32_t>(e.piece.count);
  const bool odd = is_stream(a) ? e.piece.cut_at >= 0 || a.empty_content : e.piece.cut_at == 0;
  if (odd) {  // how much of its payload arrives, only its bytes tell
    const sim_piece seen = read_piece(a, e.piece, p.expected);
    d.piece = seen.bytes > 0;
    d.payload = seen.payload;
    d.tokens = seen.tokens;
  }
  if (e.piece.last)
    p.pending = d;
  else
    tell(d);
}

void sim_engine::on_end(const end& e) {
  port& p = ports_[e.exchange.slot];
  if (!p.open || p.serial != e.exchange.serial) return;
  delivery d = p.pending;
  d.member = p.member;
  d.call = p.call;
  d.attempt = p.attempt;
  for (const auto& [serial, charge] : charges_)
    if (serial == e.exchange.serial) d.charge = charge;
  if (e.how == ending::silent)
    return settle(name_of(d), d.charge);  // nothing more comes, and nothing closes
  p.open = false;
  if (e.how == ending::clean) {
    const answer& a = server_.answer_of(e.exchange);
    const sim_verdict v = verdicts_.of(a, p.expected);
    d.whole = true;
    d.result = v.result;
    if (v.usage_stated) d.usage = a.usage;
  } else {
    d.broken = true;
    d.result = e.how == ending::reset ? outcome::connection_reset : outcome::connection_closed;
  }
  tell(d);
}

void sim_engine::tell(delivery d) {
  d.at = after(now_, plan_.what.network_delay);
  lane_.push_back(d);
}

}  // namespace stampede
