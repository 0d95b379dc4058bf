// What the tests of the server model share: tables typed as C++, requests, and a rig that feeds
// a model in virtual time and writes down its effects, a line each.
//
//   rig server(settings, {table({{"kind", "status"}, {"status", 503}})});
//   server.ask(chat(0, 1));
//   server.run_to(10s);
//   EXPECT_EQ(server.transcript(), "0s #0 head 503 last\n0s #0 end clean\n");
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "mockserver/server_model.hpp"

namespace stampede::testing {

using namespace std::chrono_literals;

inline config_value value_of(const char* text) { return {{}, std::string(text)}; }
inline config_value value_of(int number) { return {{}, std::int64_t{number}}; }
inline config_value value_of(double number) { return {{}, number}; }
inline config_value value_of(bool flag) { return {{}, flag}; }
inline config_value value_of(config_table inner) { return {{}, std::move(inner)}; }
inline config_value value_of(config_array values) { return {{}, std::move(values)}; }

struct cell {
  template <class T>
  cell(std::string name, T content) : key(std::move(name)), value(value_of(std::move(content))) {}
  std::string key;
  config_value value;
};

inline config_table table(std::initializer_list<cell> cells) {
  config_table t;
  for (const cell& c : cells) t.entries.push_back({c.key, {}, c.value});
  return t;
}

class log_sink final : public record_sink {
 public:
  void on_attempt(const attempt_record&) override {}
  void on_call(const call_record&) override {}
  void on_exchange(const exchange_record& r) override { exchanges.push_back(r); }
  std::vector<exchange_record> exchanges;
};

// A valid request that declares its workload.
inline server_request chat(std::uint32_t instance, std::uint32_t call, std::int32_t output = 60) {
  server_request r;
  r.where = route::chat;
  r.auth = auth_form::bearer;
  r.key = "sk-test";
  r.identity = {instance, call, true};
  r.workload = {true, 2000, 200, output, duration{0}};
  r.model = "deepseek-v4-flash";
  r.chat.has_model = true;
  r.chat.messages = 1;
  r.chat.prompt_bytes = 4;
  r.chat.thinking = false;
  return r;
}

inline server_request streamed(server_request r) {
  r.chat.stream = true;
  return r;
}

inline server_request with_work(server_request r, duration work) {
  r.workload.work = work;
  return r;
}

class rig {
 public:
  explicit rig(server_settings settings = {}, const std::vector<config_table>& faults = {},
               std::uint64_t seed = 1)
      : model(std::move(settings), parse_faults(faults), seed, 0, sink) {}

  // Feeds a request now and returns its id.
  exchange_id ask(const server_request& request) {
    const exchange_id id = model.next_id();
    feed(id, request_received{&request});
    return id;
  }

  void feed(exchange_id id, const server_event& event) {
    model.on(id, event, now, effects_);
    for (std::size_t i = 0; i < effects_.size(); ++i) note(effects_[i]);
    const auto carried_out = std::exchange(effects_, {});
    if (!reads) return;
    for (const server_effect& e : carried_out) {
      const auto* piece = std::get_if<emit>(&e);
      if (piece && !piece->piece.last) feed(piece->exchange, written{});
    }
  }

  // Wakes the model whenever it asks, up to and including `t`.
  void run_to(duration t) {
    const instant until = run_start + t;
    while (model.next_wakeup() <= until) {
      const instant due = std::max(now, model.next_wakeup());
      ASSERT_LT(++steps, 10'000'000) << "the model asks for wake-ups for ever";
      now = due;
      feed({}, server_wakeup{});
    }
    now = std::max(now, until);
  }

  void run_all() {
    while (model.open() > 0 && model.next_wakeup() != never) {
      run_to(model.next_wakeup() - run_start);
    }
  }

  std::string transcript() { return std::exchange(lines_, {}); }

  bool reads = true;  // every emit is written at once
  log_sink sink;
  server_model model;
  instant now{};

 private:
  static std::string seconds(duration d) { return fmt::format("{:g}s", to_seconds(d)); }

  void note(const server_effect& effect) {
    const exchange_id id = std::visit([](const auto& e) { return e.exchange; }, effect);
    lines_ += seconds(now - run_start) + " #" + std::to_string(id.serial);
    if (const auto* over = std::get_if<end>(&effect)) {
      lines_ += " end " + std::string(name_of(over->how)) + "\n";
      return;
    }
    const segment& piece = std::get<emit>(effect).piece;
    const answer& a = model.answer_of(id);
    if (piece.head) lines_ += " head " + std::to_string(a.status);
    if (piece.keep_alive) lines_ += " keep-alive";
    if (piece.count > 0) {
      lines_ += " tokens " + std::to_string(piece.first) + "+" + std::to_string(piece.count);
    }
    if (piece.cut_at >= 0) lines_ += " cut " + std::to_string(piece.cut_at);
    if (piece.last) lines_ += " last";
    if (piece.head && a.retry_after != no_duration) {
      lines_ += " retry-after " + seconds(a.retry_after);
    }
    lines_ += "\n";
  }

  effects<server_effect> effects_;
  std::string lines_;
  std::int64_t steps = 0;
};

}  // namespace stampede::testing
