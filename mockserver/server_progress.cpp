// The answers under way: worked on in a slot, waiting for one, or held by a fault.
#include <algorithm>

#include "mockserver/answer_text.hpp"
#include "mockserver/bodies.hpp"
#include "mockserver/server_core.hpp"
#include "mockserver/service_texts.hpp"

namespace stampede {

bool server_core::has_free_slot() const { return running_ < clock_.slots(); }

std::int32_t server_core::load() const {
  if (clock_.slots() == work_clock::no_limit) return 0;
  const std::uint64_t places = std::uint64_t{clock_.slots()} + settings_.queue_places;
  const std::uint64_t busy = std::uint64_t{running_} + queue_.size();
  return busy >= places ? 1000 : static_cast<std::int32_t>(busy * 1000 / places);
}

void server_core::count_running(int change) {
  running_ += static_cast<std::uint32_t>(change);
  clock_.set_running(running_);
}

// ---- in a slot

void server_core::start(exchange& x) {
  x.stage = exchange_stage::running;
  x.record.started = now_;
  x.work_start = clock_.done();
  count_running(1);
  use_cache(x);
  if (has_fault_at(fault_stage::response)) edit_as_faults_say(x);
  plan_work(x);
  plan_cut(x);
  plan_spoil(x);
  arm_run(x);
}

void server_core::edit_as_faults_say(exchange& x) {
  const plan_edit* const edit = consult(x, fault_stage::response, true);
  if (!edit) return;
  // What else a fault does, it does before the slot is taken.
  STAMPEDE_CHECK(edits_answer_only(*edit));
  edit_answer(x, *edit);
}

// What the cache holds of the prompt is known when its work begins, and held from then on.
void server_core::use_cache(exchange& x) {
  if (x.prefix.empty()) return;
  token_usage& usage = x.said.usage;
  const std::int32_t prompt = usage.hit + usage.miss;
  usage.hit = std::min(prompt, cache_.hit_tokens(x.prefix));
  usage.miss = prompt - usage.hit;
  cache_.remember(x.prefix);
}

// The work the answer's tokens take. Token i of n is ready when the first token's work is done
// and i/n of the rest; a declared amount of work is spread evenly.
void server_core::plan_work(exchange& x) {
  const answer& a = x.said;
  const std::int32_t tokens = a.usage.output;
  x.visible = visible_tokens(a);
  const auto generated = [](std::int32_t count, double per_second) {
    const double ns = static_cast<double>(count) / per_second * 1e9;
    if (ns >= static_cast<double>(longest_work.count())) return longest_work;
    return duration{static_cast<std::int64_t>(ns + 0.5)};
  };
  if (x.tokens_per_second > 0) {
    x.whole_at = work_of(generated(tokens + 1, x.tokens_per_second));
    x.first_token_at = x.whole_at / (tokens + 1);
  } else if (x.declared_work > duration::zero()) {
    x.whole_at = work_of(std::min(x.declared_work, longest_work));
    x.first_token_at = x.whole_at / (tokens + 1);
  } else {
    const duration first{
        sample(settings_.time_to_first_token, drawn(x, purpose::time_to_first_token))};
    const duration all = first + generated(tokens, settings_.tokens_per_second);
    x.first_token_at = work_of(std::min(first, longest_work));
    x.whole_at = work_of(std::min(all, longest_work));
  }
}

void server_core::plan_cut(exchange& x) {
  if (!x.cut) return;
  answer& a = x.said;
  const std::int64_t whole = body_bytes(a);
  const double part = x.cut->fraction * static_cast<double>(whole);
  std::int64_t at = x.cut->bytes >= 0 ? x.cut->bytes : static_cast<std::int64_t>(part);
  if (at >= whole) return;  // nothing to cut
  if (x.cut->inside != cut_inside::anywhere) at = cut_place(whole_body(a), x.cut->inside, at);
  x.pausing = x.cut->pause > duration::zero();
  a.cut_at = at;
  a.ends = x.cut->how;
  if (!a.stream) return;
  // The first token whose chunk reaches beyond the cut, found by halving.
  std::int32_t low = 0;
  std::int32_t high = x.visible;
  while (low < high) {
    const std::int32_t middle = low + (high - low) / 2;
    if (stream_bytes(a, middle + 1) > at) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  x.cut_token = low;  // x.visible: the cut is in the final chunks
}

void server_core::plan_spoil(exchange& x) {
  if (!x.spoil) return;
  const std::string body = whole_body(x.said);
  const double part = x.spoil->fraction * static_cast<double>(body.size());
  const std::int64_t at = x.spoil->bytes >= 0 ? x.spoil->bytes : static_cast<std::int64_t>(part);
  x.said.spoil_at = quote_place(body, at);
  x.said.spoiled = x.spoil->how;
}

std::int32_t server_core::tokens_ready(const exchange& x) const {
  const work done = clock_.done() - x.work_start;
  const std::int32_t tokens = x.said.usage.output;
  if (done >= x.whole_at) return tokens;
  if (done < x.first_token_at) return 0;
  __extension__ using wide = __int128;
  const wide part = static_cast<wide>(done - x.first_token_at) * tokens;
  const auto more = static_cast<std::int32_t>(part / (x.whole_at - x.first_token_at));
  return std::min(tokens, more + 1);
}

void server_core::arm_run(exchange& x) {
  work due = x.whole_at;
  if (x.said.stream && !x.gone && !x.unwritten && x.sent < x.visible) {
    // Token number x.sent is ready at first + sent/n of the rest, rounded up.
    __extension__ using wide = __int128;
    const std::int32_t tokens = x.said.usage.output;
    const wide rest = static_cast<wide>(x.whole_at - x.first_token_at) * x.sent;
    const work ready = x.first_token_at + static_cast<work>((rest + tokens - 1) / tokens);
    const work spaced = x.sent == 0 ? 0 : x.last_sent_at + work_of(settings_.stream_interval);
    due = std::min(due, std::max(ready, spaced));
  }
  by_work_.put(x.slot, x.work_start + due, drawn(x, purpose::tie));
}

void server_core::run(exchange& x) {
  const bool whole =
      x.stage == exchange_stage::worked || clock_.done() - x.work_start >= x.whole_at;
  if (x.gone) {
    STAMPEDE_CHECK(whole);
    release_slot(x);
    bill(x, x.said.usage.output);
    finish(x, ending::clean);
    start_waiting();
    return;
  }
  if (x.unwritten) {  // nothing more goes out yet, but the slot is given back
    STAMPEDE_CHECK(whole);
    release_slot(x);
    x.stage = exchange_stage::worked;
    start_waiting();
    return;
  }
  const std::int32_t ready = tokens_ready(x);
  const bool cut_reached = x.cut_token >= 0 && (ready > x.cut_token || whole);
  if (whole || cut_reached) {
    const bool had_slot = x.stage == exchange_stage::running;
    if (had_slot) release_slot(x);
    const bool all = whole || (x.pausing && x.cut->resumes);
    bill(x, all ? x.said.usage.output : ready);
    complete(x);
    if (had_slot) start_waiting();
    return;
  }
  stream_more(x, std::min(ready, x.visible));
}

void server_core::stream_more(exchange& x, std::int32_t ready) {
  if (ready > x.sent) {
    segment& piece = emit_piece(x, false);
    piece.first = x.sent;
    piece.count = ready - x.sent;
    x.sent = ready;
    x.last_sent_at = clock_.done() - x.work_start;
  }
  arm_run(x);
}

// Sends what is left of the answer and ends it.
void server_core::complete(exchange& x) {
  const answer& a = x.said;
  segment& piece = emit_piece(x, !x.pausing);
  if (a.body == body_kind::completion) {
    piece.first = x.sent;
    piece.count = a.usage.output - x.sent;
    if (a.cut_at >= 0 && a.stream) {
      piece.count = std::min(x.cut_token + 1, x.visible) - x.sent;
      piece.cut_at = a.cut_at - stream_bytes(a, x.sent);
    } else {
      piece.cut_at = a.cut_at;
    }
  }
  if (x.pausing) {
    pause(x);
    return;
  }
  x.record.whole = a.cut_at < 0;
  finish(x, a.ends);
}

void server_core::pause(exchange& x) {
  ++held_;
  x.stage = exchange_stage::held;
  x.until = after(now_, x.cut->pause);
  arm_wait(x);
}

void server_core::resume(exchange& x) {
  answer& a = x.said;
  segment& rest = emit_piece(x, true);
  if (a.stream) rest.first = std::min(x.cut_token, x.visible);
  rest.count = a.usage.output - rest.first;
  rest.skip = a.cut_at - (a.stream ? stream_bytes(a, rest.first) : 0);
  a.cut_at = -1;
  a.ends = ending::clean;
  x.record.whole = true;
  finish(x, ending::clean);
}

void server_core::release_slot(exchange& x) {
  by_work_.remove(x.slot);
  count_running(-1);
  x.record.busy = now_ - x.record.started;
}

void server_core::start_waiting() {
  while (!queue_.empty() && has_free_slot()) {
    exchange& x = exchanges_[queue_.next(settings_.order)];
    queue_.remove(x.slot);
    by_time_.remove(x.slot);
    x.until = x.next_keep_alive = never;
    x.blocked = false;
    start(x);
  }
}

// ---- waiting

void server_core::wait_on(exchange& x) {
  if (x.unwritten && !x.gone) {
    x.blocked = true;
    return;
  }
  if (now_ >= x.until) {
    x.until = x.next_keep_alive = never;
    if (x.stage == exchange_stage::queued) {
      queue_.remove(x.slot);
      finish(x, ending::truncated);
    } else {
      end_hold(x);
    }
    return;
  }
  if (now_ >= x.next_keep_alive) {
    const duration every =
        x.stage == exchange_stage::held ? x.hold.keep_alive_every : settings_.keep_alive_every;
    while (x.next_keep_alive <= now_) x.next_keep_alive = after(x.next_keep_alive, every);
    emit_piece(x, false).keep_alive = true;
  }
  arm_wait(x);
}

void server_core::end_hold(exchange& x) {
  --held_;
  const bool was_held = x.stage == exchange_stage::held;
  x.stage = exchange_stage::deciding;
  if (x.pausing) {
    x.cut->resumes ? resume(x) : finish(x, x.said.ends);
    return;
  }
  if (!was_held || x.hold.then == hold_request::after::answer) {
    admit(x);
    return;
  }
  const service_text text = service_text_of(x.hold.status);
  switch (x.hold.then) {
    case hold_request::after::answer: break;
    case hold_request::after::close: finish(x, ending::truncated); break;
    case hold_request::after::reset: finish(x, ending::reset); break;
    case hold_request::after::empty:
      x.said.body = body_kind::blank;
      complete(x);
      break;
    case hold_request::after::error:
      x.said.body = body_kind::error_json;
      x.said.message = text.message;
      x.said.type = text.type;
      x.said.code = text.code;
      complete(x);
      break;
    case hold_request::after::refuse: refuse(x, x.hold.status, no_duration, {}); break;
  }
}

// ---- leaving

void server_core::leave(exchange& x) {
  if (x.gone) return;
  x.record.peer_left = true;
  x.record.status = x.head_sent ? x.said.status : std::int16_t{0};
  const bool has_work = x.stage == exchange_stage::running || x.stage == exchange_stage::queued;
  if (has_work && settings_.abandoned == abandoned_work::finish) {
    x.gone = true;
    x.blocked = false;
    x.next_keep_alive = never;
    x.stage == exchange_stage::running ? arm_run(x) : arm_wait(x);
    return;
  }
  const exchange_stage was = x.stage;
  switch (was) {
    case exchange_stage::running:
      if (settings_.bill_abandoned) bill(x, tokens_ready(x));
      release_slot(x);
      break;
    case exchange_stage::worked: bill(x, x.said.usage.output); break;
    case exchange_stage::queued: queue_.remove(x.slot); break;
    case exchange_stage::delayed:
    case exchange_stage::held: --held_; break;
    case exchange_stage::over:
    case exchange_stage::deciding: STAMPEDE_CHECK(false);
  }
  by_time_.remove(x.slot);
  finish(x, ending::clean);
  if (was == exchange_stage::running) start_waiting();
}

}  // namespace stampede
