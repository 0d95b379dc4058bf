// The engine behind run_sim. Decides nothing: it carries out effects and keeps the order.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "client/client_instance.hpp"
#include "core/big_vector.hpp"
#include "core/draw.hpp"
#include "core/fifo.hpp"
#include "core/slab.hpp"
#include "harness/arrivals.hpp"
#include "harness/sim/event_queue.hpp"
#include "harness/sim/sim_run.hpp"
#include "harness/sim/verdicts.hpp"
#include "harness/workload.hpp"
#include "mockserver/server_model.hpp"

namespace stampede {

class sim_engine : private record_sink {
 public:
  sim_engine(const run_plan& plan, const sim_options& options, record_sink& records);

  sim_result run();

 private:
  // What one slot of an instance has queued: its two earliest wake-ups, so that a timeout far
  // ahead is queued once and not once an attempt.
  struct alignas(64) call_slot {
    call_id call;
    std::uint32_t member = 0;
    std::uint32_t exchange = 0;  // slot and, below, serial at the server, of the attempt in flight
    instant near_wake = never;
    instant far_wake = never;
    instant due = never;  // when the call wants to be woken
    std::uint32_t exchange_serial = 0;
    std::uint16_t attempt = 0;            // in flight, once the server has it
    std::uint16_t cancelled_attempt = 0;  // before its request had arrived
    token_usage usage;                    // of the call in the slot, drawn once
    bool at_server = false;
  };
  static_assert(sizeof(call_slot) == 64);

  struct alignas(64) member {
    member(const group_setup& g, std::uint32_t index, const run_plan& plan,
           std::uint32_t replication, record_sink& records, session_pool& sessions);
    const group_setup* group;
    client_instance client;
    arrivals coming;
    instant next_arrival = never;
  };

  // Something on its way to a client.
  struct delivery {
    instant at;
    std::uint32_t member = 0;
    call_id call;
    answer_news news;
    pico_usd charge;  // where the answer is over: the ledger's
    bool is_end() const { return news.whole || news.broken; }
  };

  // The client's end of one exchange.
  struct port {
    std::uint32_t member = 0;
    call_id call;
    std::uint16_t attempt = 0;
    std::uint32_t serial = 0;  // of the exchange
    bool open = false;
    expected_answer expected;
  };

  // Every call may act some times in one instant; far beyond that nothing will ever end.
  static constexpr std::uint64_t usual_at_instant = 100'000;

  using attempt_name = std::tuple<std::uint32_t, std::uint32_t, std::uint16_t>;
  static attempt_name name_of(const delivery& d) {
    return {d.member, d.call.serial, d.news.attempt};
  }

  call_slot& slot_of(std::uint32_t number) { return sessions_.beside<call_slot>(number); }
  record_sink& sink();
  void on_attempt(const attempt_record& r) override;
  void on_call(const call_record& r) override;
  void on_exchange(const exchange_record& r) override;

  bool step();
  void come_to(instant t);
  void dispatch(const sim_event& e);
  void schedule_arrival(std::uint32_t index, instant at, std::uint64_t order);
  void start_call(std::uint32_t index, instant intended);
  void feed(std::uint32_t index, call_id call, const client_event& event);
  void carry_out(std::uint32_t index, call_id fed, instant due);
  void arm(std::uint32_t index, call_id call, instant due);
  void queue_wakeup(call_slot& slot, std::uint32_t number, std::uint64_t order);
  void queue_held_back();
  void on_wakeup(const sim_event& e);
  void send(std::uint32_t index, const send_attempt& e);
  std::uint64_t tie_of(const sim_event& request) const;
  void receive_just_sent();
  void cancel(const cancel_attempt& e);
  void on_request(const sim_event& e);
  void feed_server(exchange_id id, const server_event& event);
  void carry_out_server();
  void on_emit(const emit& e);
  void on_end(const end& e);
  delivery& tell(const port& p);
  void deliver_next();
  void deliver(const delivery& d);
  void settle_attempt(const attempt_record& r);
  void emit_attempt(const attempt_record& r, pico_usd charge);
  void settle(const attempt_name& name, pico_usd charge);
  void hash(const attempt_record& r);
  void count_event() {
    ++result_.events;
    if (++events_at_instant_ > usual_at_instant) look_for_end();
  }
  void look_for_end() const;
  void fetch_ahead();
  void fetch_next_answer();
  bool over() const { return under_way_ == 0 && arrivals_pending_ == 0; }
  void stop_clients();
  void finish_records();

  const run_plan& plan_;
  const sim_options options_;
  const draw_seed seed_;
  record_sink& records_;
  server_model server_;
  verdict_cache verdicts_;
  event_queue queue_;
  sim_event just_sent_;  // a request of this instant that is not queued, if there is one
  bool has_just_sent_ = false;
  // The slot whose wake-up is not queued yet, since its request may be answered within the instant:
  // a refused one's timeout would lie in the queue for nothing.
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  std::uint32_t held_back_ = none;
  std::uint64_t held_back_order_ = 0;
  // A ring: events ahead whose memory is on its way.
  std::array<sim_ahead, 8> scouted_{};
  std::size_t next_scouted_ = 0;
  std::uint32_t next_answer_ = server_model::no_slot;  // its exchange
  bool answer_is_fetched_ = true;
  fifo<delivery> lane_;           // constant delay: in the order of its instants
  session_pool sessions_;         // of all members: a call's slot is its place among all calls
  std::uint32_t slots_made_ = 0;  // call_slots, each beside its session
  big_vector<member> members_;
  slab<port> ports_;                                   // by exchange slot
  std::vector<std::vector<server_request>> requests_;  // by group and model of the chain
  effects<client_effect> client_effects_;
  effects<server_effect> server_effects_;
  instant now_ = run_start;
  instant arrivals_end_;
  // The server's wake-up, of which there is one: not in the queue, but ordered with its events.
  instant server_due_ = never;
  std::uint64_t server_order_ = 0;
  bool ends_told_ = false;  // the last one in the lane brings the last of its answer but the end
  std::uint64_t under_way_ = 0;
  std::uint64_t arrivals_pending_ = 0;
  std::uint64_t events_at_instant_ = 0;
  // The charges of exchanges that ended in the machine call under way, by exchange.
  std::vector<std::pair<std::uint32_t, pico_usd>> charges_;
  // The charge of the answer being delivered, for the attempt record it brings about.
  bool charge_known_ = false;
  pico_usd charge_;
  // Exchanges that ended before their attempt did (a silent ending), and attempts that ended
  // before the server had written their exchange off.
  std::map<attempt_name, pico_usd> charged_;
  std::map<attempt_name, attempt_record> held_;
  // Exchanges whose client has left and that are not over, by serial.
  std::map<std::uint32_t, attempt_name> left_;
  bool stopping_ = false;
  fingerprint hash_{2};  // of all records; the version of how they are written
  sim_result result_;
};

}  // namespace stampede
