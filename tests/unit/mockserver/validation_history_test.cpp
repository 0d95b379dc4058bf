// The rules of a conversation's turns, typed from deepseek-api.md (sections 1.2 and 3.4).
#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <vector>

#include "mockserver/history.hpp"
#include "tests/unit/mockserver/verdicts.hpp"

namespace stampede::testing {
namespace {

const std::string asks = R"({"role":"user","content":"a"})";
const std::string calls =
    R"(,{"role":"assistant","content":null,"reasoning_content":"","tool_calls":[)"
    R"({"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]})";
const std::string result = R"(,{"role":"tool","tool_call_id":"c1","content":"1"})";

TEST(Validation, TurnsOfToolsMustFit) {
  struct row {
    std::string messages;
    const char* text;
  };
  const char* const insufficient =
      "An assistant message with 'tool_calls' must be followed by tool messages responding to "
      "each 'tool_call_id'. (insufficient tool messages following tool_calls message)";
  const char* const orphan =
      "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'";
  const char* const reasoning =
      "The `reasoning_content` in the thinking mode must be passed back to the API.";
  const std::string unreasoned =
      R"(,{"role":"assistant","tool_calls":[{"id":"c1","function":{"name":"f"}}]})";
  const std::string two =
      R"(,{"tool_calls":[{"id":"c1","function":{"name":"f"}},)"
      R"({"id":"c2","function":{"name":"f"}}],"reasoning_content":"r","role":"assistant"})";
  const std::string second = R"(,{"role":"tool","content":"2","tool_call_id":"c2"})";
  const std::vector<row> rows{
      {asks + calls, insufficient},
      {asks + calls + "," + asks, insufficient},
      {asks + two + result, insufficient},
      {asks + two + second + "," + asks, insufficient},
      {asks + calls + R"(,{"role":"system","content":"s"})" + result, insufficient},
      {asks + result, orphan},
      {asks + calls + second, orphan},
      {asks + calls + result + "," + asks + result, orphan},
      {asks + unreasoned + result, reasoning},
      {asks + unreasoned + result + R"(,{"role":"assistant","content":"b"},)" + asks, reasoning},
  };
  for (const row& r : rows) {
    EXPECT_EQ(verdict(talk(r.messages)), "400 " + bad + r.text) << r.messages;
    EXPECT_EQ(verdict(talk(r.messages), as_observed), "400 (octet-stream) " + bad + r.text);
  }
  for (const std::string& fine :
       {asks + calls + result, asks + two + second + result,
        asks + calls + result + R"(,{"role":"assistant","content":"b"},)" + asks,
        asks + R"(,{"role":"assistant","content":"no tools, no reasoning"},)" + asks}) {
    EXPECT_EQ(verdict(talk(fine)), "ok") << fine;
  }
  const std::string not_thinking = R"("thinking":{"type":"disabled"})";
  EXPECT_EQ(verdict(talk(asks + unreasoned + result, not_thinking)), "ok");
  EXPECT_EQ(
      verdict(R"({"messages":[)" + asks + unreasoned + result + R"(],"model":"deepseek-chat"})"),
      "ok");
}

// Each result was looked for among all calls: 20,000 of them took a second, 350,000 minutes.
TEST(Validation, ManyCallsAreQuicklyAnswered) {
  history_rules turns;
  const int many = 150'000;
  const auto id = [](int i) { return "call_" + std::to_string(i); };
  const std::clock_t began = std::clock();
  turns.begin_turn();
  turns.role("assistant");
  for (int i = 0; i < many; ++i) turns.tool_call(id(i));
  turns.end_turn();
  for (int i = many - 1; i >= 0; --i) {
    turns.begin_turn();
    turns.role("tool");
    turns.tool_result(id(i));
    turns.end_turn();
    ASSERT_EQ(turns.verdict(false) == history_problem::none, i == 0);
  }
  EXPECT_EQ(turns.verdict(false), history_problem::none);
  EXPECT_LT(std::clock() - began, 5 * CLOCKS_PER_SEC);
}

TEST(Validation, AnIdOfTwoCallsAnswersOne) {
  history_rules turns;
  turns.begin_turn();
  turns.role("assistant");
  turns.tool_call("c");
  turns.tool_call("c");
  turns.end_turn();
  for (int i = 0; i < 2; ++i) {
    turns.begin_turn();
    turns.role("tool");
    turns.tool_result("c");
    turns.end_turn();
  }
  EXPECT_EQ(turns.verdict(false), history_problem::unanswered_tool_call);
}

TEST(Validation, TwoUserTurnsAreWrongOnlyWhereStrict) {
  const asked strict{.strict_history = true};
  const std::string twice = talk(asks + "," + asks);
  EXPECT_EQ(verdict(twice), "ok");
  EXPECT_EQ(verdict(twice, strict),
            "400 " + bad +
                "Two user messages in a row: the assistant message between them is "
                "missing");
  EXPECT_EQ(verdict(talk(asks + R"(,{"role":"assistant","content":"b"},)" + asks), strict), "ok");
  EXPECT_EQ(verdict(talk(asks + calls + result + "," + asks), strict), "ok");
}

}  // namespace
}  // namespace stampede::testing
