// What is refused, how and in which order, against literals typed from deepseek-api.md
// (sections 1.1 and 1.2) and the guide. Every refusal is compared whole.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/mockserver/verdicts.hpp"

namespace stampede::testing {
namespace {

TEST(Validation, WhatIsWell) {
  for (const char* more :
       {"",
        R"("temperature":0)",
        R"("temperature":2)",
        R"("temperature":2.0)",
        R"("max_tokens":393216)",
        R"("max_tokens":1)",
        R"("top_p":1)",
        R"("top_p":1.0)",
        R"("max_tokens":null)",
        R"("thinking":null)",
        R"("reasoning_effort":"max")",
        R"("reasoning_effort":"max","max_tokens":393216)",
        R"("reasoning_effort":"none")",
        R"("user_id":"u_1-A","frequency_penalty":-2,"presence_penalty":2,"stop":["a"],"n":1)",
        R"("logprobs":true,"top_logprobs":20)",
        R"("logprobs":true,"top_logprobs":0)",
        R"("logprobs":true)",
        R"("stop":null)",
        R"("stop":"x")",
        R"("tools":null)",
        R"("tool_choice":"required")",
        R"("thinking":{"type":"enabled","budget_tokens":5})",
        R"("response_format":{"type":"text"})"}) {
    EXPECT_EQ(verdict(chat(more)), "ok") << more;
    EXPECT_EQ(verdict(chat(more), as_observed), "ok") << more;
  }
  for (const char* content : {"a JSON object, please", "Json", "xjsonx"}) {
    EXPECT_EQ(verdict(chat(R"("response_format":{"type":"json_object"})", content)), "ok");
  }
}

TEST(Validation, RoutesThatAreNot) {
  const auto at = [](const char* method, const char* path) {
    return verdict(read_request(method, path, {}, "{"));
  };
  EXPECT_EQ(at("POST", "/batches"), "404 " + bad + "Not Found");
  EXPECT_EQ(at("GET", "/chat/completions"), "405 (POST) " + bad + "Method Not Allowed");
  EXPECT_EQ(at("POST", "/models"), "405 (GET) " + bad + "Method Not Allowed");
}

TEST(Validation, AuthenticationComesFirst) {
  server_request r = read_request("POST", "/chat/completions", {}, "{");
  const std::string type = "authentication_error/invalid_request_error ";
  EXPECT_EQ(verdict(r), "401 " + type + "Authentication Fails (governor)");
  EXPECT_EQ(verdict(r, as_observed), "401 (gateway) text Authentication Fails (governor)");
  r.auth = auth_form::malformed;
  const std::string format = "Authentication Fails (auth header format should be Bearer sk-...)";
  EXPECT_EQ(verdict(r), "401 " + type + format);
  EXPECT_EQ(verdict(r, as_observed), "401 text " + format);
  r.auth = auth_form::bearer;
  r.key = "sk-9f8e-revoked";
  const std::string key = "Authentication Fails, Your api key: ****oked is invalid";
  EXPECT_EQ(verdict(r), "401 " + type + key);
  EXPECT_EQ(verdict(r, as_observed), "401 " + type + key);
  for (const char* wrong : {"sk-", "pk-123", "sk-a b", "sk-1-invalid"}) {
    r.key = wrong;
    EXPECT_TRUE(verdict(r).starts_with("401 ")) << wrong;
  }
  EXPECT_EQ(verdict(read_request("GET", "/user/balance", {}, "")),
            "401 " + type + "Authentication Fails (governor)");
  EXPECT_EQ(verdict(read_request("GET", "/user/balance", with_key, "")), "ok");
}

TEST(Validation, FromSeptemberA401NamesItsRequest) {
  server_request r = read_request("POST", "/chat/completions", with_key, chat());
  r.key = "sk-9f8e-revoked";
  const std::string before =
      "401 authentication_error/invalid_request_error Authentication Fails, Your api key: "
      "****oked is invalid";
  const auto on = [&](const char* date) {
    return verdict(r, {.profile = server_profile::observed, .date = date});
  };
  EXPECT_EQ(on("2026-08-31"), before);
  const std::string named = on("2026-09-01");
  ASSERT_EQ(named.size(), before.size() + 51);
  EXPECT_EQ(named.substr(0, before.size() + 14), before + " (request_id: ");
  EXPECT_EQ(named.back(), ')');
  EXPECT_EQ(verdict(r, {.date = "2026-09-01"}), before) << "the guide knows nothing of it";
}

TEST(Validation, AKeyIsOf256CharactersAtMost) {
  const auto with = [](std::size_t size) {
    const std::string bearer = "Bearer sk-" + std::string(size - 3, 'a');
    const std::vector<header_field> headers{{"Authorization", bearer}};
    return verdict(read_request("GET", "/models", headers, ""));
  };
  EXPECT_EQ(with(256), "ok");
  EXPECT_EQ(with(257),
            "401 authentication_error/invalid_request_error Authentication Fails, Your api key: "
            "****aaaa is invalid");
}

TEST(Validation, OnlyTheKeysNamedOpenTheDoor) {
  server_settings settings;
  settings.api_keys = {"sk-one", "custom"};
  server_request r = read_request("POST", "/chat/completions", with_key, chat());
  const auto model = deepseek::resolve_model(r.model, settings.date);
  EXPECT_TRUE(validate(r, model, settings));
  r.key = "custom";
  EXPECT_FALSE(validate(r, model, settings));
}

TEST(Validation, MeaningIs422AsDocumentedAnd400AsObserved) {
  struct row {
    std::string body;
    const char* text;
  };
  const std::string tool = R"("tools":[{"type":"function","function":{"name":"f"}}])";
  const std::vector<row> rows{
      {chat(R"("temperature":2.5)"),
       "Invalid temperature value, the valid range of temperature is [0, 2]"},
      {chat(R"("temperature":-1)"),
       "Invalid temperature value, the valid range of temperature is [0, 2]"},
      {chat(R"("top_p":0)"), "Invalid top_p value, the valid range of top_p is (0, 1.0]"},
      {chat(R"("top_p":1.1)"), "Invalid top_p value, the valid range of top_p is (0, 1.0]"},
      {chat(R"("presence_penalty":2.1)"),
       "Invalid presence_penalty value, the valid range of presence_penalty is [-2, 2]"},
      {chat(R"("frequency_penalty":-3)"),
       "Invalid frequency_penalty value, the valid range of frequency_penalty is [-2, 2]"},
      {chat(R"("max_tokens":0)"),
       "Invalid max_tokens value, the valid range of max_tokens is [1, 393216]"},
      {chat(R"("max_tokens":393217)"),
       "Invalid max_tokens value, the valid range of max_tokens is [1, 393216]"},
      {chat(R"("top_logprobs":5)"),
       "Invalid top_logprobs and logprobs value, logprobs must be set to true if top_logprobs is "
       "used."},
      {chat(R"("logprobs":false,"top_logprobs":5)"),
       "Invalid top_logprobs and logprobs value, logprobs must be set to true if top_logprobs is "
       "used."},
      {chat(R"("logprobs":true,"top_logprobs":21)"),
       "Invalid top_logprobs value, the valid range of top_logprobs is [0, 20]."},
      {R"({"model":"deepseek-v4-flash","messages":[]})", "Empty input messages"},
      {chat(R"("response_format":{"type":"json_object"})"),
       "Prompt must contain the word 'json' in some form to use 'response_format' of type "
       "'json_object'."},
      {chat(R"("stream":true,"response_format":{"type":"json_object"})"),
       "Prompt must contain the word 'json' in some form to use 'response_format' of type "
       "'json_object'."},
      {chat(R"("response_format":{"type":"json_schema","json_schema":{}})"),
       "This response_format type is unavailable now"},
      {chat(R"("tool_choice":"required",)" + tool),
       "Thinking mode does not support this tool_choice"},
      {chat(tool + R"(,"tool_choice":{"type":"function","function":{"name":"f"}})"),
       "Thinking mode does not support this tool_choice"},
      {chat(R"("tools":[{"type":"function","function":{"name":"get weather"}}])"),
       "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that "
       "matches the pattern '^[a-zA-Z0-9_-]+$'."},
      {chat(R"("tools":[{"function":{"name":"f"}},{"function":{"name":"a.b"}}])"),
       "Invalid 'tools[1].function.name': string does not match pattern. Expected a string that "
       "matches the pattern '^[a-zA-Z0-9_-]+$'."},
      {chat(R"("user_id":"a b")"),
       "Invalid 'user_id': string does not match pattern. Expected a string that matches the "
       "pattern '^[a-zA-Z0-9_-]+$'."},
  };
  for (const row& r : rows) {
    EXPECT_EQ(verdict(r.body), "422 " + bad + r.text) << r.body;
    EXPECT_EQ(verdict(r.body, as_observed), "400 (octet-stream) " + bad + r.text);
  }
}

// The service's words for these are not known, that it has the limits is.
TEST(Validation, CountsAndLengths) {
  const auto many = [](const char* name, const std::string& element, int count) {
    std::string text = "\"" + std::string(name) + "\":[" + element;
    for (int i = 1; i < count; ++i) text += "," + element;
    return chat(text + "]");
  };
  const std::string tool = R"({"function":{"name":"f"}})";
  EXPECT_EQ(verdict(many("stop", "\"a\"", 16)), "ok");
  EXPECT_TRUE(verdict(many("stop", "\"a\"", 17)).starts_with("422 ")) << verdict("");
  EXPECT_EQ(verdict(many("tools", tool, 128)), "ok");
  EXPECT_TRUE(verdict(many("tools", tool, 129), as_observed).starts_with("400 "));
  EXPECT_EQ(verdict(chat("\"user_id\":\"" + std::string(512, 'u') + "\"")), "ok");
  EXPECT_TRUE(verdict(chat("\"user_id\":\"" + std::string(513, 'u') + "\"")).starts_with("422 "));
}

TEST(Validation, ToolChoiceAndThinking) {
  const std::string tool = R"(,"tools":[{"type":"function","function":{"name":"f"}}])";
  for (
      const char* fine :
      {R"("tool_choice":"auto")", R"("tool_choice":"none")",
       R"("thinking":{"type":"disabled"},"tool_choice":"required")",
       R"("thinking":{"type":"disabled"},"tool_choice":{"type":"function","function":{"name":"f"}})"}) {
    EXPECT_EQ(verdict(chat(fine + tool)), "ok") << fine;
  }
  EXPECT_EQ(verdict(chat(R"("tool_choice":"required")")), "ok") << "no tools";
  // The old name's thinking is off by default.
  EXPECT_EQ(verdict(R"({"model":"deepseek-chat","messages":[{"role":"user","content":"a"}],)"
                    R"("tool_choice":"required")" +
                    tool + "}"),
            "ok");
}

TEST(Validation, EffortMaxNeedsAllTokensOnlyAsDocumented) {
  const std::string body = chat(R"("reasoning_effort":"max","max_tokens":393215)");
  EXPECT_TRUE(verdict(body).starts_with("422 " + bad + "Invalid max_tokens value")) << body;
  EXPECT_EQ(verdict(body, as_observed), "ok");
  EXPECT_EQ(verdict(R"({"model":"claude-opus-4","max_tokens":32000,"output_config":)"
                    R"({"effort":"max"},"messages":[{"role":"user","content":"a"}]})",
                    {.path = "/anthropic/v1/messages"}),
            "ok");
}

TEST(Validation, TheContextHasAnEnd) {
  const std::string text =
      "This model's maximum context length is 1048576 tokens. However, you requested 1048577 "
      "tokens (1000000 in the messages, 48577 in the completion). Please reduce the length of "
      "the messages or completion.";
  server_request r =
      read_request("POST", "/chat/completions", with_key, chat(R"("max_tokens":48577)"));
  r.workload = {true, 999'000, 1'000, 5, duration{0}};
  EXPECT_EQ(verdict(r), "400 invalid_request_error/context_length_exceeded " + text);
  EXPECT_EQ(verdict(r, as_observed), "400 (octet-stream) " + bad + text);
  r.chat.max_tokens = 48'576;
  EXPECT_EQ(verdict(r), "ok");
  // Estimated, and without max_tokens.
  r.workload = {};
  r.chat.max_tokens.reset();
  r.chat.prompt_bytes = 4 * 1'048'576;
  EXPECT_EQ(verdict(r), "ok");
  ++r.chat.prompt_bytes;
  EXPECT_EQ(verdict(r, as_observed),
            "400 (octet-stream) " + bad +
                "This model's maximum context length is 1048576 tokens. However, you requested "
                "1048577 tokens (1048577 in the messages, 0 in the completion). Please reduce the "
                "length of the messages or completion.");
}

TEST(Validation, UnknownAndRetiredModelsAre400) {
  const std::string text = bad +
                           "The supported API model names are deepseek-v4-pro or "
                           "deepseek-v4-flash, but you passed ";
  const auto named = [](const std::string& model, const asked& how = as_documented) {
    return verdict(
        R"({"max_tokens":9,"model":")" + model + R"(","messages":[{"role":"user","content":""}]})",
        how);
  };
  EXPECT_EQ(named("gpt-4"), "400 " + text + "gpt-4.");
  EXPECT_EQ(named("gpt-4", as_observed), "400 (octet-stream) " + text + "gpt-4.");
  EXPECT_EQ(named("deepseek-chat"), "ok");
  EXPECT_EQ(named("deepseek-chat", {.date = "2026-07-24T15:58:59Z"}), "ok");
  EXPECT_EQ(named("deepseek-chat", {.date = "2026-07-24T15:59:00Z"}),
            "400 " + text + "deepseek-chat.");
  EXPECT_EQ(named("gpt-4", {.date = "2026-04-23"}), "400 " + bad + "Model Not Exist");
  const char* const messages = "/anthropic/v1/messages";
  EXPECT_EQ(named("gpt-4", {.path = messages}), "ok");
  EXPECT_EQ(named("gpt-4", {.date = "2026-08-27", .path = messages}), "400 " + text + "gpt-4.");
  EXPECT_EQ(named("claude-x", {.date = "2026-08-27", .path = messages}), "ok");
}

TEST(Validation, ImagesAreAWrongShapeAndLaterAModelsLimit) {
  const std::string body =
      talk(R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]})");
  EXPECT_EQ(shape(body),
            "messages[0]: unknown variant `image_url`, expected `text` at line 1 column 114");
  EXPECT_EQ(verdict(body, {.profile = server_profile::observed, .date = "2026-08-27"}),
            "400 (octet-stream) " + bad + "This model does not support image");
  EXPECT_EQ(verdict(body, {.date = "2026-08-27"}),
            "422 " + bad + "This model does not support image");
}

TEST(Validation, FillInTheMiddle) {
  const auto fill = [](const std::string& more) {
    return verdict(R"({"model":"deepseek-v4-pro","prompt":"def f(",)" + more + "}",
                   {.path = "/beta/completions"});
  };
  EXPECT_EQ(fill(R"("suffix":"return a","max_tokens":4096,"echo":true,"logprobs":20)"), "ok");
  EXPECT_EQ(fill(R"("max_tokens":4097)"),
            "422 " + bad + "Invalid max_tokens value, the valid range of max_tokens is [1, 4096]");
  EXPECT_EQ(fill(R"("logprobs":21)"),
            "422 " + bad +
                "Invalid top_logprobs value, the valid range of top_logprobs is "
                "[0, 20].");
}

}  // namespace
}  // namespace stampede::testing
