// The facts read from the bodies of all three dialects.
#include <gtest/gtest.h>

#include "tests/unit/mockserver/verdicts.hpp"

namespace stampede::testing {
namespace {

server_request read(const char* path, const std::string& body) {
  server_request r = read_request("POST", path, with_key, body);
  EXPECT_EQ(r.problem.what, request_problem::kind::none)
      << r.problem.path << ' ' << r.problem.reason << " in " << body;
  return r;
}

chat_facts facts(const std::string& body) { return read("/chat/completions", body).chat; }

TEST(ChatReader, EveryField) {
  const chat_facts c = facts(chat(
      R"("thinking":{"type":"enabled"},"reasoning_effort":"xhigh","max_tokens":9,"stop":["a","b"],)"
      R"("presence_penalty":0.5,"frequency_penalty":-1,"logprobs":true,"top_logprobs":3,)"
      R"("user_id":"u-1","stream":true,"stream_options":{"include_usage":true},)"
      R"("response_format":{"type":"json_schema"},"temperature":1e0,"top_p":1)"));
  EXPECT_EQ(c.thinking, true);
  EXPECT_TRUE(c.effort_max);
  EXPECT_EQ(c.max_tokens, 9);
  EXPECT_EQ(c.stops, 2);
  EXPECT_EQ(c.presence_penalty, 0.5);
  EXPECT_EQ(c.frequency_penalty, -1.0);
  EXPECT_EQ(c.logprobs, true);
  EXPECT_EQ(c.top_logprobs, 3);
  EXPECT_EQ(c.user_id, "u-1");
  EXPECT_TRUE(c.stream);
  EXPECT_TRUE(c.include_usage);
  EXPECT_TRUE(c.json_schema);
  EXPECT_FALSE(c.json_mode);
  EXPECT_EQ(c.temperature, 1.0);
  EXPECT_EQ(c.top_p, 1.0);
  EXPECT_EQ(c.tools, 0);
  EXPECT_FALSE(c.calls_tool);
}

TEST(ChatReader, EffortNoneIsNoThinkingUnlessToldOtherwise) {
  EXPECT_EQ(facts(chat(R"("reasoning_effort":"none")")).thinking, false);
  EXPECT_EQ(facts(chat(R"("reasoning_effort":"none","thinking":{"type":"enabled"})")).thinking,
            true);
  EXPECT_EQ(facts(chat(R"("reasoning_effort":"low")")).thinking, std::nullopt);
}

const std::string tools =
    R"("tools":[{"type":"function","function":{"parameters":{"type":"object","properties":)"
    R"({"city":{"type":"string"}},"required":["city"]},"name":"weather"}},)"
    R"({"type":"function","function":{"name":"stop","description":"d","strict":true}}])";

// "name arguments", or "none".
std::string called(const chat_facts& c) {
  EXPECT_EQ(c.tools, 2);
  return c.calls_tool ? c.tool_name + " " + c.tool_arguments : "none";
}

TEST(ChatReader, WhichToolIsCalled) {
  const auto with = [&](const std::string& choice, const std::string& after = "") {
    return called(facts(talk(R"({"role":"user","content":"a"})" + after, choice + tools)));
  };
  EXPECT_EQ(with(""), R"(weather {"city":"text"})");
  EXPECT_EQ(with(R"("tool_choice":"auto",)"), R"(weather {"city":"text"})");
  EXPECT_EQ(with(R"("tool_choice":"none",)"), "none");
  EXPECT_EQ(with(R"("tool_choice":"required",)"), R"(weather {"city":"text"})");
  EXPECT_EQ(with(R"("tool_choice":{"type":"function","function":{"name":"stop"}},)"), "stop {}");
  EXPECT_EQ(with(R"("tool_choice":{"type":"function","function":{"name":"other"}},)"), "other {}");

  const std::string result =
      R"(,{"role":"assistant","reasoning_content":"r","tool_calls":[{"id":"c","type":"function",)"
      R"("function":{"name":"weather","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"c","content":"rain"})";
  EXPECT_EQ(with("", result), "none") << "a loop of an agent ends";
  EXPECT_EQ(with(R"("tool_choice":"required",)", result), R"(weather {"city":"text"})");
  EXPECT_EQ(with("", result + R"(,{"role":"user","content":"and now?"})"),
            R"(weather {"city":"text"})");
}

TEST(MessageReader, EveryField) {
  const server_request r = read(
      "/anthropic/v1/messages",
      R"({"model":"claude-opus-4-1","max_tokens":77,"stop_sequences":["x"],"stream":true,)"
      R"("system":[{"type":"text","text":"12","cache_control":{"type":"ephemeral"}}],)"
      R"("temperature":2,"top_p":0.9,"top_k":5,"thinking":{"type":"enabled","budget_tokens":9},)"
      R"("output_config":{"effort":"max"},"metadata":{"user_id":"u"},)"
      R"("messages":[{"role":"user","content":"345"},{"role":"assistant","content":)"
      R"([{"type":"thinking","thinking":"t","signature":""},{"type":"text","text":"6"}]},)"
      R"({"role":"user","content":[{"type":"text","text":"78"}]}]})");
  EXPECT_EQ(r.model, "claude-opus-4-1");
  EXPECT_TRUE(r.chat.has_model);
  EXPECT_EQ(r.chat.max_tokens, 77);
  EXPECT_EQ(r.chat.stops, 1);
  EXPECT_TRUE(r.chat.stream);
  EXPECT_EQ(r.chat.prompt_bytes, 8);
  EXPECT_EQ(r.chat.messages, 3);
  EXPECT_EQ(r.chat.temperature, 2.0);
  EXPECT_EQ(r.chat.top_p, 0.9);
  EXPECT_EQ(r.chat.thinking, true);
  EXPECT_TRUE(r.chat.effort_max);
  EXPECT_EQ(r.chat.user_id, "u");
  EXPECT_EQ(r.chat.history, history_problem::none);
  const server_request plain =
      read("/anthropic/messages", R"({"model":"m","max_tokens":1,"system":"abc",)"
                                  R"("thinking":{"type":"disabled"},"messages":[]})");
  EXPECT_EQ(plain.chat.prompt_bytes, 3);
  EXPECT_EQ(plain.chat.thinking, false);
}

const std::string uses =
    R"({"role":"assistant","content":[{"type":"thinking","thinking":"t"},)"
    R"({"type":"tool_use","id":"c1","name":"weather","input":{"id":"other","type":"x"}}]})";
const std::string answers =
    R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":)"
    R"([{"type":"text","text":"rain"}]},{"type":"text","text":"go on"}]})";

chat_facts message_facts(const std::string& turns, const std::string& more = "") {
  return read("/anthropic/v1/messages",
              R"({"model":"m","max_tokens":1,)" + more +
                  R"("tools":[{"name":"weather","input_schema":{"type":"object","properties":)"
                  R"({"city":{"type":"string"}},"required":["city"]}},{"name":"stop"}],)"
                  R"("messages":[{"role":"user","content":"a"})" +
                  turns + "]}")
      .chat;
}

TEST(MessageReader, WhichToolIsCalled) {
  EXPECT_EQ(called(message_facts("")), R"(weather {"city":"text"})");
  EXPECT_EQ(called(message_facts("", R"("tool_choice":{"type":"none"},)")), "none");
  EXPECT_EQ(called(message_facts("", R"("tool_choice":{"name":"stop","type":"tool"},)")),
            "stop {}");
  EXPECT_EQ(called(message_facts("," + uses + "," + answers)), "none");
  const chat_facts any =
      message_facts("," + uses + "," + answers, R"("tool_choice":{"type":"any"},)");
  EXPECT_EQ(called(any), R"(weather {"city":"text"})");
  EXPECT_TRUE(any.forces_tool);
  EXPECT_FALSE(message_facts("").forces_tool);
}

TEST(MessageReader, TurnsOfTools) {
  const auto history = [](const std::string& turns) { return message_facts(turns).history; };
  const std::string ask = R"({"role":"user","content":"b"})";
  const std::string other =
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c2"}]})";
  const std::string unreasoned =
      R"({"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"weather"}]})";
  EXPECT_EQ(history("," + uses + "," + answers), history_problem::none);
  EXPECT_EQ(history("," + uses + "," + answers + "," + ask), history_problem::none);
  EXPECT_EQ(history("," + uses), history_problem::unanswered_tool_call);
  EXPECT_EQ(history("," + uses + "," + ask), history_problem::unanswered_tool_call);
  EXPECT_EQ(history("," + uses + "," + other), history_problem::orphan_tool_message);
  EXPECT_EQ(history("," + answers), history_problem::orphan_tool_message);
  EXPECT_EQ(history("," + unreasoned + "," + answers), history_problem::missing_reasoning);
  EXPECT_EQ(history("," + ask), history_problem::two_user_turns);
}

TEST(CompletionReader, EveryField) {
  const server_request r = read(
      "/beta/completions",
      R"({"model":"deepseek-v4-pro","prompt":"1234","suffix":"56","max_tokens":64,"echo":false,)"
      R"("logprobs":4,"stop":"\n","stream":true,"stream_options":{"include_usage":true},)"
      R"("temperature":0.2,"top_p":0.3,"presence_penalty":1,"frequency_penalty":2})");
  EXPECT_EQ(r.model, "deepseek-v4-pro");
  EXPECT_EQ(r.chat.prompt_bytes, 6);
  EXPECT_EQ(r.chat.max_tokens, 64);
  EXPECT_EQ(r.chat.thinking, false);
  EXPECT_EQ(r.chat.logprobs, true);
  EXPECT_EQ(r.chat.top_logprobs, 4);
  EXPECT_EQ(r.chat.stops, 1);
  EXPECT_TRUE(r.chat.stream);
  EXPECT_TRUE(r.chat.include_usage);
  EXPECT_EQ(r.chat.temperature, 0.2);
  EXPECT_EQ(r.chat.top_p, 0.3);
  EXPECT_EQ(r.chat.presence_penalty, 1.0);
  EXPECT_EQ(r.chat.frequency_penalty, 2.0);
}

// A mutated body is never both sound and without facts, and reading it never fails.
TEST(Readers, AnyBytesGiveFactsOrAProblem) {
  const std::string whole = chat(tools + R"(,"stop":["x"],"thinking":{"type":"disabled"})");
  std::uint64_t random = 3;
  for (int i = 0; i < 20'000; ++i) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    std::string body = whole;
    const std::size_t place = (random >> 20) % body.size();
    if (i % 2 == 0) {
      body.erase(place, (random >> 50) % 9 + 1);
    } else {
      body[place] = "{}[]\",:0"[(random >> 50) % 8];
    }
    for (const char* path : {"/chat/completions", "/anthropic/v1/messages", "/beta/completions"}) {
      const server_request r = read_request("POST", path, with_key, body);
      const bool sound = r.problem.what == request_problem::kind::none;
      ASSERT_EQ(sound, r.problem.reason.empty()) << body;
      ASSERT_TRUE(!sound || r.chat.has_model) << body;
      ASSERT_EQ(sound, r.problem.line == 0) << body;
    }
  }
}

}  // namespace
}  // namespace stampede::testing
