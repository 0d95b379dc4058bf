// A mock server and a raw client for tests of what is on the wire: the server's records, requests
// to send, answers taken apart. Nothing of ours but the server is involved.
//
// Use: class Wire : public testing::wire_rig {};  client c(serve().port()); c.send(post(ping));
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mockserver/live/mock_service.hpp"
#include "tests/live/raw_client.hpp"

namespace stampede::testing {

using client = raw_client;

class log_sink final : public record_sink {
 public:
  void on_attempt(const attempt_record&) override {}
  void on_call(const call_record&) override {}
  void on_exchange(const exchange_record& r) override {
    const std::lock_guard lock(mutex_);
    if (only_first_ && !exchanges_.empty()) return;
    exchanges_.push_back(r);
    changed_.notify_all();
  }
  void keep_only_first() {
    const std::lock_guard lock(mutex_);
    only_first_ = true;
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return exchanges_.size();
  }
  // The first record, waited for.
  std::optional<exchange_record> first() {
    std::unique_lock lock(mutex_);
    const auto there = [&] { return !exchanges_.empty(); };
    if (!changed_.wait_for(lock, std::chrono::seconds(5), there)) return std::nullopt;
    return exchanges_.front();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<exchange_record> exchanges_;
  bool only_first_ = false;
};

using setting = std::pair<const char*, std::variant<bool, std::int64_t, double, const char*>>;

inline config_table table(std::initializer_list<setting> cells) {
  config_table t;
  for (const auto& [key, value] : cells) {
    config_value v;
    if (const auto* text = std::get_if<const char*>(&value)) v.data = std::string(*text);
    if (const auto* number = std::get_if<std::int64_t>(&value)) v.data = *number;
    if (const auto* real = std::get_if<double>(&value)) v.data = *real;
    if (const auto* flag = std::get_if<bool>(&value)) v.data = *flag;
    t.entries.push_back({key, {}, v});
  }
  return t;
}

inline std::string post(const std::string& body, const std::string& extra = "",
                        const std::string& path = "/chat/completions") {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-test\r\n{}Content-Length: {}\r\n\r\n"
      "{}",
      path, extra, body.size(), body);
}

inline const std::string ping =
    R"({"model":"deepseek-v4-flash","messages":[{"role":"user","content":"ping"}],)"
    R"("thinking":{"type":"disabled"}})";
inline const std::string stream_ping =
    R"({"model":"deepseek-v4-flash","stream":true,)"
    R"("messages":[{"role":"user","content":"ping"}],"thinking":{"type":"disabled"}})";

struct reply {
  std::string head;
  std::string body;
};

inline std::size_t content_length(const std::string& head) {
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

// An answer that states its length.
inline reply read_reply(client& c) {
  reply r;
  r.head = c.until("\r\n\r\n");
  r.body = c.exactly(content_length(r.head));
  return r;
}

inline std::string without_chunks(std::string wire) {
  std::string body;
  for (;;) {
    const std::size_t line = wire.find("\r\n");
    if (line == std::string::npos) return body + "<cut>";
    const std::size_t size = std::stoul(wire.substr(0, line), nullptr, 16);
    if (size == 0) return body;
    if (wire.size() < line + 2 + size) return body + wire.substr(line + 2) + "<cut>";
    body += wire.substr(line + 2, size);
    wire.erase(0, line + 2 + size + 2);
  }
}

class wire_rig : public ::testing::Test {
 protected:
  mock_service& serve(std::initializer_list<setting> fault = {}, double speed = 50,
                      server_settings settings = {}, listen_options listen = {}) {
    std::vector<config_table> faults;
    if (fault.size() > 0) faults.push_back(table(fault));
    mock_service_options options;
    options.speed = speed;
    options.listen = std::move(listen);
    service_ =
        std::make_unique<mock_service>(std::move(settings), parse_faults(faults), options, records);
    return *service_;
  }

  log_sink records;

 private:
  std::unique_ptr<mock_service> service_;
};

}  // namespace stampede::testing
