// Bodies that are no JSON or have another shape, in the words of serde_json as deepseek-api.md
// (sections 1.1 and 1.2) quotes them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/mockserver/verdicts.hpp"

namespace stampede::testing {
namespace {

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
      {R"({"messages":[{"role":"user",}]})", "messages[0].?: trailing comma at line 1 column 29"},
      {"", "EOF while parsing a value at line 1 column 0"},
      {"{\"model\":", "model: EOF while parsing a value at line 1 column 9"},
      {"{\"messages\":[{\"role\":\"user\"}",
       "messages[1]: EOF while parsing a list at line 1 column 28"},
      {"{\"model\":tru}", "model: expected ident at line 1 column 13"},
      {"{'model':1}", "key must be a string at line 1 column 2"},
      {chat() + "x", "trailing characters at line 1 column 76"},
      {"{\"model\":\"\xff\"}", "model: invalid unicode code point at line 1 column 11"},
      {"{\"temperature\":1e999}", "temperature: number out of range at line 1 column 20"},
  };
  for (const row& r : rows) {
    EXPECT_EQ(verdict(r.body), "400 " + bad + start + r.reason) << r.body;
    EXPECT_EQ(verdict(r.body, as_observed), "400 (octet-stream) text " + start + r.reason);
    EXPECT_EQ(verdict(r.body, {.path = "/anthropic/v1/messages"}), "400 " + bad + start + r.reason);
    EXPECT_EQ(verdict(r.body, {.path = "/beta/completions"}), "400 " + bad + start + r.reason);
  }
}

TEST(Validation, JsonComesBeforeShapeAndShapeBeforeMeaning) {
  const std::string start = "400 " + bad + "Failed to ";
  EXPECT_EQ(verdict(R"({"model":3,"messages":[],})"),
            start + "parse the request body as JSON: trailing comma at line 1 column 26");
  EXPECT_EQ(verdict(R"({"model":"gpt","temperature":9,"messages":[{"role":"bot"}],)"),
            start +
                "parse the request body as JSON: EOF while parsing a value at line 1 "
                "column 59");
  EXPECT_EQ(verdict(R"({"model":"gpt-4","temperature":9})"),
            start +
                "deserialize the JSON body into the target type: missing field `messages` at "
                "line 1 column 33");
}

TEST(Validation, WrongShapesAre400WithTheirPlace) {
  struct row {
    std::string body;
    const char* text;
  };
  const std::string m = R"({"model":"m","messages":)";
  const std::vector<row> rows{
      {R"({"model":"deepseek-v4-flash"})", "missing field `messages` at line 1 column 29"},
      {R"({"messages":[]})", "missing field `model` at line 1 column 15"},
      {"[]", "invalid type: sequence, expected struct ChatCompletionRequest at line 1 column 0"},
      {"null", "invalid type: null, expected struct ChatCompletionRequest at line 1 column 4"},
      {R"({"model":3,"messages":[]})",
       "model: invalid type: integer `3`, expected a string at line 1 column 10"},
      {m + "\"hi\"}",
       "messages: invalid type: string \"hi\", expected a sequence at line 1 column 28"},
      {m + "{}}", "messages: invalid type: map, expected a sequence at line 1 column 24"},
      {m + "null}", "messages: invalid type: null, expected a sequence at line 1 column 28"},
      {m + "[\"hi\"]}",
       "messages[0]: invalid type: string \"hi\", expected struct Message at line 1 column 29"},
      {m + R"([{"role":"user","content":"a"},{"role":"developer"}]})",
       "messages[1].role: unknown variant `developer`, expected one of `system`, `user`, "
       "`assistant`, `tool`, `latest_reminder` at line 1 column 74"},
      {m + R"([{"role":"function","content":"a"}]})",
       "messages[0].role: unknown variant `function`, expected one of `system`, `user`, "
       "`assistant`, `tool`, `latest_reminder` at line 1 column 43"},
      {m + R"([{"content":"a"}]})", "messages[0]: missing field `role` at line 1 column 40"},
      {m + R"([{"role":"user"}]})", "messages[0]: missing field `content` at line 1 column 41"},
      {m + R"([{"role":"tool","content":"a"}, {"role":"user"}]})",
       "messages[0]: missing field `tool_call_id` at line 1 column 56"},
      {m + R"([{"role":"user","content":[{"type":"image_url"}]}]})",
       "messages[0]: unknown variant `image_url`, expected `text` at line 1 column 74"},
      {m + R"([{"role":"user","content":5}]})",
       "messages[0]: invalid type: integer `5`, expected a string at line 1 column 53"},
      {chat(R"("max_tokens":-1)"),
       "max_tokens: invalid value: integer `-1`, expected u32 at line 1 column 90"},
      {chat(R"("max_tokens":4294967296)"),
       "max_tokens: invalid value: integer `4294967296`, expected u32 at line 1 column 98"},
      {chat(R"("max_tokens":1.5)"),
       "max_tokens: invalid type: floating point `1.5`, expected u32 at line 1 column 91"},
      {chat(R"("top_logprobs":-1)"),
       "top_logprobs: invalid value: integer `-1`, expected u8 at line 1 column 92"},
      {chat(R"("temperature":"hot")"),
       "temperature: invalid type: string \"hot\", expected f32 at line 1 column 94"},
      {chat(R"("stream":"yes")"),
       "stream: invalid type: string \"yes\", expected a boolean at line 1 column 89"},
      {chat(R"("stream_options":{"include_usage":1})"),
       "stream_options.include_usage: invalid type: integer `1`, expected a boolean at line 1 "
       "column 110"},
      {chat(R"("thinking":{})"), "thinking: missing field `type` at line 1 column 88"},
      {chat(R"("thinking":{"type":"on"})"),
       "thinking.type: unknown variant `on`, expected one of `adaptive`, `enabled`, `disabled` "
       "at line 1 column 98"},
      {chat(R"("reasoning_effort":"huge")"),
       "reasoning_effort: unknown variant `huge`, expected one of `none`, `minimal`, `low`, "
       "`medium`, `high`, `xhigh`, `max` at line 1 column 100"},
      {chat(R"("tool_choice":"must")"),
       "tool_choice: invalid value: string \"must\", expected one of `none`, `auto`, `required` "
       "or a tool at line 1 column 95"},
      {chat(R"("tools":[{"type":"function"}])"),
       "tools[0]: missing field `function` at line 1 column 103"},
      {chat(R"("stop":["a",1])"),
       "stop[1]: invalid type: integer `1`, expected a string at line 1 column 88"},
  };
  for (const row& r : rows) EXPECT_EQ(shape(r.body), r.text) << r.body;
}

TEST(Validation, WrongShapesOfTheOtherBodies) {
  const char* const messages = "/anthropic/v1/messages";
  EXPECT_EQ(shape(R"({"model":"m","messages":[]})", messages),
            "missing field `max_tokens` at line 1 column 27");
  EXPECT_EQ(shape(R"({"max_tokens":1,"messages":[{"role":"tool","content":""}]})", messages),
            "messages[0].role: unknown variant `tool`, expected `user` or `assistant` at line 1 "
            "column 42");
  EXPECT_EQ(shape(R"({"messages":[{"role":"user","content":[{"type":"document"}]}]})", messages),
            "messages[0].content[0].type: unknown variant `document`, expected one of `text`, "
            "`thinking`, `tool_use`, `tool_result` at line 1 column 57");
  EXPECT_EQ(shape(R"({"tool_choice":{"type":"required"}})", messages),
            "tool_choice.type: unknown variant `required`, expected one of `auto`, `any`, `tool`, "
            "`none` at line 1 column 33");
  const char* const completions = "/beta/completions";
  EXPECT_EQ(shape(R"({"model":"m"})", completions), "missing field `prompt` at line 1 column 13");
  EXPECT_EQ(shape(R"({"prompt":["a"]})", completions),
            "prompt: invalid type: sequence, expected a string at line 1 column 10");
}

TEST(Validation, WhatIsRepeatedOfARequestIsCut) {
  const std::string name(100'000, 'x');
  const std::string shown = std::string(200, 'x') + "...";
  EXPECT_EQ(verdict(R"({"messages":[{"role":"user","content":"a"}],"model":")" + name + "\"}"),
            "400 " + bad +
                "The supported API model names are deepseek-v4-pro or deepseek-v4-flash, but you "
                "passed " +
                shown + ".");
  const auto told_of = [](const std::string& more) {
    const std::string text = shape(chat(more));
    EXPECT_LT(text.size(), 500U);
    return text.substr(0, text.find(" at line"));
  };
  EXPECT_EQ(told_of(R"("stream":")" + name + '"'),
            "stream: invalid type: string \"" + shown + "\", expected a boolean");
  EXPECT_TRUE(told_of(R"("reasoning_effort":")" + name + '"')
                  .starts_with("reasoning_effort: unknown variant `" + shown + "`, expected one"));
  EXPECT_TRUE(told_of(R"("tool_choice":")" + name + '"')
                  .starts_with("tool_choice: invalid value: string \"" + shown + "\", expected"));
  EXPECT_TRUE(told_of(R"("stream":0.)" + std::string(100'000, '1'))
                  .starts_with("stream: invalid type: floating point `0.111"));
  // A character of three bytes that would be cut is left out.
  std::string accents;
  for (int i = 0; i < 1000; ++i) accents += "\u20ac";
  EXPECT_EQ(
      told_of(R"("stream":")" + accents + '"'),
      "stream: invalid type: string \"" + accents.substr(0, 198) + "...\", expected a boolean");
}

TEST(Validation, APathIsCut) {
  const std::string deep = verdict(std::string(100'000, '['));
  EXPECT_LT(deep.size(), 400U);
  EXPECT_TRUE(deep.starts_with("400 " + bad + "Failed to parse the request body as JSON: [0][0]"));
  const std::string key = verdict("{\"" + std::string(100'000, 'k') + "\":x}");
  EXPECT_LT(key.size(), 400U);
}

}  // namespace
}  // namespace stampede::testing
