// The guide's seven codes: which may be retried, and that each says what to do.
#include "deepseek/error_codes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stampede::deepseek {
namespace {

bool says(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

TEST(ErrorCodes, AreTheSevenInOrder) {
  std::vector<int> found;
  for (const error_code& code : error_codes()) found.push_back(code.status);
  EXPECT_EQ(found, (std::vector<int>{400, 401, 402, 422, 429, 500, 503}));
}

TEST(ErrorCodes, AreFoundByStatus) {
  for (const error_code& code : error_codes()) EXPECT_EQ(find_error_code(code.status), &code);
  for (int status : {0, 200, 403, 404, 418, 502, 504}) EXPECT_EQ(find_error_code(status), nullptr);
}

TEST(ErrorCodes, CarryTheGuidesNamesAndDecisions) {
  struct row {
    int status;
    const char* name;
    remedy what;
    std::size_t checks;
  };
  for (const row& r : {row{400, "Invalid Format", remedy::fix, 4},
                       row{401, "Authentication Fails", remedy::fix, 3},
                       row{402, "Insufficient Balance", remedy::fix, 3},
                       row{422, "Invalid Parameters", remedy::fix, 2},
                       row{429, "Rate Limit Reached", remedy::retry, 4},
                       row{500, "Server Error", remedy::retry_limited, 3},
                       row{503, "Server Overloaded", remedy::retry, 4}}) {
    SCOPED_TRACE(r.status);
    const error_code* code = find_error_code(r.status);
    ASSERT_TRUE(code);
    EXPECT_EQ(code->name, r.name);
    EXPECT_EQ(code->what, r.what);
    EXPECT_EQ(code->checks.size(), r.checks);
    EXPECT_EQ(says(code->retry, "Do not retry"), r.what == remedy::fix);
    EXPECT_FALSE(code->meaning.empty());
    EXPECT_FALSE(code->first_action.empty());
    for (std::string_view check : code->checks) EXPECT_EQ(check.back(), '.');
  }
}

TEST(ErrorCodes, ChecksComeInTheGuidesOrder) {
  const auto in_order = [](int status, std::vector<std::string> words) {
    const error_code* code = find_error_code(status);
    ASSERT_TRUE(code);
    ASSERT_EQ(code->checks.size(), words.size());
    for (std::size_t i = 0; i < words.size(); ++i)
      EXPECT_TRUE(says(code->checks[i], words[i])) << status << " check " << i;
  };
  in_order(400, {"JSON validator", "known-good request", "optional field", "one at a time"});
  in_order(401, {"environment", "Authorization: Bearer", "console"});
  in_order(402, {"top it up", "granted balance", "low-balance alert"});
  in_order(422, {"documentation", "Bisect"});
  in_order(429, {"Retry-After", "jitter", "50 a minute", "queue"});
  in_order(500, {"once or twice", "status page", "own code"});
  in_order(503, {"429", "circuit breaker", "status page", "fallback"});
}

}  // namespace
}  // namespace stampede::deepseek
