// The mock server as one pure machine: all its exchanges, its slots and queue, its faults.
//
// Feed it events, carry out the effects it appends (in order; they may name any exchange),
// and wake it at next_wakeup(), to be asked again after every on() (design law 1). A wake-up
// that comes early does nothing. Single-threaded, deterministic: the same events give the
// same effects; randomness is drawn for (call, attempt). Once as many exchanges have been
// open at a time as will be, an attempt allocates nothing.
//
// For each request: emit* then one end. After every emit whose segment is not `last` the
// machine waits for `written` before it emits for that exchange again, so that a slow reader
// cannot fill memory. After `end` the exchange is over: events for it are ignored.
//
// Use: server_model model(settings, std::move(faults), seed, replication, sink);
//      const exchange_id id = model.next_id();
//      model.on(id, request_received{&request}, now, out);
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/effects.hpp"
#include "core/ids.hpp"
#include "core/instant.hpp"
#include "core/records.hpp"
#include "mockserver/answer.hpp"
#include "mockserver/faults/registry.hpp"
#include "mockserver/request.hpp"
#include "mockserver/settings.hpp"

namespace stampede {

struct request_received {
  const server_request* request = nullptr;  // read during the call only
};
struct written {};        // what was emitted last has left
struct peer_left {};      // the client closed while its answer was pending
struct server_wakeup {};  // the exchange_id is ignored
using server_event = std::variant<request_received, written, peer_left, server_wakeup>;

struct emit {
  exchange_id exchange;
  segment piece;
};
struct end {
  exchange_id exchange;
  ending how = ending::clean;
};
using server_effect = std::variant<emit, end>;

class accounts;
class server_core;  // exchange.hpp
class server_model;

// Told of every call of the machine: what went in and what came out. Changes nothing.
class server_observer {
 public:
  virtual ~server_observer() = default;
  virtual void on_event(const server_model&, exchange_id, const server_event&, instant now,
                        std::span<const server_effect>) = 0;
};

class server_model {
 public:
  server_model(server_settings settings, std::vector<fault_rule> faults, std::uint64_t seed,
               std::uint32_t replication, record_sink& records);
  ~server_model();
  server_model(const server_model&) = delete;
  server_model& operator=(const server_model&) = delete;

  // The id the next request will have: pass it with request_received.
  exchange_id next_id() const;
  void on(exchange_id id, const server_event& event, instant now, effects<server_effect>& out);
  instant next_wakeup() const;

  // From now on; null for nobody.
  void observe(server_observer* observer) { observer_ = observer; }

  // What is needed to render the exchange's segments. Valid, also after its end, until the
  // next request_received; copy it to keep it longer.
  const answer& answer_of(exchange_id id) const;

  // A hint that a request of `call` is about to come; changes nothing.
  void prefetch(const call_identity& call) const;
  // The slot of the exchange whose answer will be done next, or no_slot where none is worked on.
  static constexpr std::uint32_t no_slot = ~std::uint32_t{0};
  std::uint32_t next_in_work() const;

  std::uint32_t open() const;       // exchanges not over yet
  std::uint32_t in_flight() const;  // holding a slot
  std::uint32_t queued() const;     // waiting for one
  std::uint32_t held() const;       // held by a fault
  std::uint64_t requests() const;   // received so far
  const server_settings& settings() const;
  const accounts& books() const;                  // who may ask, with what money
  const std::vector<fault_rule>& faults() const;  // lifted ones too: records name them by index

  // ---- what may be changed while it serves; none of it has an effect of its own
  const std::vector<std::uint16_t>& faults_in_force() const;  // indices, in order
  // Behind the others. Nothing where there have been 32,767 since the last start_over.
  std::optional<std::uint16_t> add_fault(fault_rule rule);
  void replace_fault(std::uint16_t index, fault_rule rule);  // in its place
  void lift_fault(std::uint16_t index);
  // Faults not lifted begin anew at `now`, calls are counted from attempt 1 again.
  void start_over(instant now);
  accounts& books();
  void advance_date(std::chrono::seconds by);
  deepseek::date date_at(instant now) const;

 private:
  std::unique_ptr<server_core> core_;
  server_observer* observer_ = nullptr;
};

}  // namespace stampede
