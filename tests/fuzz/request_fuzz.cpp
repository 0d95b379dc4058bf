// libFuzzer: bytes from a socket, in pieces of any size, through the HTTP reader, the request
// reader and a serving model with faults, to the bytes of the answers.
//
// The first byte chooses profile and faults, the second the size of the pieces. Held: nothing
// crashes or asserts, every exchange ends exactly once, every answer begins with a status line,
// the control API answers JSON, and nothing is left open.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "mockserver/control.hpp"
#include "mockserver/json_table.hpp"
#include "mockserver/live/http_reader.hpp"
#include "mockserver/server_model.hpp"
#include "mockserver/wire.hpp"

namespace stampede {
namespace {

void hold(bool condition) {
  if (!condition) std::abort();
}

std::vector<fault_rule> faults_of(unsigned choice) {
  constexpr const char* some[] = {
      R"([])",
      R"([{"kind":"truncate","cut_at":"50%"}])",
      R"([{"kind":"truncate","cut_at":100,"ending":"reset"}])",
      R"([{"kind":"queue_hang","hold":"30s","then":"error"}])",
      R"([{"kind":"rate_limit","retry_after":"2s","ratio":0.5},{"kind":"empty_content"}])",
      R"([{"kind":"latency","add":"1s","ratio":0.5},{"kind":"status","status":500}])",
      R"([{"kind":"insufficient_resource","ratio":0.5},{"kind":"outage","at":"1s","for":"2s"}])",
      R"([{"kind":"queue_hang","hold":"20s","then":"close"}])",
      R"([{"kind":"error_event","status":503,"ratio":0.7},{"kind":"missing_finish"}])",
      R"([{"kind":"malformed_json","ratio":0.7},{"kind":"wrong_type"}])",
      R"([{"kind":"stall","ratio":0.5},{"kind":"slow_stream","tokens_per_second":4}])",
      R"([{"kind":"reset","ratio":0.5},{"kind":"close","cut_at":"50%"}])",
      R"([{"sequence":["429 retry_after=2","503","truncate at=40%","ok"]}])",
  };
  return parse_faults(json_tables(some[choice % std::size(some)], "fault"));
}

// A model, and what came of each of its exchanges.
class desk {
 public:
  explicit desk(unsigned choice)
      : control_({}, seen_), model_(settings_of(choice), faults_of(choice >> 2), 1, 0, seen_) {}

  void take(const http_request& message) {
    wire_form form{message.keep_alive, message.version >= 11, message.method == "HEAD"};
    if (control_.takes(message.target)) {
      const page p = control_.answer({.method = message.method,
                                      .target = message.target,
                                      .headers = message.headers,
                                      .body = message.body},
                                     model_, {}, now_);
      if (p.content_type == "application/json") hold(nlohmann::json::accept(p.body));
      std::string bytes;
      append_page(p, form, bytes);
      return;
    }
    const server_request request =
        read_request(message.method, message.target, message.headers, message.body);
    const exchange_id id = model_.next_id();
    waiting_[id.serial] = {id, form};
    feed(id, request_received{&request});
    now_ += std::chrono::milliseconds(50);
  }

  // Lets time pass until everything is over.
  void finish() {
    for (int steps = 0; model_.open() > 0; ++steps) {
      hold(steps < 200'000);
      const instant due = model_.next_wakeup();
      if (due == never) {  // a stalled answer lasts until its client leaves
        hold(!waiting_.empty());
        const exchange_id id = waiting_.begin()->second.id;
        waiting_.erase(waiting_.begin());
        feed(id, peer_left{});
        continue;
      }
      now_ = std::max(now_, due);
      feed({}, server_wakeup{});
    }
    hold(waiting_.empty());
  }

 private:
  static server_settings settings_of(unsigned choice) {
    server_settings s;
    s.profile = (choice & 1) != 0 ? server_profile::observed : server_profile::documented;
    s.strict_history = (choice & 2) != 0;
    s.slots = 2;
    s.queue_places = 2;
    s.stream_interval = std::chrono::seconds(1);
    s.tokens_per_second = 100;
    s.prefix_cache_units = 64;
    return s;
  }

  struct client {
    exchange_id id;
    wire_form form;
  };

  void feed(exchange_id id, const server_event& event) {
    effects<server_effect> out;
    model_.on(id, event, now_, out);
    std::vector<exchange_id> to_write;
    for (const server_effect& effect : out) {
      if (const auto* e = std::get_if<emit>(&effect)) {
        const auto client = waiting_.find(e->exchange.serial);
        hold(client != waiting_.end());
        std::string bytes;
        append_wire(model_.answer_of(e->exchange), e->piece, client->second.form, bytes);
        if (e->piece.head) hold(bytes.starts_with("HTTP/1.1 "));
        if (!e->piece.last) to_write.push_back(e->exchange);
      } else {
        hold(waiting_.erase(std::get<end>(effect).exchange.serial) == 1);
      }
    }
    for (const exchange_id one : to_write) {
      if (waiting_.contains(one.serial)) feed(one, written{});
    }
  }

  attempt_journal seen_;
  control control_;
  server_model model_;
  instant now_{};
  std::map<std::uint32_t, client> waiting_;  // of the exchanges that are not over, by serial
};

void run(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return;
  const std::size_t piece = 1 + std::size_t{data[1]} * 8;
  desk server(data[0]);
  http_reader in({.most_body_bytes = 1 << 19, .most_header_bytes = 4096, .most_target_bytes = 512});
  std::string_view left(reinterpret_cast<const char*>(data) + 2, size - 2);
  while (!left.empty()) {
    const auto room = in.room();
    const std::size_t n = std::min({left.size(), piece, room.size()});
    std::memcpy(room.data(), left.data(), n);
    in.received(n);
    left.remove_prefix(n);
    http_reader::progress got = in.read_on();
    for (; got == http_reader::progress::whole; got = in.read_on()) {
      server.take(in.message());
      in.next();
    }
    if (got == http_reader::progress::refused) {
      hold(in.status() >= 400 && in.status() < 600);
      break;
    }
    in.take_continue();
  }
  server.finish();
}

}  // namespace
}  // namespace stampede

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  stampede::run(data, size);
  return 0;
}
