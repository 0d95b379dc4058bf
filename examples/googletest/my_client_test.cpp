// Your client against a mock DeepSeek, in GoogleTest. The fixture is five lines; the client here
// is curl with its own retries, where yours would stand.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "stampede/mock_server.hpp"

class MyClient : public ::testing::Test {
 protected:
  stampede::mock_server mock;
  std::string chat(const std::string& options = "");
};

// The last status the client saw, and what it read.
std::string MyClient::chat(const std::string& options) {
  const std::string command =
      "curl --silent --max-time 20 --retry 3 --retry-connrefused -w ' %{http_code}' " + options +
      " -H 'Authorization: Bearer sk-0123456789abcdef' -H 'Content-Type: application/json'"
      " -d '{\"model\": \"deepseek-v4-flash\", \"thinking\": {\"type\": \"disabled\"},"
      " \"messages\": [{\"role\": \"user\", \"content\": \"ping\"}]}' " +
      mock.url() + "/chat/completions";
  std::string said;
  FILE* const pipe = ::popen(command.c_str(), "r");
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) said += static_cast<char>(c);
  ::pclose(pipe);
  return said;
}

TEST_F(MyClient, IsAnswered) {
  const std::string said = chat();
  EXPECT_NE(said.find("\"object\":\"chat.completion\""), std::string::npos) << said;
  EXPECT_TRUE(said.ends_with(" 200")) << said;
}

TEST_F(MyClient, SurvivesAnOutage) {
  const int outage = mock.add_fault(R"({"kind": "status", "status": 503, "count": 2})");
  EXPECT_TRUE(chat("--retry-delay 1").ends_with(" 200"));
  const auto attempts = mock.wait_for_attempts(3);
  ASSERT_EQ(attempts.size(), 3u);
  EXPECT_EQ(attempts[0].fault, outage);
  EXPECT_EQ(attempts[1].status, 503);
  EXPECT_EQ(attempts[2].attempt, 3);
  EXPECT_EQ(attempts[2].outcome, "success");
  EXPECT_EQ(mock.injected(outage), 2u);
}

TEST_F(MyClient, WaitsAsLongAsRetryAfterSays) {
  mock.add_fault(R"({"kind": "rate_limit", "retry_after": "2s", "count": 1})");
  EXPECT_TRUE(chat().ends_with(" 200"));
  const auto attempts = mock.wait_for_attempts(2);
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0].retry_after, std::chrono::seconds(2));
  EXPECT_GE(attempts[1].arrived - attempts[0].arrived, std::chrono::seconds(2));
}

TEST_F(MyClient, DoesNotRetryWhatIsItsOwnFault) {
  mock.add_fault(R"({"kind": "status", "status": 402})");
  EXPECT_TRUE(chat().ends_with(" 402"));
  mock.stop();
  EXPECT_EQ(mock.journal().size(), 1u);
}

TEST_F(MyClient, AMistakeInAFaultIsNamed) {
  try {
    mock.add_fault(R"({"kind": "status", "statuss": 402})");
    FAIL() << "it was taken";
  } catch (const std::invalid_argument& why) {
    EXPECT_STREQ(why.what(), "fault:1:1: missing key 'status'");
  }
}
