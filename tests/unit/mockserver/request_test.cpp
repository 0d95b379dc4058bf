// Requests as read: routes, headers, and the facts of a chat completion.
#include "mockserver/request.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stampede {
namespace {

const std::vector<header_field> with_key{{"Authorization", "Bearer sk-0123abcd"}};

server_request read(const std::string& body) {
  return read_request("POST", "/chat/completions", with_key, body);
}

// A valid body with `more` put at its end.
std::string chat(const std::string& more = "", const std::string& content = "ping") {
  return R"({"model":"deepseek-v4-flash","messages":[{"role":"user","content":")" + content +
         "\"}]" + (more.empty() ? "" : "," + more) + "}";
}

TEST(Request, Routes) {
  const auto where = [](const char* method, const char* target) {
    return read_request(method, target, {}, "").where;
  };
  EXPECT_EQ(where("POST", "/chat/completions"), route::chat);
  EXPECT_EQ(where("POST", "/v1/chat/completions?x=1"), route::chat);
  EXPECT_EQ(where("POST", "/beta/chat/completions"), route::beta_chat);
  EXPECT_EQ(where("POST", "/beta/completions"), route::completions);
  EXPECT_EQ(where("POST", "/anthropic/v1/messages"), route::messages);
  EXPECT_EQ(where("POST", "/anthropic/messages?beta=true"), route::messages);
  EXPECT_EQ(where("GET", "/models"), route::models);
  EXPECT_EQ(where("GET", "/v1/models"), route::models);
  EXPECT_EQ(where("GET", "/user/balance"), route::balance);
  EXPECT_EQ(where("HEAD", "/models"), route::models);
  EXPECT_EQ(where("HEAD", "/user/balance"), route::balance);
  EXPECT_EQ(where("HEAD", "/chat/completions"), route::wrong_method);
  for (const char* target : {"/batches", "/v1/batches", "/responses", "/anthropic/v1/models",
                             "/chat/completions/", "/v1/user/balance", "/", ""}) {
    EXPECT_EQ(where("POST", target), route::unknown) << target;
  }
}

TEST(Request, AnotherMethodIsToldWhichWouldDo) {
  const server_request get = read_request("GET", "/chat/completions", {}, "");
  EXPECT_EQ(get.where, route::wrong_method);
  EXPECT_EQ(get.allow, "POST");
  const server_request post = read_request("POST", "/models", {}, "");
  EXPECT_EQ(post.where, route::wrong_method);
  EXPECT_EQ(post.allow, "GET");
  EXPECT_EQ(read_request("POST", "/batches", {}, "").allow, "");
}

TEST(Request, Authorization) {
  const auto form = [](const char* value) {
    const std::vector<header_field> headers{{"aUTHORIZATION", value}};
    return read_request("GET", "/models", headers, "");
  };
  EXPECT_EQ(read_request("GET", "/models", {}, "").auth, auth_form::missing);
  EXPECT_EQ(form("Bearer sk-1").key, "sk-1");
  EXPECT_EQ(form("bearer   sk-1 ").key, "sk-1");
  for (const char* wrong : {"", "Bearer", "Bearer ", "sk-1", "Basic sk-1", "Bearer sk-1 sk-2"}) {
    EXPECT_EQ(form(wrong).auth, auth_form::malformed) << wrong;
  }
}

TEST(Request, AnApiKeyHeaderWillDoOnTheAnthropicRoutes) {
  using fields = std::vector<header_field>;
  const auto key = [](const char* target, const fields& headers) {
    const server_request r = read_request("POST", target, headers, "{}");
    return r.auth == auth_form::bearer ? std::string(r.key) : "none";
  };
  const char* const messages = "/anthropic/v1/messages";
  const header_field x{"X-Api-Key", " sk-x "};
  EXPECT_EQ(key(messages, {x}), "sk-x");
  EXPECT_EQ(key(messages, {x, {"Authorization", "Bearer sk-b"}}), "sk-b");
  EXPECT_EQ(key(messages, {{"Authorization", "Bearer sk-b"}, x}), "sk-b");
  EXPECT_EQ(key(messages, {{"Authorization", "Bearer"}, x}), "sk-x");
  EXPECT_EQ(key(messages, {{"x-api-key", ""}}), "none");
  EXPECT_EQ(key("/chat/completions", {x}), "none");
}

TEST(Request, TheCallIsWhatTheHeaderSays) {
  const auto read_call = [](const char* value) {
    const std::vector<header_field> headers{{"x-stampede-call", value}};
    return read_request("POST", "/chat/completions", headers, "").identity;
  };
  EXPECT_EQ(read_call("12-7"), (call_identity{12, 7, true}));
  for (const char* wrong : {"", "12", "12-", "-7", "12-7x", "99999999999-1", "a-b"}) {
    EXPECT_FALSE(read_call(wrong).by_header) << wrong;
  }
}

TEST(Request, WithoutTheHeaderACallIsItsKeyPathAndBody) {
  const call_identity a = read(chat()).identity;
  EXPECT_FALSE(a.by_header);
  EXPECT_EQ(a, read(chat()).identity);
  EXPECT_NE(a.call, read(chat("", "pong")).identity.call);
  EXPECT_EQ(a.instance, read(chat("", "pong")).identity.instance);
  const std::vector<header_field> other{{"Authorization", "Bearer sk-other"}};
  EXPECT_NE(a.instance, read_request("POST", "/chat/completions", other, chat()).identity.instance);
  EXPECT_NE(a.call, read_request("POST", "/v1/chat/completions", with_key, chat()).identity.call);
}

TEST(Request, TheDeclaredWorkload) {
  const auto declared = [](const char* value) {
    const std::vector<header_field> headers{{"X-Stampede-Workload", value}};
    return read_request("POST", "/chat/completions", headers, "").workload;
  };
  const declared_workload w = declared("hit=2000 miss=200 output=300 work_ns=5000");
  EXPECT_TRUE(w.declared);
  EXPECT_EQ(w.hit, 2000);
  EXPECT_EQ(w.miss, 200);
  EXPECT_EQ(w.output, 300);
  EXPECT_EQ(w.work, duration{5000});
  EXPECT_EQ(declared("output=5").output, 5);
  EXPECT_EQ(declared("output=-5 hit=x what=3 miss").output, 0);
  const declared_workload most = declared("hit=1048577 miss=9223372036854775807 output=10000000");
  EXPECT_EQ(most.hit, 1'048'576);
  EXPECT_EQ(most.miss, 1'048'576);
  EXPECT_EQ(most.output, 1'048'576);
  EXPECT_FALSE(read(chat()).workload.declared);
}

TEST(Request, ChatFacts) {
  const server_request r = read(
      R"({"model":"deepseek-v4-pro","messages":[{"role":"system","content":"Answer in JSON."},)"
      R"({"role":"user","content":[{"type":"text","text":"ab"},{"type":"text","text":"cd"}]}],)"
      R"("stream":true,"stream_options":{"include_usage":true},"thinking":{"type":"disabled"},)"
      R"("response_format":{"type":"json_object"},"max_tokens":77,"temperature":0,"top_p":0.5,)"
      R"("reasoning_effort":"max","tools":[{"type":"function","function":{"name":"f",)"
      R"("parameters":{"model":3,"messages":{}}}}],"unknown":{"stream":5}})");
  EXPECT_EQ(r.problem.what, request_problem::kind::none) << r.problem.path << r.problem.reason;
  EXPECT_EQ(r.model, "deepseek-v4-pro");
  EXPECT_TRUE(r.chat.stream);
  EXPECT_TRUE(r.chat.include_usage);
  EXPECT_EQ(r.chat.thinking, false);
  EXPECT_TRUE(r.chat.json_mode);
  EXPECT_TRUE(r.chat.mentions_json);
  EXPECT_TRUE(r.chat.effort_max);
  EXPECT_EQ(r.chat.max_tokens, 77);
  EXPECT_EQ(r.chat.temperature, 0.0);
  EXPECT_EQ(r.chat.top_p, 0.5);
  EXPECT_EQ(r.chat.messages, 2);
  EXPECT_EQ(r.chat.prompt_bytes, 19);
}

TEST(Request, TokensAreEstimatedFromBytes) {
  EXPECT_EQ(estimate_tokens(0), 0);
  EXPECT_EQ(estimate_tokens(1), 1);
  EXPECT_EQ(estimate_tokens(4), 1);
  EXPECT_EQ(estimate_tokens(5), 2);
}

}  // namespace
}  // namespace stampede
