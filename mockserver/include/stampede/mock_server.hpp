// A mock DeepSeek inside your own test: start it, point your client at it, script faults, read what
// it saw.
//
// Listens on 127.0.0.1 in a thread of its own from construction to stop(). Faults and settings are
// given as JSON with the keys of a scenario's [[fault]] and [server] tables. Every member but
// stop() and the destructor may be called from any thread, as long as neither of these has begun.
// The same seed gives the same answers to the same calls.
//
// Use:
//   stampede::mock_server mock;
//   mock.add_fault(R"({"kind": "status", "status": 503, "count": 2})");
//   my_client(mock.url()).chat("ping");
//   ASSERT_EQ(mock.wait_for_attempts(3).size(), 3u);
// Errors: std::invalid_argument with one line for JSON that says something wrong;
// std::system_error where the port cannot be had.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace stampede {

// One request as the server saw it, once it is over.
struct seen_attempt {
  std::uint64_t number = 0;     // from 1
  std::string call;             // which call it is a try of: "<instance>-<serial>"
  bool call_by_header = false;  // x-stampede-call said so; else made from key, path and body
  int attempt = 0;              // of that call, counted by the server, from 1
  std::string route;            // "chat", "completions", "messages", "models", ...
  std::string model;
  bool stream = false;
  int status = 0;          // 0: the client left before there was one
  std::string outcome;     // "success", "rate_limited", "truncated_json", ...
  int fault = -1;          // the number add_fault gave; -1: none
  std::string fault_kind;  // "" where there was none
  bool client_left = false;
  std::chrono::microseconds arrived{0};      // since the server started
  std::chrono::microseconds took{0};         // to its end
  std::chrono::microseconds retry_after{0};  // as sent; below zero where it was not
  int prompt_tokens = 0;
  int output_tokens = 0;
  double charge_usd = 0;
};

struct mock_server_options {
  unsigned short port = 0;  // 0: any free one
  std::string server;       // a [server] table as JSON, such as {"slots": 4}
  std::uint64_t seed = 1;
  double speed = 1;  // seconds of the mock in a second of yours: shortens its waits
  bool tls = false;  // HTTPS with a certificate of its own, see certificate()
};

class mock_server {
 public:
  explicit mock_server(const mock_server_options& options = {});
  ~mock_server();
  mock_server(const mock_server&) = delete;
  mock_server& operator=(const mock_server&) = delete;

  unsigned short port() const;
  std::string url() const;          // "http://127.0.0.1:43123"
  std::string certificate() const;  // PEM, for clients to trust; "" without TLS

  // Behind the others; the first that applies decides. Its window begins now. Returns its number.
  int add_fault(const std::string& json);
  void replace_fault(int number, const std::string& json);
  void lift_fault(int number);
  void lift_faults();
  std::uint64_t injected(int number) const;  // how many requests it has taken

  // The last 4,096, the oldest first.
  std::vector<seen_attempt> journal() const;
  // The same once there are at least `count`, or after `patience`.
  std::vector<seen_attempt> wait_for_attempts(
      std::size_t count, std::chrono::milliseconds patience = std::chrono::seconds(5)) const;
  // Forgets the journal and the attempts of calls; faults in force begin anew.
  void reset();

  // Any request of the control API, such as control("POST", "/_stampede/date",
  // R"({"advance":"48h"})"). Returns its JSON.
  std::string control(const std::string& method, const std::string& target,
                      const std::string& json = "");

  void stop();

 private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

}  // namespace stampede
