// The inside of server_model. Five files share it: server_core.cpp (events and time),
// server_arrival.cpp (what becomes of a new request), server_text.cpp (what its answer will say),
// server_progress.cpp (the answers worked on, held and queued) and server_script.cpp (what is
// changed while it serves).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/check.hpp"
#include "core/draw.hpp"
#include "core/slab.hpp"
#include "mockserver/accounts.hpp"
#include "mockserver/admission.hpp"
#include "mockserver/call_ledger.hpp"
#include "mockserver/due_heap.hpp"
#include "mockserver/exchange.hpp"
#include "mockserver/prefix_cache.hpp"
#include "mockserver/server_model.hpp"
#include "mockserver/validation.hpp"
#include "mockserver/work_clock.hpp"

namespace stampede {

// What was found of valid requests that differ in their sizes only. What the rules allow of a
// size is a range, so what lies between two that passed passes.
struct request_form {
  std::int64_t minute = -1;  // of the service's date: rules change at full minutes
  deepseek::resolved_model model;
  caller who;
  std::string_view path;
  std::int64_t least_tokens = 0;  // max_tokens
  std::int64_t most_tokens = 0;
  std::int64_t most_prompt = 0;
};

class server_core {
 public:
  server_core(server_settings settings, std::vector<fault_rule> faults, std::uint64_t seed,
              std::uint32_t replication, record_sink& records);

  exchange_id next_id() const;
  void on(exchange_id id, const server_event& event, instant now, effects<server_effect>& out);
  instant next_wakeup() const;
  const answer& answer_of(exchange_id id) const;
  void prefetch(const call_identity& call) const {
    ledger_.prefetch(call);
    for (const std::uint16_t i : in_force_) faults_[i].prefetch(call);
  }

  std::uint32_t next_in_work() const {
    return by_work_.empty() ? server_model::no_slot : by_work_.top();
  }

  const server_settings& settings() const { return settings_; }
  const std::vector<fault_rule>& faults() const { return faults_; }
  const std::vector<std::uint16_t>& in_force() const { return in_force_; }
  accounts& books() { return books_; }

  // server_script.cpp
  void retire(fault_rule&& rule);
  void note_stages();
  std::optional<std::uint16_t> add_fault(fault_rule rule);
  void replace_fault(std::uint16_t index, fault_rule rule);
  void lift_fault(std::uint16_t index);
  void start_over(instant now);
  void advance_date(std::chrono::seconds by) {
    settings_.date += by;
    date_from_ = date_until_ = {};
  }
  std::uint32_t open() const { return open_; }
  std::uint32_t in_flight() const { return running_; }
  std::uint32_t queued() const { return queue_.size(); }
  std::uint32_t held() const { return held_; }
  std::uint64_t requests() const { return requests_; }

 private:
  // server_core.cpp
  exchange* find(exchange_id id);
  void follow_written(exchange& x);
  void advance();  // everything due by now_
  bool something_due() const;
  // When the first of the answers worked on is due; asked often, and a division.
  instant next_answer() const {
    if (by_work_.empty()) return never;
    next_answer_memo& memo = next_answer_;
    if (memo.key != by_work_.top_key() || memo.pace != clock_.pace())
      memo = {by_work_.top_key(), clock_.pace(), clock_.reached(by_work_.top_key())};
    return memo.at;
  }
  segment& emit_piece(exchange& x, bool last);
  void finish(exchange& x, ending how);
  void bill(exchange& x, std::int32_t output);
  deepseek::date date_now() const {
    if (now_ < date_from_ || now_ >= date_until_) tell_date();
    return date_;
  }
  void tell_date() const;
  std::uint64_t drawn(const exchange& x, purpose why) const;

  // server_arrival.cpp
  void receive(exchange_id id, const server_request& request);
  bool turn_away(exchange& x, const server_request& request,
                 const std::optional<deepseek::resolved_model>& model,
                 const std::optional<caller>& known);
  const request_form* known_form(const server_request& request) const;
  void note_form(const exchange& x, const server_request& request,
                 const deepseek::resolved_model& model);
  exchange& open_exchange(exchange_id id, const server_request& request);
  void take_facts(exchange& x, const server_request& request,
                  const deepseek::resolved_model& model);
  fault_case case_of(const exchange& x, bool chat) const;
  const std::vector<std::uint16_t>& in_force_at(fault_stage stage) const {
    return by_stage_[static_cast<std::size_t>(stage)];
  }
  bool has_fault_at(fault_stage stage) const { return !in_force_at(stage).empty(); }
  // What a fault makes of the plan, null for nothing: the fault's own, see fault::apply.
  const plan_edit* consult(exchange& x, fault_stage stage, bool chat);
  // What the request itself asks for; refused, and null, where it asks wrongly.
  const plan_edit* asked_for(exchange& x, const server_request& request, bool chat);
  void answer_page(exchange& x, const server_request& request);
  bool enter(exchange& x);  // within the limits of its account, or refused
  void refuse(exchange& x, const refusal& why);
  void refuse(exchange& x, std::int16_t status, duration retry_after, std::string_view message);
  // Whether the exchange goes on to compete for a slot at once.
  bool carry_out(exchange& x, const plan_edit& edit);
  void admit(exchange& x);
  void enqueue(exchange& x);

  // server_text.cpp
  void edit_answer(exchange& x, const plan_edit& edit);
  void plan_text(exchange& x, const chat_facts& chat, std::int32_t wanted, bool declared);
  void call_tool(exchange& x, const chat_facts& chat);
  bool cut_short(exchange& x, const cut_generation& cut);
  void fail_short(exchange& x, const fail_generation& fail);

  // server_progress.cpp
  void start(exchange& x);
  void edit_as_faults_say(exchange& x);
  void plan_work(exchange& x);
  void plan_cut(exchange& x);
  void plan_spoil(exchange& x);
  void run(exchange& x);  // the next thing of an answer worked on is due
  void stream_more(exchange& x, std::int32_t ready);
  void complete(exchange& x);
  void pause(exchange& x);   // between what was cut and its ending
  void resume(exchange& x);  // sends what the cut left
  void arm_run(exchange& x);
  void release_slot(exchange& x);
  void start_waiting();
  void wait_on(exchange& x);  // the next thing of a delayed, held or queued one is due
  void end_hold(exchange& x);
  void arm_wait(exchange& x);
  void leave(exchange& x);  // the peer has left
  std::int32_t tokens_ready(const exchange& x) const;
  bool has_free_slot() const;
  void count_running(int change);
  void use_cache(exchange& x);
  std::int32_t load() const;  // busy slots and queue places by all of them, in thousandths

  server_settings settings_;
  std::vector<fault_rule> faults_;
  std::size_t own_faults_ = 0;           // it began with: their numbers are never another's
  std::vector<std::uint16_t> in_force_;  // indices of those not lifted, in order
  std::array<std::vector<std::uint16_t>, fault_stages>
      by_stage_;                     // of these, those of each fault_stage
  std::vector<fault_rule> retired_;  // open exchanges may still use their texts
  draw_seed seed_;
  std::uint32_t replication_;
  record_sink& records_;

  slab<exchange> exchanges_;
  std::vector<std::uint32_t> free_;
  std::uint32_t next_slot_ = 0;  // for the next request; stays while others are freed
  wait_queue queue_{exchanges_};
  accounts books_;
  prefix_cache cache_;
  call_ledger ledger_;
  std::vector<request_form> forms_;  // the valid ones, by number
  work_clock clock_;
  due_heap by_work_;  // running exchanges, by the V at which they next emit
  due_heap by_time_;  // delayed, held and queued ones, by instant
  struct next_answer_memo {
    work key = -1;
    std::uint32_t pace = 0;
    instant at = never;
  };
  mutable next_answer_memo next_answer_;
  mutable deepseek::date date_;  // from one full second of scenario time until the next
  mutable instant date_from_{};
  mutable instant date_until_{};
  std::uint32_t open_ = 0;
  std::uint32_t running_ = 0;
  std::uint32_t held_ = 0;
  std::uint64_t requests_ = 0;

  // During on().
  instant now_{};
  effects<server_effect>* out_ = nullptr;
};

}  // namespace stampede
