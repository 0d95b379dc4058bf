// The server's side of sim_engine: requests in, its effects on their way to the clients.
#include <utility>

#include "client/decoding.hpp"
#include "harness/sim/sim_engine.hpp"
#include "mockserver/wire.hpp"

namespace stampede {
namespace {

// What the client makes of the answer's headers.
duration heard_retry_after(const answer& a) {
  const bool text = a.retry_as == retry_form::text;
  if (a.retry_after == no_duration && !text) return no_duration;
  // Whole seconds are read as they are written; anything else by the client's own reader.
  if (a.retry_as == retry_form::seconds && a.retry_after >= duration::zero())
    return told_wait(a.retry_after, a.retry_as);
  const retry_headers told = retry_headers_of(a);
  return read_retry_after(told.milliseconds, told.value, a.created);
}

// Whether only its bytes tell what of a piece's payload arrives.
bool only_bytes_tell(const answer& a, const segment& piece) {
  if (piece.skip > 0) return true;
  if (!is_stream(a)) return piece.cut_at == 0;
  return piece.cut_at >= 0 || a.empty_content || a.spoil_at >= 0;
}

}  // namespace

void sim_engine::on_request(const sim_event& e) {
  const member& m = members_[e.member];
  const workload_key key{seed_, options_.replication, e.member};
  server_request& request = requests_[m.group->client.group][e.chain];
  const workload_plan& w = m.group->plan.workload;
  call_slot& slot = slot_of(e.slot);
  const bool in_slot = slot.call.serial == e.serial && slot.member == e.member;
  const bool drawn = in_slot && slot.usage.output > 0;  // every answer has a token
  const token_usage usage = drawn ? slot.usage : declared_usage(w, key, e.serial);
  if (in_slot) slot.usage = usage;
  request.identity.instance = e.member;
  request.identity.call = e.serial;
  request.workload.hit = usage.hit;
  request.workload.miss = usage.miss;
  request.workload.output = usage.output;
  request.workload.work = declared_work(w, key, e.serial, e.attempt);
  request.chat.max_tokens = usage.output;
  const exchange_id id = server_.next_id();
  ports_.grow_to(id.slot + std::size_t{1});
  ports_[id.slot] = {.member = e.member,
                     .call = {e.slot, e.serial},
                     .attempt = e.attempt,
                     .serial = id.serial,
                     .open = true,
                     .expected = {.stream = w.stream, .json_mode = w.json_mode}};
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
  fetch_next_answer();
  const instant due = server_.next_wakeup();
  if (due >= server_due_) return;
  server_due_ = due;
  server_order_ = queue_.next_order();
}

void sim_engine::carry_out_server() {
  // `written` is said at once for what is not the last piece, which may bring more effects.
  for (std::size_t i = 0; i < server_effects_.size(); ++i) {
    const server_effect& effect = server_effects_[i];
    if (const auto* e = std::get_if<emit>(&effect)) {
      on_emit(*e);
      if (!e->piece.last) server_.on(e->exchange, written{}, now_, server_effects_);
    } else {
      on_end(std::get<end>(effect));
    }
  }
}

void sim_engine::on_emit(const emit& e) {
  const port& p = ports_[e.exchange.slot];
  if (!p.open || p.serial != e.exchange.serial) return;
  const answer& a = server_.answer_of(e.exchange);
  answer_news& news = tell(p).news;
  news.head = e.piece.head;
  news.status = a.status;
  news.retry_after = heard_retry_after(a);
  news.should_retry = a.should_retry;
  news.payload = e.piece.count > 0 || (e.piece.last && a.body != body_kind::blank);
  news.piece = e.piece.keep_alive || news.payload;
  if (is_stream(a) && !a.empty_content) news.tokens = static_cast<std::uint32_t>(e.piece.count);
  if (only_bytes_tell(a, e.piece)) {
    const sim_piece seen = read_piece(a, e.piece, p.expected);
    news.piece = seen.bytes > 0;
    news.payload = seen.payload;
    news.tokens = seen.tokens;
  }
  ends_told_ = e.piece.last;
}

void sim_engine::on_end(const end& e) {
  port& p = ports_[e.exchange.slot];
  if (!p.open || p.serial != e.exchange.serial) return;
  // The server says the end of an answer right behind its last piece: they arrive as one.
  delivery& d = std::exchange(ends_told_, false) ? lane_.back() : tell(p);
  for (const auto& [serial, charge] : charges_)
    if (serial == e.exchange.serial) d.charge = charge;
  p.open = false;
  if (e.how == ending::silent) {  // what was sent is all that comes, and nothing closes
    settle(name_of(d), d.charge);
    if (!d.news.head && !d.news.piece) lane_.unpush();
    return;
  }
  if (e.how == ending::clean) {
    const answer& a = server_.answer_of(e.exchange);
    const sim_verdict v = verdicts_.of(a, p.expected);
    d.news.whole = true;
    d.news.result = v.result;
    if (v.usage_stated) d.news.usage = a.usage;
  } else {
    d.news.broken = true;
    d.news.result = e.how == ending::reset ? outcome::connection_reset : outcome::connection_closed;
  }
}

// Nothing yet, to the client at the other end of `p`.
sim_engine::delivery& sim_engine::tell(const port& p) {
  static const delivery nothing{};  // a copy is cheaper than setting field by field
  delivery& d = lane_.push();
  d = nothing;
  d.at = after(now_, plan_.what.network_delay);
  d.member = p.member;
  d.call = p.call;
  d.news.attempt = p.attempt;
  return d;
}

}  // namespace stampede
