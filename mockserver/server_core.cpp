#include "mockserver/server_core.hpp"

#include <algorithm>

#include "core/prefetch.hpp"
#include "deepseek/prices.hpp"
#include "mockserver/told.hpp"

namespace stampede {
namespace {

std::int64_t key_of(instant t) { return t.time_since_epoch().count(); }

}  // namespace

server_core::server_core(server_settings settings, std::vector<fault_rule> faults,
                         std::uint64_t seed, std::uint32_t replication, record_sink& records)
    : settings_(std::move(settings)),
      faults_(std::move(faults)),
      seed_(seed),
      replication_(replication),
      records_(records),
      books_(settings_),
      cache_(settings_.prefix_cache_units),
      clock_(settings_) {
  own_faults_ = faults_.size();
  for (std::uint16_t i = 0; i < own_faults_; ++i) in_force_.push_back(i);
  note_stages();
}

exchange_id server_core::next_id() const {
  return {next_slot_, static_cast<std::uint32_t>(requests_)};
}

exchange* server_core::find(exchange_id id) {
  if (id.slot >= exchanges_.size()) return nullptr;
  exchange& x = exchanges_[id.slot];
  return x.serial == id.serial && x.stage != exchange_stage::over ? &x : nullptr;
}

const answer& server_core::answer_of(exchange_id id) const {
  STAMPEDE_CHECK(id.slot < exchanges_.size() && exchanges_[id.slot].serial == id.serial);
  return exchanges_[id.slot].said;
}

void server_core::on(exchange_id id, const server_event& event, instant now,
                     effects<server_effect>& out) {
  // A real clock read twice may come out of order by the width of a rounding.
  now_ = std::max(now_, now);
  out_ = &out;
  advance();
  if (const auto* received = std::get_if<request_received>(&event)) {
    const std::size_t waited = by_work_.size() + by_time_.size();
    receive(id, *received->request);
    // Work of no length is done at once; a refusal has started none.
    if (by_work_.size() + by_time_.size() != waited) advance();
  } else if (exchange* x = find(id); x && !std::holds_alternative<server_wakeup>(event)) {
    if (std::holds_alternative<peer_left>(event)) {
      leave(*x);
    } else if (!x->gone) {
      follow_written(*x);
    }
    advance();
  }
  out_ = nullptr;
}

void server_core::follow_written(exchange& x) {
  x.unwritten = false;
  const bool was_due = x.blocked;
  x.blocked = false;
  switch (x.stage) {
    case exchange_stage::running: arm_run(x); break;
    case exchange_stage::worked: run(x); break;
    case exchange_stage::delayed:
    case exchange_stage::held:
    case exchange_stage::queued:
      if (was_due) wait_on(x);
      break;
    case exchange_stage::over:
    case exchange_stage::deciding: STAMPEDE_CHECK(false);
  }
}

bool server_core::something_due() const {
  return clock_.next_change() <= now_ ||
         (!by_work_.empty() && clock_.is_reached(by_work_.top_key(), now_)) ||
         (!by_time_.empty() && by_time_.top_key() <= key_of(now_));
}

// What is due, in order of time: at one instant first changes of capacity, then answers, then
// the timers of those who wait, so that a slot freed now serves someone who would be closed now.
void server_core::advance() {
  while (something_due()) {
    const instant change = clock_.next_change();
    const instant answer_due = next_answer();
    const instant wait_due = by_time_.empty() ? never : instant{duration{by_time_.top_key()}};
    const instant due = std::min({change, answer_due, wait_due});
    // Work goes on from the instant that was due, however late the wake-up came.
    clock_.advance(std::max(due, clock_.now()));
    if (due == change) {
      start_waiting();
    } else if (due == answer_due) {
      exchange& x = exchanges_[by_work_.top()];
      by_work_.remove(x.slot);
      // Its memory has long left the cache when an answer is done: meanwhile the next one's is
      // fetched.
      if (!by_work_.empty())
        stampede::prefetch(static_cast<exchange_state&>(exchanges_[by_work_.top()]));
      run(x);
    } else {
      exchange& x = exchanges_[by_time_.top()];
      by_time_.remove(x.slot);
      wait_on(x);
    }
  }
  clock_.advance(now_);
}

instant server_core::next_wakeup() const {
  instant due = next_answer();
  if (!by_time_.empty()) due = std::min(due, instant{duration{by_time_.top_key()}});
  if (!queue_.empty()) due = std::min(due, clock_.next_change());
  return due;
}

void server_core::tell_date() const {
  date_ = deepseek::date_at(settings_.date, now_);
  date_from_ = run_start + (date_ - settings_.date);
  date_until_ = date_from_ + std::chrono::seconds{1};
}

std::uint64_t server_core::drawn(const exchange& x, purpose why) const {
  return x.randomness.draw(replication_, why);
}

// A piece of nothing, to be filled where it stays.
segment& server_core::emit_piece(exchange& x, bool last) {
  emit& made = add<emit>(*out_);
  made.exchange = {x.slot, x.serial};
  segment& piece = made.piece;
  piece.head = !x.head_sent;
  piece.last = last;
  x.head_sent = true;
  x.unwritten = !last;
  return piece;
}

void server_core::bill(exchange& x, std::int32_t output) {
  x.record.usage = x.said.usage;
  x.record.usage.output = output;
  x.record.charge = deepseek::price(x.record.usage, deepseek::price_at(x.said.model, date_now()));
  books_.debit(x.who, x.record.charge, now_);
}

void server_core::finish(exchange& x, ending how) {
  if (!x.gone) {
    if (!x.record.peer_left) {
      end& last = add<end>(*out_);
      last.exchange = {x.slot, x.serial};
      last.how = how;
    }
    x.record.status = x.head_sent ? x.said.status : std::int16_t{0};
  }
  x.record.fault = x.said.fault;
  if (x.said.fault == no_fault) x.record.fault_kind = 0;
  x.record.retry_after = told_wait(x.said.retry_after, x.said.retry_as);
  x.record.told = told_by(x.said, x.record);
  x.record.ended = now_;
  x.record.attempt = x.said.attempt;
  records_.on_exchange(x.record);
  if (x.counted) books_.leave(x.who, x.said.model);
  x.stage = exchange_stage::over;
  free_.push_back(x.slot);
  --open_;
}

void server_core::arm_wait(exchange& x) {
  const instant due = std::min(x.until, x.next_keep_alive);
  if (due != never) by_time_.put(x.slot, key_of(due), drawn(x, purpose::tie));
}

// ---- the face

server_model::server_model(server_settings settings, std::vector<fault_rule> faults,
                           std::uint64_t seed, std::uint32_t replication, record_sink& records)
    : core_(std::make_unique<server_core>(std::move(settings), std::move(faults), seed, replication,
                                          records)) {}
server_model::~server_model() = default;

exchange_id server_model::next_id() const { return core_->next_id(); }
void server_model::on(exchange_id id, const server_event& event, instant now,
                      effects<server_effect>& out) {
  const std::size_t before = out.size();
  core_->on(id, event, now, out);
  if (observer_) observer_->on_event(*this, id, event, now, std::span(out).subspan(before));
}
instant server_model::next_wakeup() const { return core_->next_wakeup(); }
const answer& server_model::answer_of(exchange_id id) const { return core_->answer_of(id); }
void server_model::prefetch(const call_identity& call) const { core_->prefetch(call); }
std::uint32_t server_model::next_in_work() const { return core_->next_in_work(); }
std::uint32_t server_model::open() const { return core_->open(); }
std::uint32_t server_model::in_flight() const { return core_->in_flight(); }
std::uint32_t server_model::queued() const { return core_->queued(); }
std::uint32_t server_model::held() const { return core_->held(); }
std::uint64_t server_model::requests() const { return core_->requests(); }
const server_settings& server_model::settings() const { return core_->settings(); }
const accounts& server_model::books() const { return core_->books(); }
accounts& server_model::books() { return core_->books(); }
const std::vector<fault_rule>& server_model::faults() const { return core_->faults(); }

}  // namespace stampede
