#include "client/decoding.hpp"

#include <gtest/gtest.h>

namespace stampede {
namespace {

using namespace std::chrono_literals;

// Captured bodies, shortened.
const std::string whole =
    R"({"id":"x","object":"chat.completion","created":1,"model":"deepseek-v4-flash","choices":[{"index":0,)"
    R"("message":{"role":"assistant","content":"{\"a\": \"é\"}"},"logprobs":null,"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":5,"completion_tokens":9,"total_tokens":14,"prompt_cache_hit_tokens":2,)"
    R"("prompt_cache_miss_tokens":3}})";

const std::string stream =
    "data: "
    "{\"id\":\"x\",\"model\":\"deepseek-v4-flash\",\"choices\":[{\"index\":0,\"delta\":{\"role\":"
    "\"assistant\","
    "\"content\":\"\"},\"finish_reason\":null}]}\n\n"
    ": keep-alive\n\n"
    "data: "
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"},\"finish_reason\":null}],\"usage\":"
    "null}\n\n"
    "data: "
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"},\"finish_reason\":null}],\"usage\":"
    "null}\n\n"
    "data: "
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}],"
    "\"usage\":"
    "{\"prompt_tokens\":5,\"completion_tokens\":2,\"prompt_cache_hit_tokens\":0,\"prompt_cache_"
    "miss_tokens\":5}}\n\n"
    "data: [DONE]\n\n";

decoded decode(const std::string& body, expected_answer expected, int status = 200) {
  answer_decoder d(expected);
  d.begin(status);
  d.feed(body);
  return d.end();
}

TEST(Decoding, AWholeAnswer) {
  const decoded d = decode(whole, {.json_mode = true});
  EXPECT_EQ(d.result, outcome::success);
  EXPECT_EQ(d.usage, (token_usage{2, 3, 9}));
  EXPECT_EQ(d.text, "{\"a\": \"é\"}");
}

TEST(Decoding, CutAtEveryByteIsNeverASuccess) {
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    const decoded d = decode(whole.substr(0, cut), {});
    EXPECT_EQ(d.result, cut == 0 ? outcome::empty_content : outcome::truncated_json) << cut;
  }
}

TEST(Decoding, AStreamCutAtEveryByteIsNeverASuccess) {
  const std::size_t done = stream.find("[DONE]") + 6;
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    const decoded d = decode(stream.substr(0, cut), {.stream = true});
    if (cut > done)
      EXPECT_EQ(d.result, outcome::success) << cut;
    else
      EXPECT_NE(d.result, outcome::success) << cut;
  }
}

TEST(Decoding, AnyChunkingOfAStreamGivesTheSame) {
  for (std::size_t size : {1u, 2u, 3u, 7u, 64u, 1000u}) {
    answer_decoder d({.stream = true});
    d.begin(200);
    std::uint32_t tokens = 0;
    for (std::size_t i = 0; i < stream.size(); i += size)
      tokens += d.feed(stream.substr(i, size)).tokens;
    const decoded result = d.end();
    EXPECT_EQ(result.result, outcome::success);
    EXPECT_EQ(result.text, "Hello");
    EXPECT_EQ(result.usage, (token_usage{0, 5, 2}));
    EXPECT_EQ(tokens, 2u);
  }
}

TEST(Decoding, KeepAliveBytesAreNotPayload) {
  answer_decoder s({.stream = true});
  s.begin(200);
  EXPECT_FALSE(s.feed(": keep-alive\n\n").payload);
  EXPECT_FALSE(s.feed("\n").payload);
  EXPECT_TRUE(s.feed("data: {}\n\n").payload);
  answer_decoder b({});
  b.begin(200);
  EXPECT_FALSE(b.feed("\n\n").payload);
  EXPECT_TRUE(b.feed("\n{").payload);
}

TEST(Decoding, BlankLinesBeforeTheBodyAreSkipped) {
  EXPECT_EQ(decode("\n\n\n" + whole, {}).result, outcome::success);
  EXPECT_EQ(decode("\n\n\n", {}).result, outcome::empty_content);
}

TEST(Decoding, ContentIsPartOfTheOutcome) {
  const auto with = [](const std::string& content, const std::string& finish) {
    return R"({"choices":[{"message":{"content":)" + content + R"(},"finish_reason":)" + finish +
           "}]}";
  };
  EXPECT_EQ(decode(with("\"hi\"", "\"stop\""), {}).result, outcome::success);
  EXPECT_EQ(decode(with("\"\"", "\"stop\""), {}).result, outcome::empty_content);
  EXPECT_EQ(decode(with("\" \\n\"", "\"stop\""), {}).result, outcome::empty_content);
  EXPECT_EQ(decode(with("null", "\"stop\""), {}).result, outcome::empty_content);
  EXPECT_EQ(decode(with("\"hi\"", "null"), {}).result, outcome::missing_finish);
  EXPECT_EQ(decode(with("\"hi\"", "\"length\""), {}).result, outcome::length_limit);
  EXPECT_EQ(decode(with("\"hi\"", "\"insufficient_system_resource\""), {}).result,
            outcome::insufficient_resource);
  EXPECT_EQ(decode(with(R"("{\"a\":")", "\"stop\""), {.json_mode = true}).result,
            outcome::truncated_json);
  EXPECT_EQ(decode(with(R"("{\"a\":")", "\"stop\""), {}).result, outcome::success);
  EXPECT_EQ(decode(with(R"("hello")", "\"stop\""), {.json_mode = true}).result,
            outcome::malformed_json);
  EXPECT_EQ(decode("<html>502</html>", {}).result, outcome::malformed_json);
  EXPECT_EQ(decode("[]", {}).result, outcome::malformed_json);
  EXPECT_EQ(decode("{}", {}).result, outcome::malformed_json);
}

TEST(Decoding, AnErrorInsideAStream) {
  const decoded d = decode("data: {\"error\":{\"message\":\"busy\"}}\n\n", {.stream = true});
  EXPECT_EQ(d.result, outcome::error_event);
  EXPECT_EQ(d.message, "busy");
}

TEST(Decoding, ToolArgumentsAreJsonOrNoAnswer) {
  const auto with = [](const std::string& arguments) {
    return R"({"choices":[{"message":{"content":null,"tool_calls":[{"index":0,"id":"call_00_x","type":"function",)"
           R"("function":{"name":"f","arguments":"{\"ok\":1}"}},{"index":1,"id":"call_01_x","type":"function",)"
           R"("function":{"name":"g","arguments":")" +
           arguments + R"("}}]},"finish_reason":"tool_calls"}]})";
  };
  EXPECT_EQ(decode(with(R"({\"a\":1})"), {}).result, outcome::success);
  EXPECT_EQ(decode(with(""), {}).result, outcome::success);  // a function may take none
  EXPECT_EQ(decode(with(R"({\"a\":)"), {}).result, outcome::truncated_json);
  EXPECT_EQ(decode(with(R"({\"a\" 1})"), {}).result, outcome::malformed_json);
  // In JSON mode, too, it is the arguments that count: there is no content.
  EXPECT_EQ(decode(with(R"({\"a\":1})"), {.json_mode = true}).result, outcome::success);
}

TEST(Decoding, StreamedToolArgumentsArePutTogetherByCall) {
  const auto delta = [](int index, const std::string& part, const char* finish = "null") {
    return "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":" + std::to_string(index) +
           ",\"function\":{\"arguments\":\"" + part + "\"}}]},\"finish_reason\":" + finish +
           "}]}\n\n";
  };
  const std::string done = "data: [DONE]\n\n";
  const std::string first = delta(0, R"({\"a\")"), second = delta(1, R"({\"b\":)");
  const std::string rest = delta(0, ":1}");
  EXPECT_EQ(
      decode(first + second + rest + delta(1, "2}", "\"tool_calls\"") + done, {.stream = true})
          .result,
      outcome::success);
  EXPECT_EQ(decode(first + second + rest + delta(1, "2", "\"tool_calls\"") + done, {.stream = true})
                .result,
            outcome::truncated_json);
}

TEST(Decoding, AStreamWithoutItsEndIsOneThingAndWithoutDoneAnother) {
  const std::string begun =
      "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n";
  const std::string finished =
      begun + "data: {\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}\n\n";
  EXPECT_EQ(decode(begun, {.stream = true}).result, outcome::missing_finish);
  EXPECT_EQ(decode(begun + "data: [DONE]\n\n", {.stream = true}).result, outcome::missing_finish);
  EXPECT_EQ(decode(finished, {.stream = true}).result, outcome::missing_done);
  EXPECT_EQ(decode(finished + "data: [DO", {.stream = true}).result, outcome::missing_finish);
  EXPECT_EQ(decode(finished + ": keep-alive\n\n\n", {.stream = true}).result,
            outcome::missing_done);
  EXPECT_EQ(decode(finished + "data: [DONE]\n\n", {.stream = true}).result, outcome::success);
}

TEST(Decoding, AFilteredAnswerIsNone) {
  EXPECT_EQ(
      decode(R"({"choices":[{"message":{"content":"I"},"finish_reason":"content_filter"}]})", {})
          .result,
      outcome::content_filtered);
}

TEST(Decoding, ErrorsByStatusAndText) {
  const decoded d =
      decode(R"({"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,)"
             R"("code":"invalid_request_error"}})",
             {}, 402);
  EXPECT_EQ(d.result, outcome::insufficient_balance);
  EXPECT_EQ(d.message, "Insufficient Balance");
  EXPECT_EQ(decode("Authentication Fails (governor)", {}, 401).message,
            "Authentication Fails (governor)");
  EXPECT_EQ(
      decode(R"({"error":{"message":"This model's maximum context length is 1048576 tokens."}})",
             {}, 400)
          .result,
      outcome::context_overflow);
  EXPECT_EQ(decode("", {}, 503).result, outcome::overloaded);
  EXPECT_EQ(decode("", {}, 502).result, outcome::server_error);
}

TEST(RetryAfter, ShouldRetryIsReadToTheLetter) {
  EXPECT_EQ(read_should_retry("true"), retry_hint::yes);
  EXPECT_EQ(read_should_retry("false"), retry_hint::no);
  for (const char* other : {"", "True", " true", "1", "0", "no", "falsey"})
    EXPECT_EQ(read_should_retry(other), retry_hint::none) << other;
}

TEST(RetryAfter, EveryShape) {
  const std::int64_t noon = parse_http_date("Sun, 26 Apr 2026 12:00:00 GMT");
  EXPECT_EQ(noon, 1'777'204'800);
  EXPECT_EQ(read_retry_after("", "20", noon), 20s);
  EXPECT_EQ(read_retry_after("", "1.5", noon), 1500ms);
  EXPECT_EQ(read_retry_after("", "0", noon), 0s);
  EXPECT_EQ(read_retry_after("", "-5", noon), -5s);
  EXPECT_EQ(read_retry_after("250", "20", noon), 250ms);
  EXPECT_EQ(read_retry_after("33681", "", noon), 33681ms);
  EXPECT_EQ(read_retry_after("", "33.681", noon), 33681ms);
  EXPECT_EQ(read_retry_after("", "Sun, 26 Apr 2026 12:00:30 GMT", noon), 30s);
  EXPECT_EQ(read_retry_after("", "Sun, 26 Apr 2026 11:00:00 GMT", noon), -1h);
  EXPECT_EQ(read_retry_after("", "Sun, 26 Apr 2026 12#00:30 GMT", noon), no_duration);
  EXPECT_EQ(read_retry_after("", "Sun, 26-Apr-2026 12:00:30 GMT", noon), no_duration);
  EXPECT_EQ(read_retry_after("", "soon", noon), no_duration);
  EXPECT_EQ(read_retry_after("", "", noon), no_duration);
  EXPECT_EQ(read_retry_after("", "nan", noon), no_duration);
  EXPECT_GT(read_retry_after("", "99999999999999999999", noon), 24h * 365);
}

}  // namespace
}  // namespace stampede
