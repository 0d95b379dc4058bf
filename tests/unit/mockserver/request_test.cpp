// Requests as read, and what validation makes of them, against literals typed from
// deepseek-api.md (sections 1.1 and 1.2) and the guide.
#include "mockserver/request.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mockserver/validation.hpp"

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

// "422 text", or "ok".
std::string verdict(const server_request& r, server_profile profile = server_profile::documented,
                    const char* date = "2026-04-25") {
  server_settings settings;
  settings.profile = profile;
  settings.date = *deepseek::parse_date(date);
  const auto model = deepseek::resolve_model(r.model, settings.date);
  const auto why = validate(r, model, settings);
  if (!why) return "ok";
  const char* form = why->body == body_kind::error_text   ? "text "
                     : why->body == body_kind::error_bare ? "bare "
                                                          : "";
  return std::to_string(why->status) + " " + form + why->message;
}

std::string verdict(const std::string& body, server_profile profile = server_profile::documented) {
  return verdict(read(body), profile);
}

TEST(Request, Routes) {
  const auto where = [](const char* method, const char* target) {
    return read_request(method, target, {}, "").where;
  };
  EXPECT_EQ(where("POST", "/chat/completions"), route::chat);
  EXPECT_EQ(where("POST", "/v1/chat/completions?x=1"), route::chat);
  EXPECT_EQ(where("GET", "/models"), route::models);
  EXPECT_EQ(where("GET", "/v1/models"), route::models);
  EXPECT_EQ(where("GET", "/chat/completions"), route::wrong_method);
  EXPECT_EQ(where("POST", "/models"), route::wrong_method);
  EXPECT_EQ(where("POST", "/batches"), route::unknown);
  EXPECT_EQ(where("POST", "/chat/completions/"), route::unknown);
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

TEST(Validation, WhatIsWell) {
  for (const std::string& more :
       {std::string(), std::string(R"("temperature":0)"), std::string(R"("temperature":2)"),
        std::string(R"("temperature":2.0)"), std::string(R"("max_tokens":393216)"),
        std::string(R"("top_p":1)"), std::string(R"("max_tokens":null)"),
        std::string(R"("thinking":null)"), std::string(R"("reasoning_effort":"max")"),
        std::string(R"("reasoning_effort":"max","max_tokens":393216)"),
        std::string(R"("user_id":"u","frequency_penalty":-2,"stop":["a"],"n":1)")}) {
    EXPECT_EQ(verdict(chat(more)), "ok") << more;
    EXPECT_EQ(verdict(chat(more), server_profile::observed), "ok") << more;
  }
  EXPECT_EQ(verdict(chat(R"("response_format":{"type":"json_object"})", "a JSON object, please")),
            "ok");
}

TEST(Validation, BrokenJsonIsA400WithItsPlace) {
  const std::string start = "Failed to parse the request body as JSON: ";
  struct row {
    std::string body;
    const char* reason;
  };
  const std::vector<row> rows{
      {"{\"model\":\"deepseek-v4-flash\",\n\"messages\":[{\"role\":\"user\",\"content\":\"x\"},]}",
       "messages[1]: trailing comma at line 2 column 43"},
      {"{\"model\":\"m\",}", "trailing comma at line 1 column 14"},
      {"", "EOF while parsing a value at line 1 column 0"},
      {"{\"model\":", "model: EOF while parsing a value at line 1 column 9"},
      {"{\"messages\":[{\"role\":\"user\"}",
       "messages[1]: EOF while parsing a list at line 1 column 28"},
      {"{\"model\":tru}", "model: expected ident at line 1 column 13"},
      {"{'model':1}", "key must be a string at line 1 column 2"},
      {chat() + "x", "trailing characters at line 1 column 76"},
  };
  for (const row& r : rows) {
    EXPECT_EQ(verdict(r.body), "400 " + start + r.reason) << r.body;
    EXPECT_EQ(verdict(r.body, server_profile::observed), "400 text " + start + r.reason);
  }
}

TEST(Validation, WrongShapesAre400WithTheirPath) {
  const auto shape = [](const std::string& body) {
    const std::string text = verdict(body);
    EXPECT_EQ(text, verdict(body, server_profile::observed)) << "the same in both profiles";
    const std::string start = "400 Failed to deserialize the JSON body into the target type: ";
    EXPECT_TRUE(text.starts_with(start)) << text;
    return text.substr(start.size(), text.find(" at line ") - start.size());
  };
  EXPECT_EQ(shape(R"({"model":"deepseek-v4-flash"})"), "missing field `messages`");
  EXPECT_EQ(shape(R"({"messages":[]})"), "missing field `model`");
  EXPECT_EQ(shape(R"([])"), "invalid type: sequence, expected struct ChatCompletionRequest");
  EXPECT_EQ(shape(R"({"model":3,"messages":[]})"),
            "model: invalid type: integer `3`, expected a string");
  EXPECT_EQ(shape(R"({"model":"m","messages":"hi"})"),
            "messages: invalid type: string \"hi\", expected a sequence");
  EXPECT_EQ(
      shape(R"({"model":"m","messages":[{"role":"user","content":"a"},{"role":"developer"}]})"),
      "messages[1].role: unknown variant `developer`, expected one of `system`, `user`, "
      "`assistant`, `tool`, `latest_reminder`");
  EXPECT_EQ(shape(R"({"model":"m","messages":[{"content":"a"}]})"),
            "messages[0]: missing field `role`");
  EXPECT_EQ(shape(R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url"}]}]})"),
            "messages[0]: unknown variant `image_url`, expected `text`");
  EXPECT_EQ(shape(chat(R"("max_tokens":-1)")),
            "max_tokens: invalid value: integer `-1`, expected u32");
  EXPECT_EQ(shape(chat(R"("stream":"yes")")),
            "stream: invalid type: string \"yes\", expected a boolean");
  EXPECT_EQ(shape(chat(R"("thinking":{})")), "thinking: missing field `type`");
  EXPECT_EQ(shape(chat(R"("thinking":{"type":"on"})")),
            "thinking.type: unknown variant `on`, expected one of `adaptive`, `enabled`, "
            "`disabled`");
}

TEST(Validation, MeaningIs422AsDocumentedAnd400AsObserved) {
  struct row {
    std::string body;
    const char* text;
  };
  const std::vector<row> rows{
      {chat(R"("temperature":2.5)"),
       "Invalid temperature value, the valid range of temperature is [0, 2]"},
      {chat(R"("temperature":-1)"),
       "Invalid temperature value, the valid range of temperature is [0, 2]"},
      {chat(R"("top_p":0)"), "Invalid top_p value, the valid range of top_p is (0, 1.0]"},
      {chat(R"("max_tokens":0)"),
       "Invalid max_tokens value, the valid range of max_tokens is [1, 393216]"},
      {chat(R"("max_tokens":393217)"),
       "Invalid max_tokens value, the valid range of max_tokens is [1, 393216]"},
      {R"({"model":"deepseek-v4-flash","messages":[]})", "Empty input messages"},
      {chat(R"("response_format":{"type":"json_object"})"),
       "Prompt must contain the word 'json' in some form to use 'response_format' of type "
       "'json_object'."},
  };
  for (const row& r : rows) {
    EXPECT_EQ(verdict(r.body), std::string("422 ") + r.text);
    EXPECT_EQ(verdict(r.body, server_profile::observed), std::string("400 ") + r.text);
  }
}

TEST(Validation, EffortMaxNeedsAllTokensOnlyAsDocumented) {
  const std::string body = chat(R"("reasoning_effort":"max","max_tokens":393215)");
  EXPECT_TRUE(verdict(body).starts_with("422 "));
  EXPECT_EQ(verdict(body, server_profile::observed), "ok");
}

TEST(Validation, UnknownAndRetiredModelsAre400) {
  const std::string text =
      "400 The supported API model names are deepseek-v4-pro or deepseek-v4-flash, but you passed ";
  const auto named = [](const char* model) {
    return read(std::string(R"({"model":")") + model +
                R"(","messages":[{"role":"user","content":""}]})");
  };
  EXPECT_EQ(verdict(named("gpt-4")), text + "gpt-4.");
  EXPECT_EQ(verdict(named("deepseek-chat")), "ok");
  EXPECT_EQ(verdict(named("deepseek-chat"), server_profile::documented, "2026-07-25"),
            text + "deepseek-chat.");
}

TEST(Validation, AuthenticationComesFirst) {
  server_request r = read("{");
  r.auth = auth_form::missing;
  EXPECT_EQ(verdict(r), "401 Authentication Fails (governor)");
  EXPECT_EQ(verdict(r, server_profile::observed), "401 bare Authentication Fails (governor)");
  r.auth = auth_form::malformed;
  EXPECT_EQ(verdict(r, server_profile::observed),
            "401 text Authentication Fails (auth header format should be Bearer sk-...)");
  r.auth = auth_form::bearer;
  r.key = "sk-9f8e-revoked";
  EXPECT_EQ(verdict(r), "401 Authentication Fails, Your api key: ****oked is invalid");
  EXPECT_EQ(verdict(r, server_profile::observed),
            "401 Authentication Fails, Your api key: ****oked is invalid");
  for (const char* wrong : {"sk-", "pk-123", "sk-a b", "sk-1-invalid"}) {
    r.key = wrong;
    EXPECT_TRUE(verdict(r).starts_with("401 ")) << wrong;
  }
}

TEST(Validation, OnlyTheKeysNamedOpenTheDoor) {
  server_settings settings;
  settings.api_keys = {"sk-one", "custom"};
  server_request r = read(chat());
  const auto model = deepseek::resolve_model(r.model, settings.date);
  EXPECT_TRUE(validate(r, model, settings));
  r.key = "custom";
  EXPECT_FALSE(validate(r, model, settings));
}

}  // namespace
}  // namespace stampede
