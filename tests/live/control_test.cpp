// The control API, /metrics and the token, over real sockets: a mock scripted while it serves.
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>

#include "tests/live/wire_rig.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::client;
using testing::ping;
using testing::post;
using testing::read_reply;
using testing::reply;

std::string request(const std::string& method, const std::string& target, const std::string& body,
                    const std::string& extra = "") {
  return fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:8787\r\n{}Content-Length: {}\r\n\r\n{}",
                     method, target, extra, body.size(), body);
}

class Control : public testing::wire_rig {
 protected:
  mock_service& serve_controlled(server_settings settings = {}, const std::string& token = "") {
    mock_service_options options;
    options.control = control_options{token, {}, "test"};
    mock_ = std::make_unique<mock_service>(std::move(settings), std::vector<fault_rule>{}, options,
                                           records);
    return *mock_;
  }

  // One request on a connection of its own.
  reply ask(const std::string& method, const std::string& target, const std::string& body = "",
            const std::string& extra = "") {
    client c(mock_->port());
    c.send(request(method, target, body, extra));
    return read_reply(c);
  }
  json asked(const std::string& method, const std::string& target, const std::string& body = "") {
    const reply r = ask(method, target, body);
    EXPECT_TRUE(json::accept(r.body)) << r.head << r.body;
    return json::parse(r.body, nullptr, false);
  }
  std::string chat(const std::string& extra = "", const std::string& body = ping) {
    client c(mock_->port());
    c.send(post(body, extra));
    return read_reply(c).head;
  }

 private:
  std::unique_ptr<mock_service> mock_;
};

bool is(const std::string& head, const char* status) {
  return head.starts_with(std::string("HTTP/1.1 ") + status + " ");
}

TEST_F(Control, FaultsAreAddedReplacedAndLifted) {
  serve_controlled();
  EXPECT_TRUE(is(chat(), "200"));
  const json added =
      asked("POST", "/_stampede/faults", R"({"kind":"status","status":503,"retry_after":"2s"})");
  ASSERT_EQ(added["faults"].size(), 1U) << added;
  EXPECT_EQ(added["faults"][0]["number"], 0);
  EXPECT_EQ(added["faults"][0]["kind"], "status");
  EXPECT_EQ(added["faults"][0]["state"], "open");
  EXPECT_EQ(added["faults"][0]["fault"]["retry_after"], "2s");
  const std::string refused = chat();
  EXPECT_TRUE(is(refused, "503")) << refused;
  EXPECT_NE(refused.find("Retry-After: 2\r\n"), std::string::npos);
  EXPECT_NE(refused.find("x-stampede-fault: 0:status\r\n"), std::string::npos);

  asked("PUT", "/_stampede/faults/0", R"({"kind":"status","status":500})");
  EXPECT_TRUE(is(chat(), "500"));
  EXPECT_EQ(asked("GET", "/_stampede/faults/0")["injected"], 1);

  asked("POST", "/_stampede/faults",
        R"([{"kind":"status","status":429},{"kind":"latency","add":"1ms"}])");
  EXPECT_TRUE(is(chat(), "500")) << "the first that applies decides";
  EXPECT_TRUE(is(ask("DELETE", "/_stampede/faults/0").head, "200"));
  EXPECT_TRUE(is(chat(), "429"));
  EXPECT_TRUE(is(ask("DELETE", "/_stampede/faults/0").head, "404")) << "lifted already";
  EXPECT_EQ(asked("PUT", "/_stampede/faults",
                  R"([{"kind":"status","status":402}])")["faults"][0]["number"],
            3);
  EXPECT_TRUE(is(chat(), "402"));
  asked("DELETE", "/_stampede/faults");
  EXPECT_TRUE(is(chat(), "200"));
}

TEST_F(Control, AFaultsWindowBeginsWhenItIsAdded) {
  serve_controlled();
  const json f = asked("POST", "/_stampede/faults",
                       R"({"kind":"status","status":503,"at":"10m","for":"1m"})")["faults"][0];
  EXPECT_EQ(f["state"], "waiting");
  EXPECT_NEAR(f["to_ms"].get<double>() - f["from_ms"].get<double>(), 60'000, 0.01);
  EXPECT_GT(f["from_ms"].get<double>(), 600'000);
  EXPECT_TRUE(is(chat(), "200"));
}

TEST_F(Control, AWrongFaultIsRefusedInTheWordsOfAScenario) {
  serve_controlled();
  struct row {
    const char* body;
    const char* message;
  };
  const row rows[] = {
      {R"({"kind":"status","status":503,"retry_aftr":"2s"})",
       "body:1:31: unknown key 'retry_aftr', did you mean 'retry_after'?"},
      {R"({"kind":"statsu"})", "body:1:9: no fault is called 'statsu', did you mean 'status'?"},
      {"{\"kind\":\"status\",\n \"status\":200}",
       "body:2:11: 'status' must be from 400 to 599, not 200"},
      {R"({"kind":"outage","for":30})",
       "body:1:24: 'for' must be a duration in quotes, such as \"250ms\", \"90s\" or \"10m\", "
       "not a whole number"},
      {R"({"kind":"outage","for":null})", "body:1:24: null says nothing here; leave the key out"},
      {R"({"kind":"outage","for":"3s","for":"4s"})", "body:1:29: the key 'for' is there twice"},
      {R"({"kind":"outage",})", "body:1:18: not valid JSON: trailing comma"},
      {R"(["outage"])", "body:1:2: a list of objects is needed"},
      {"", "body:1:1: not valid JSON: EOF while parsing a value"},
  };
  for (const row& r : rows) {
    const reply got = ask("POST", "/_stampede/faults", r.body);
    EXPECT_TRUE(is(got.head, "400")) << r.body << got.head;
    EXPECT_EQ(json::parse(got.body)["error"]["message"].get<std::string>(), r.message);
  }
  EXPECT_EQ(ask("POST", "/_stampede/faults", std::string(100'000, '[')).head.substr(9, 3), "400");
  EXPECT_EQ(
      ask("POST", "/_stampede/faults", R"([{"kind":"outage"},{"kind":"outag"}])").head.substr(9, 3),
      "400");
  EXPECT_TRUE(asked("GET", "/_stampede/faults")["faults"].empty()) << "all of them or none";
}

TEST_F(Control, TheJournalTellsEachAttempt) {
  serve_controlled();
  asked("POST", "/_stampede/faults",
        R"({"kind":"status","status":429,"retry_after":"1500ms","count":1})");
  chat("x-stampede-call: 3-17\r\n");
  chat("x-stampede-call: 3-17\r\n");
  chat("", R"({"model":"deepseek-v4-flash"})");
  const json j = asked("GET", "/_stampede/journal?after=0");
  ASSERT_EQ(j["attempts"].size(), 3U) << j;
  const json& first = j["attempts"][0];
  EXPECT_EQ(first["number"], 1);
  EXPECT_EQ(first["call"], "3-17");
  EXPECT_EQ(first["call_known_by"], "header");
  EXPECT_EQ(first["attempt"], 1);
  EXPECT_EQ(first["status"], 429);
  EXPECT_EQ(first["outcome"], "rate_limited");
  EXPECT_EQ(first["fault"], 0);
  EXPECT_EQ(first["fault_kind"], "status");
  EXPECT_EQ(first["retry_after_ms"], 2000) << "as sent: in whole seconds";
  EXPECT_EQ(first["key"], "****");
  const json& second = j["attempts"][1];
  EXPECT_EQ(second["attempt"], 2);
  EXPECT_EQ(second["outcome"], "success");
  EXPECT_TRUE(second["fault"].is_null());
  EXPECT_EQ(second["output_tokens"], 12);
  EXPECT_GT(second["charge_usd"].get<double>(), 0);
  EXPECT_EQ(j["attempts"][2]["call_known_by"], "content");
  EXPECT_EQ(j["attempts"][2]["status"], 400);
  EXPECT_EQ(asked("GET", "/_stampede/journal?after=2")["attempts"].size(), 1U);
  EXPECT_EQ(asked("GET", "/_stampede/journal?limit=1")["attempts"][0]["number"], 3);
  EXPECT_EQ(asked("GET", "/_stampede/journal")["attempts"][0]["number"], 3) << "the newest first";
  EXPECT_TRUE(is(ask("GET", "/_stampede/journal?limit=x").head, "400"));
}

TEST_F(Control, TheJournalKnowsTheKeysOfWhoCameBeforeItWasAsked) {
  serve_controlled();
  chat("");
  EXPECT_EQ(asked("GET", "/_stampede/journal")["attempts"][0]["key"], "****");
}

TEST_F(Control, ResetForgetsAttemptsAndStartsFaultsAnew) {
  serve_controlled();
  asked("POST", "/_stampede/faults", R"({"kind":"status","status":503,"count":1})");
  EXPECT_TRUE(is(chat("x-stampede-call: 1-1\r\n"), "503"));
  EXPECT_TRUE(is(chat("x-stampede-call: 1-1\r\n"), "200"));
  asked("POST", "/_stampede/reset");
  EXPECT_TRUE(asked("GET", "/_stampede/journal")["attempts"].empty());
  EXPECT_EQ(asked("GET", "/_stampede/state")["attempts_seen"], 0);
  EXPECT_TRUE(is(chat("x-stampede-call: 1-1\r\n"), "503")) << "its count is one again";
  EXPECT_EQ(asked("GET", "/_stampede/journal")["attempts"][0]["attempt"], 1);
}

TEST_F(Control, BalancesAreToppedUpAndEmptied) {
  server_settings settings;
  account_settings poor;
  poor.name = "poor";
  poor.keys = {"sk-test"};
  poor.topped_up = pico_usd{1};
  poor.alert_below = pico_usd{1'000'000'000'000};
  settings.accounts.push_back(poor);
  serve_controlled(settings);
  EXPECT_TRUE(is(chat(), "200"));
  EXPECT_TRUE(is(chat(), "402"));
  const std::string metrics = ask("GET", "/metrics").body;
  EXPECT_NE(metrics.find("stampede_account_balance_low{account=\"poor\"} 1\n"), std::string::npos);
  EXPECT_NE(metrics.find("stampede_account_low_balance_alerts_total{account=\"poor\"} 1\n"),
            std::string::npos);
  const json after = asked("POST", "/_stampede/accounts/poor", R"({"top_up":"5.00"})");
  EXPECT_NEAR(after["accounts"][0]["left_usd"].get<double>(), 5.0, 0.001);
  EXPECT_EQ(after["accounts"][0]["low"], false);
  EXPECT_TRUE(is(chat(), "200"));
  asked("POST", "/_stampede/accounts/poor", R"({"empty":true})");
  EXPECT_TRUE(is(chat(), "402"));
  EXPECT_TRUE(is(ask("POST", "/_stampede/accounts/rich", R"({"empty":true})").head, "404"));
  EXPECT_TRUE(is(ask("POST", "/_stampede/accounts/poor", R"({"top_up":"five"})").head, "400"));
  EXPECT_TRUE(is(ask("POST", "/_stampede/accounts/poor", "{}").head, "400"));
  const std::string fortune = R"({"top_up":"9000000"})";
  EXPECT_TRUE(is(ask("POST", "/_stampede/accounts/poor", fortune).head, "200"));
  EXPECT_TRUE(is(ask("POST", "/_stampede/accounts/poor", fortune).head, "409")) << "an int64";
}

TEST_F(Control, MoneyWithoutEndCanBeEnded) {
  serve_controlled();
  EXPECT_TRUE(is(ask("POST", "/_stampede/accounts/default", R"({"top_up":"1"})").head, "409"));
  asked("POST", "/_stampede/accounts/default", R"({"empty":true})");
  EXPECT_TRUE(is(chat(), "402"));
  asked("POST", "/_stampede/accounts/default", R"({"top_up":"1"})");
  EXPECT_TRUE(is(chat(), "200"));
}

TEST_F(Control, TheServicesDateGoesForward) {
  serve_controlled();
  const std::string legacy =
      R"({"model":"deepseek-chat","messages":[{"role":"user","content":"ping"}]})";
  EXPECT_TRUE(is(chat("", legacy), "200"));
  EXPECT_TRUE(
      asked("GET", "/_stampede/date")["date"].get<std::string>().starts_with("2026-04-25T00:00:"));
  EXPECT_EQ(asked("POST", "/_stampede/date", R"({"date":"2026-07-25"})")["date"],
            "2026-07-25T00:00:00Z");
  EXPECT_FALSE(is(chat("", legacy), "200")) << "the name has retired";
  EXPECT_EQ(
      asked("POST", "/_stampede/date", R"({"advance":"48h"})")["date"].get<std::string>().substr(
          0, 10),
      "2026-07-27");
  EXPECT_TRUE(is(ask("POST", "/_stampede/date", R"({"date":"2026-01-01"})").head, "400"));
  EXPECT_TRUE(is(ask("POST", "/_stampede/date", R"({"date":"soon"})").head, "400"));
}

TEST_F(Control, MetricsCountWithUnits) {
  serve_controlled();
  asked("POST", "/_stampede/faults", R"({"kind":"status","status":429,"count":1})");
  chat();
  chat();
  const reply r = ask("GET", "/metrics");
  EXPECT_NE(r.head.find("Content-Type: text/plain; version=0.0.4"), std::string::npos);
  for (const char* line :
       {"stampede_attempts_total{status=\"429\",outcome=\"rate_limited\",fault=\"status\"} 1\n",
        "stampede_attempts_total{status=\"200\",outcome=\"success\",fault=\"\"} 1\n",
        "stampede_attempt_duration_seconds_count 2\n",
        "stampede_attempt_duration_seconds_bucket{le=\"+Inf\"} 2\n",
        "stampede_tokens_total{kind=\"output\"} 12\n", "stampede_requests_in_flight 0\n",
        "stampede_connections_open 1\n",
        "stampede_faults_injected_total{fault=\"0\",kind=\"status\"} 1\n",
        "stampede_faults_in_force 1\n", "# TYPE stampede_attempts_total counter\n",
        "stampede_info{scenario=\"test\",profile=\"documented\"} 1\n"}) {
    EXPECT_NE(r.body.find(line), std::string::npos) << line << "\n" << r.body;
  }
  // Every sample belongs to a metric that says what it is.
  std::istringstream in(r.body);
  std::string about;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# TYPE ")) about = line.substr(7, line.find(' ', 7) - 7);
    EXPECT_TRUE(line.starts_with("#") || line.starts_with(about)) << line;
  }
}

TEST_F(Control, ATokenIsAskedForWhereThereIsOne) {
  serve_controlled({}, "swordfish");
  EXPECT_TRUE(is(ask("GET", "/_stampede/ready").head, "200"));
  EXPECT_TRUE(is(ask("GET", "/_stampede/").head, "200")) << "the page itself holds nothing";
  for (const char* target : {"/_stampede/state", "/_stampede/faults", "/_stampede/journal",
                             "/_stampede/accounts", "/metrics"}) {
    EXPECT_TRUE(is(ask("GET", target).head, "401")) << target;
    EXPECT_TRUE(is(ask("GET", target, "", "Authorization: Bearer swordfisH\r\n").head, "401"));
    EXPECT_TRUE(is(ask("GET", target, "", "Authorization: Bearer swordfish\r\n").head, "200"));
    EXPECT_TRUE(is(ask("GET", target, "", "x-stampede-token: swordfish\r\n").head, "200"));
    const char* both = "Authorization: Bearer sk-of-the-api\r\nx-stampede-token: swordfish\r\n";
    EXPECT_TRUE(is(ask("GET", target, "", both).head, "200"));
  }
  EXPECT_TRUE(is(chat(), "200")) << "the mock itself asks for API keys only";
}

TEST_F(Control, PagesOfOtherOriginsCannotDriveIt) {
  serve_controlled();
  EXPECT_TRUE(
      is(ask("POST", "/_stampede/reset", "", "Origin: http://evil.example\r\n").head, "403"));
  EXPECT_TRUE(
      is(ask("POST", "/_stampede/reset", "", "Origin: http://127.0.0.1:8787\r\n").head, "200"));
  mock_service& mock = serve_controlled();
  for (const std::string host : {"rebound.example", "127.rebound.example", "127.0.0.1.example"}) {
    client c(mock.port());
    c.send("GET /_stampede/state HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    EXPECT_TRUE(is(read_reply(c).head, "403")) << host;
  }
}

TEST_F(Control, UnknownEndpointsAndMethodsSaySo) {
  serve_controlled();
  EXPECT_TRUE(is(ask("GET", "/_stampede/nothing").head, "404"));
  const reply r = ask("POST", "/_stampede/state");
  EXPECT_TRUE(is(r.head, "405"));
  EXPECT_NE(r.head.find("Allow: GET, HEAD\r\n"), std::string::npos);
  const reply metrics = ask("DELETE", "/metrics");
  EXPECT_TRUE(is(metrics.head, "405")) << metrics.head;
  EXPECT_NE(metrics.head.find("Allow: GET, HEAD\r\n"), std::string::npos);
  EXPECT_TRUE(is(ask("GET", "/_stampede/reset").head, "405"));
}

TEST_F(Control, AnotherScenarioTakesOverWhileRequestsAreUnderWay) {
  mock_service& mock = serve_controlled();
  asked("POST", "/_stampede/faults", R"({"kind":"latency","add":"400ms"})");
  client slow(mock.port());
  slow.send(post(ping));
  while (mock.seen().open == 0) std::this_thread::yield();
  server_settings next;
  next.api_keys = {"sk-another"};
  mock.replace(
      next,
      {testing::table(
          {{"kind", "status"}, {"status", std::int64_t{503}}, {"at", "0s"}, {"for", "1h"}})},
      "next");
  EXPECT_TRUE(is(chat(), "401")) << "the new server's keys";
  EXPECT_TRUE(is(read_reply(slow).head, "200")) << "the old server's answer";
  const json state = asked("GET", "/_stampede/state");
  EXPECT_EQ(state["scenario"]["name"], "next");
  EXPECT_EQ(state["scenario"]["loads"], 2);
  EXPECT_EQ(state["faults"].size(), 1U);
  mock.keep("storm.toml:3:1: unknown key 'slotz', did you mean 'slots'?");
  EXPECT_EQ(asked("GET", "/_stampede/state")["scenario"]["problem"],
            "storm.toml:3:1: unknown key 'slotz', did you mean 'slots'?");
}

}  // namespace
}  // namespace stampede
