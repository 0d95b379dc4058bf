// Bodies against literals of deepseek-api.md, sections 3.2 and 3.3, and against arithmetic.
#include "mockserver/bodies.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mockserver/answer_text.hpp"
#include "mockserver/wire.hpp"

namespace stampede {
namespace {

using json = nlohmann::json;

answer plain(std::int32_t output = 9) {
  answer a;
  a.usage = {0, 5, output};
  a.created = 1778220425;
  a.text = 77;
  return a;
}

segment whole(const answer& a) {
  segment s;
  s.head = s.last = true;
  s.count = a.usage.output;
  return s;
}

std::string body_of(const answer& a) {
  std::string out;
  append_segment(a, whole(a), out);
  return out;
}

std::size_t words_in(const std::string& text) {
  if (text.empty()) return 0;
  std::size_t words = 1;
  for (const char c : text) words += c == ' ';
  return words;
}

std::vector<std::string> frames_of(const std::string& stream) {
  std::vector<std::string> frames;
  std::size_t at = 0;
  for (std::size_t end = stream.find("\n\n"); end != std::string::npos;
       end = stream.find("\n\n", at)) {
    frames.push_back(stream.substr(at, end - at));
    at = end + 2;
  }
  EXPECT_EQ(at, stream.size());
  return frames;
}

TEST(Bodies, ACompletionLooksAsCaptured) {
  const answer a = plain();
  const std::string content = json::parse(body_of(a))["choices"][0]["message"]["content"];
  EXPECT_EQ(words_in(content), 9U);
  EXPECT_EQ(body_of(a),
            R"({"id":")" + completion_id(a) +
                R"(","object":"chat.completion","created":1778220425,)"
                R"("model":"deepseek-v4-flash","choices":[{"index":0,"message":)"
                R"({"role":"assistant","content":")" +
                content +
                R"("},"logprobs":null,"finish_reason":"stop"}],)"
                R"("usage":{"prompt_tokens":5,"completion_tokens":9,"total_tokens":14,)"
                R"("prompt_tokens_details":{"cached_tokens":0},"prompt_cache_hit_tokens":0,)"
                R"("prompt_cache_miss_tokens":5},)"
                R"("system_fingerprint":"fp_058df29938_prod0820_fp8_kvcache_20260402"})");
}

TEST(Bodies, IdsAreVersion4Uuids) {
  for (std::uint64_t text = 0; text < 100; ++text) {
    answer a = plain();
    a.text = text;
    const std::string id = completion_id(a);
    ASSERT_EQ(id.size(), 36U);
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
    EXPECT_EQ(trace_id(a).size(), 32U);
  }
}

TEST(Bodies, ThinkingAddsReasoningAndItsCount) {
  answer a = plain(10);
  a.thinking = true;
  a.reasoning = 4;
  a.model = deepseek::model_id::v4_pro;
  const json j = json::parse(body_of(a));
  EXPECT_EQ(j["model"], "deepseek-v4-pro");
  EXPECT_EQ(j["system_fingerprint"], "fp_9954b31ca7_prod0820_fp8_kvcache_20260402");
  EXPECT_EQ(words_in(j["choices"][0]["message"]["reasoning_content"]), 4U);
  EXPECT_EQ(words_in(j["choices"][0]["message"]["content"]), 6U);
  EXPECT_EQ(j["usage"]["completion_tokens_details"]["reasoning_tokens"], 4);
  EXPECT_EQ(j["usage"]["completion_tokens"], 10);
}

TEST(Bodies, JsonModeWritesAnObjectUnlessCutByMaxTokens) {
  answer a = plain(12);
  a.json_mode = true;
  const std::string content = json::parse(body_of(a))["choices"][0]["message"]["content"];
  const json inner = json::parse(content);
  EXPECT_EQ(words_in(inner["answer"]), 12U);
  a.finish = finish_kind::length;
  const std::string cut = json::parse(body_of(a))["choices"][0]["message"]["content"];
  EXPECT_FALSE(json::accept(cut));
}

TEST(Bodies, EmptyContentIsWhatWasAsked) {
  answer a = plain(12);
  a.empty_content = true;
  EXPECT_EQ(json::parse(body_of(a))["choices"][0]["message"]["content"], "");
  a.blank_text = " \n";
  EXPECT_EQ(json::parse(body_of(a))["choices"][0]["message"]["content"], " \n");
  a.stream = true;
  const auto frames = frames_of(body_of(a));
  ASSERT_EQ(frames.size(), 4U);  // role, blank, finish, [DONE]
  EXPECT_EQ(json::parse(frames[1].substr(6))["choices"][0]["delta"]["content"], " \n");
}

TEST(Bodies, AStreamLooksAsCaptured) {
  answer a = plain(2);
  a.stream = true;
  const auto frames = frames_of(body_of(a));
  ASSERT_EQ(frames.size(), 5U);
  const std::string before =
      R"(data: {"id":")" + completion_id(a) +
      R"(","object":"chat.completion.chunk","created":1778220425,"model":"deepseek-v4-flash",)"
      R"("system_fingerprint":"fp_058df29938_prod0820_fp8_kvcache_20260402",)"
      R"("choices":[{"index":0,"delta":)";
  EXPECT_EQ(frames[0], before + R"({"role":"assistant","content":""},)"
                                R"("logprobs":null,"finish_reason":null}]})");
  EXPECT_EQ(frames[3],
            before + R"({"content":""},"logprobs":null,"finish_reason":"stop"}],)"
                     R"("usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7,)"
                     R"("prompt_tokens_details":{"cached_tokens":0},"prompt_cache_hit_tokens":0,)"
                     R"("prompt_cache_miss_tokens":5}})");
  EXPECT_EQ(frames[4], "data: [DONE]");
  EXPECT_FALSE(json::parse(frames[1].substr(6)).contains("usage"));
}

TEST(Bodies, AThinkingStreamNullsTheOtherKind) {
  answer a = plain(2);
  a.stream = a.thinking = a.include_usage = true;
  a.reasoning = 1;
  const auto frames = frames_of(body_of(a));
  ASSERT_EQ(frames.size(), 5U);
  const auto delta = [&](std::size_t i) {
    return json::parse(frames[i].substr(6))["choices"][0]["delta"].dump();
  };
  EXPECT_EQ(delta(0), R"({"content":null,"reasoning_content":"","role":"assistant"})");
  EXPECT_TRUE(delta(1).starts_with(R"({"content":null,"reasoning_content":")")) << delta(1);
  EXPECT_TRUE(delta(2).ends_with(R"(","reasoning_content":null})")) << delta(2);
  EXPECT_EQ(delta(3), R"({"content":"","reasoning_content":null})");
  EXPECT_TRUE(json::parse(frames[1].substr(6))["usage"].is_null());
  EXPECT_TRUE(frames[1].ends_with(R"(,"usage":null})"));
}

TEST(Bodies, StreamAndBodyCarryTheSameText) {
  answer a = plain(20);
  a.thinking = true;
  a.reasoning = 10;
  a.json_mode = true;
  const json one = json::parse(body_of(a))["choices"][0]["message"];
  a.stream = true;
  std::string content;
  std::string reasoning;
  for (const std::string& frame : frames_of(body_of(a))) {
    if (frame == "data: [DONE]") continue;
    const json delta = json::parse(frame.substr(6))["choices"][0]["delta"];
    if (delta["content"].is_string()) content += delta["content"];
    if (delta["reasoning_content"].is_string()) reasoning += delta["reasoning_content"];
  }
  EXPECT_EQ(one["content"], content);
  EXPECT_EQ(one["reasoning_content"], reasoning);
}

// All combinations of what makes a body longer or shorter.
std::vector<answer> many_answers() {
  std::vector<answer> all;
  for (const std::int32_t output : {0, 1, 2, 7, 300}) {
    for (int bits = 0; bits < 64; ++bits) {
      answer a = plain(output);
      a.stream = bits & 1;
      a.thinking = bits & 2;
      a.reasoning = a.thinking ? output / 2 : 0;
      a.json_mode = bits & 4;
      a.include_usage = bits & 8;
      a.empty_content = bits & 16;
      if (bits & 32) a.finish = finish_kind::length;
      if (a.empty_content && a.json_mode) a.blank_text = "\t\"";
      all.push_back(a);
    }
  }
  return all;
}

TEST(Bodies, SizesAreForeseen) {
  for (const answer& a : many_answers()) {
    ASSERT_EQ(body_bytes(a), static_cast<std::int64_t>(body_of(a).size())) << body_of(a);
  }
}

TEST(Bodies, StreamSizesAreForeseenTokenByToken) {
  for (const answer& a : many_answers()) {
    if (!a.stream || a.empty_content) continue;
    std::string out;
    for (std::int32_t i = 0; i < a.usage.output; ++i) {
      segment piece;
      piece.first = i;
      piece.count = 1;
      append_segment(a, piece, out);
      ASSERT_EQ(stream_bytes(a, i + 1), static_cast<std::int64_t>(out.size()));
    }
  }
}

TEST(Bodies, ErrorsAreTheEnvelope) {
  answer a;
  a.status = 402;
  a.body = body_kind::error_json;
  a.message = "Insufficient \"Balance\"\n";
  a.type = "unknown_error";
  a.code = "invalid_request_error";
  a.stream = true;  // was asked for; a refusal is no stream
  EXPECT_EQ(body_of(a),
            R"({"error":{"message":"Insufficient \"Balance\"\n","type":"unknown_error",)"
            R"("param":null,"code":"invalid_request_error"}})");
}

TEST(Bodies, KeepAlives) {
  answer a = plain();
  segment piece;
  piece.keep_alive = true;
  std::string out;
  append_segment(a, piece, out);
  EXPECT_EQ(out, "\n");
  a.stream = true;
  append_segment(a, piece, out);
  EXPECT_EQ(out, "\n: keep-alive\n\n");
}

// ---- HTTP around it

TEST(WireForm, ALengthWhereItIsKnown) {
  const answer a = plain();
  std::string out;
  append_wire(a, whole(a), {}, out);
  const std::string body = body_of(a);
  EXPECT_EQ(out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Fri, 08 May 2026 06:07:05 "
            "GMT\r\nx-ds-trace-id: " +
                trace_id(a) + "\r\nConnection: keep-alive\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
}

TEST(WireForm, ChunksWhereItIsNot) {
  answer a = plain();
  segment piece;
  piece.head = piece.keep_alive = true;
  std::string out;
  append_wire(a, piece, {}, out);
  EXPECT_TRUE(out.ends_with("\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n")) << out;
  out.clear();
  segment rest = whole(a);
  rest.head = false;
  append_wire(a, rest, {}, out);
  EXPECT_TRUE(out.ends_with("}\r\n0\r\n\r\n"));
  out.clear();
  rest.cut_at = a.cut_at = 10;
  append_wire(a, rest, {}, out);
  EXPECT_EQ(out, "a\r\n{\"id\":\"" + completion_id(a).substr(0, 3) + "\r\n0\r\n\r\n");
  out.clear();
  a.ends = ending::truncated;
  append_wire(a, rest, {}, out);
  EXPECT_EQ(out, "a\r\n{\"id\":\"" + completion_id(a).substr(0, 3) + "\r\n");
}

TEST(WireForm, RetryAfterIsRoundedUp) {
  answer a;
  a.status = 429;
  a.body = body_kind::error_json;
  a.fault = 2;
  a.fault_kind = "rate_limit";
  a.retry_after = std::chrono::milliseconds(7001);
  std::string out;
  segment all;
  all.head = all.last = true;
  append_wire(a, all, {.keep_alive = false}, out);
  EXPECT_NE(out.find("\r\nRetry-After: 8\r\n"), std::string::npos);
  EXPECT_NE(out.find("\r\nx-stampede-fault: 2:rate_limit\r\n"), std::string::npos);
  EXPECT_NE(out.find("\r\nConnection: close\r\n"), std::string::npos);
}

}  // namespace
}  // namespace stampede
