// Drives one client_instance by hand and prints what it asks for, one word an effect:
// "send 1", "send 2 on deepseek-v4-pro", "cancel 1", "deliver 3", "finish success".
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "client/client_instance.hpp"

namespace stampede::testing {

using namespace std::chrono_literals;

inline instant at(duration d) { return run_start + d; }

struct kept_records : record_sink {
  void on_attempt(const attempt_record& r) override { attempts.push_back(r); }
  void on_call(const call_record& r) override { calls.push_back(r); }
  void on_exchange(const exchange_record&) override {}
  std::vector<attempt_record> attempts;
  std::vector<call_record> calls;
};

class script {
 public:
  explicit script(client_policy policy, std::uint64_t seed = 1)
      : setup_{.policy = policy,
               .models = model_chain(policy, "deepseek-v4-flash", deepseek::default_date),
               .group = 0,
               .seed = seed,
               .replication = 0},
        client(setup_, instance_id{3}, records) {}

  call_id start(duration t, call_request request = {}) {
    const call_id id = client.next_id();
    client.start(id, request, at(t), out_);
    return id;
  }
  void head(call_id id, duration t, std::uint16_t attempt, int status,
            duration retry_after = no_duration, retry_hint hint = retry_hint::none) {
    client.on(id, head_received{attempt, static_cast<std::int16_t>(status), retry_after, hint},
              at(t), out_);
  }
  void reply(call_id id, duration t, std::uint16_t attempt, outcome result,
             token_usage usage = {}) {
    client.on(id, reply_received{attempt, result, usage}, at(t), out_);
  }
  // The whole answer at once.
  void answer(call_id id, duration t, std::uint16_t attempt, int status, outcome result,
              duration retry_after = no_duration) {
    head(id, t, attempt, status, retry_after);
    reply(id, t, attempt, result);
  }
  void piece(call_id id, duration t, std::uint16_t attempt, bool payload,
             std::uint32_t tokens = 0) {
    client.on(id, piece_received{attempt, payload, tokens}, at(t), out_);
  }
  void broken(call_id id, duration t, std::uint16_t attempt, outcome how) {
    client.on(id, transport_error{attempt, how}, at(t), out_);
  }
  void wake(call_id id, duration t) { client.on(id, wakeup{}, at(t), out_); }
  void leave(call_id id, duration t) { client.on(id, call_cancelled{}, at(t), out_); }
  void stop(duration t) { client.stop(at(t), out_); }

  // Wakes the call exactly when it asks for it, and says when that was.
  duration wake_when_due(call_id id) {
    const instant due = client.next_wakeup(id);
    client.on(id, wakeup{}, due, out_);
    return due - run_start;
  }

  // The effects since the last time, printed.
  std::string said() {
    std::string text;
    for (const client_effect& e : out_) {
      if (!text.empty()) text += ", ";
      if (const auto* s = std::get_if<send_attempt>(&e)) {
        text += fmt::format("send {}", s->attempt);
        if (s->chain > 0) text += " on " + setup_.models[s->chain].name;
      } else if (const auto* c = std::get_if<cancel_attempt>(&e)) {
        text += fmt::format("cancel {}", c->attempt);
      } else if (const auto* d = std::get_if<deliver>(&e)) {
        text += fmt::format("deliver {}", d->tokens);
      } else if (const auto* f = std::get_if<finish>(&e)) {
        text += fmt::format("finish {} by {}", name_of(f->result), name_of(f->why));
      } else if (std::holds_alternative<rearm>(e)) {
        text += "rearm";
      }
    }
    out_.clear();
    return text;
  }

  kept_records records;

 private:
  client_setup setup_;
  effects<client_effect> out_;

 public:
  client_instance client;
};

inline client_policy guide() { return *find_preset("guide"); }

}  // namespace stampede::testing
