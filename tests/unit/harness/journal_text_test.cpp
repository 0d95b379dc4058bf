// Every line of a journal can be read back and printed again to the same bytes.
#include "harness/journal_text.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace stampede {
namespace {

using namespace std::chrono_literals;

std::string printed(const std::variant<client_line, server_line>& line) {
  std::string out;
  std::visit([&](const auto& input) { append(out, input); }, line);
  return out;
}

void expect_round_trip(const std::string& text) {
  const std::string whole = text + "; send 0 1 0; next never";
  const journal_line read = parse_journal_line(whole);
  EXPECT_EQ(printed(read.input), text);
  EXPECT_EQ(read.decisions, "; send 0 1 0; next never");
}

constexpr instant now = run_start + 1500ms;
constexpr call_id call{3, 41};

TEST(JournalText, EveryEventOfAClientReadsBack) {
  const std::vector<std::pair<client_event, std::string>> events{
      {head_received{2, 429, 28s}, "c 7 1500000000 head 3 41 2 429 28000000000"},
      {head_received{2, 200, no_duration}, "c 7 1500000000 head 3 41 2 200 -1"},
      {head_received{2, 429, 0s, retry_hint::no}, "c 7 1500000000 head 3 41 2 429 0 0"},
      {head_received{1, 400, no_duration, retry_hint::yes}, "c 7 1500000000 head 3 41 1 400 -1 1"},
      {piece_received{1, true, 12}, "c 7 1500000000 piece 3 41 1 1 12"},
      {piece_received{1, false, 0}, "c 7 1500000000 piece 3 41 1 0 0"},
      {reply_received{5, outcome::truncated_json, {1, 2, 3}},
       "c 7 1500000000 reply 3 41 5 truncated_json 1 2 3"},
      {transport_error{1, outcome::connection_reset},
       "c 7 1500000000 error 3 41 1 connection_reset"},
      {wakeup{}, "c 7 1500000000 wake 3 41"},
      {call_cancelled{}, "c 7 1500000000 cancelled 3 41"}};
  EXPECT_GE(events.size(), std::variant_size_v<client_event>);
  for (const auto& [event, text] : events) {
    EXPECT_EQ(printed(client_line{instance_id{7}, now, call, event}), text);
    expect_round_trip(text);
  }
  const call_request request{.intended = now, .deadline = never, .thinking = true};
  const std::string start = printed(client_line{instance_id{7}, now, call, request});
  EXPECT_EQ(start, "c 7 1500000000 start 3 41 1500000000 9223372036854775807 1");
  expect_round_trip(start);
  expect_round_trip(printed(client_line{instance_id{7}, now, {}, client_stopped{}}));
}

TEST(JournalText, EveryOutcomeReadsBack) {
  for (int i = 0; i < outcome_count; ++i)
    expect_round_trip(
        printed(client_line{instance_id{0}, now, call,
                            client_event{reply_received{1, static_cast<outcome>(i), {0, 0, 0}}}}));
}

TEST(JournalText, EveryEventOfTheServerReadsBack) {
  const exchange_id id{2, 9};
  EXPECT_EQ(printed(server_line{now, id, written{}, {}, {}, {}}), "s 1500000000 written 2 9");
  EXPECT_EQ(printed(server_line{now, id, peer_left{}, {}, {}, {}}), "s 1500000000 left 2 9");
  EXPECT_EQ(printed(server_line{now, id, server_wakeup{}, {}, {}, {}}), "s 1500000000 wake");
  for (const auto& text :
       {"s 1500000000 written 2 9", "s 1500000000 left 2 9", "s 1500000000 wake"})
    expect_round_trip(text);
}

TEST(JournalText, ARequestReadsBackWhateverItsTextsHold) {
  server_request r;
  expect_round_trip(printed(server_line{now, {0, 0}, r, "", "", ""}));  // nothing at all in it
  r.where = route::unknown;
  r.auth = auth_form::malformed;
  r.identity = {4'000'000'000, 17, true};
  r.workload = {true, 1, 2, 3, 4s};
  r.chat = {.has_model = true,
            .stream = true,
            .include_usage = true,
            .thinking = false,
            .json_mode = true,
            .json_schema = true,
            .mentions_json = true,
            .effort_max = true,
            .temperature = 0.1,
            .top_p = -1e300,
            .presence_penalty = -2,
            .frequency_penalty = {},
            .logprobs = true,
            .top_logprobs = 20,
            .stops = 2,
            .stop = {"a; b", ""},
            .tools = 1,
            .bad_tool_name = 1,
            .forces_tool = true,
            .calls_tool = true,
            .tool_name = "look; up",
            .tool_arguments = "{\"a b\": 1}",
            .user_id = "u",
            .history = history_problem::missing_reasoning,
            .max_tokens = -5,
            .messages = 3,
            .prompt_bytes = 1LL << 40,
            .prefix = {1, ~std::uint64_t{0}}};
  r.model = "a; model %with\n\"every\" kind of\tbyte \xc3\xa9";
  r.problem = {
      request_problem::kind::wrong_shape, "messages[0].role", "missing; field", 3, 4, true};
  r.allow = "POST";
  const std::string text = printed(server_line{
      now, {1, 2}, r, "sk-masked-1", "/v1/chat/completions", "503 retry_after=2; \"x\""});
  expect_round_trip(text);
  const journal_line read = parse_journal_line(text + "; next never");
  const auto& line = std::get<server_line>(read.input);
  const auto& request = std::get<server_request>(line.what);
  EXPECT_EQ(line.key, "sk-masked-1");
  EXPECT_EQ(request.model, r.model);
  EXPECT_EQ(request.chat.thinking, std::optional(false));
  EXPECT_EQ(request.chat.top_p, std::optional(-1e300));
  EXPECT_EQ(request.identity, r.identity);
  EXPECT_EQ(request.problem.reason, "missing; field");
  EXPECT_EQ(request.chat.tool_arguments, r.chat.tool_arguments);
  EXPECT_EQ(request.chat.history, r.chat.history);
}

TEST(JournalText, AnyTextIsOneWord) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (const std::string& text : {std::string(), std::string("%"), std::string("a b;c"), all}) {
    const std::string word = word_of(text);
    EXPECT_EQ(word.find_first_of(" ;\n"), word.npos);
    EXPECT_FALSE(word.empty());
    EXPECT_EQ(text_of_word(word), text);
  }
}

TEST(JournalText, WhatIsNoLineIsRefused) {
  for (const char* text :
       {"", ";", "c 1 2 wake 0 0", "x 1 2; next never", "c 1 2 wake 0; next never",
        "c 1 2 wake 0 0 0; next never", "c 1 2 nap 0 0; next never", "c -1 2 wake 0 0; next never",
        "c 1 2 reply 0 0 1 fine 0 0 0; next never", "s 1 nap 0 0; next never",
        "c 99999999999 2 wake 0 0; next never", "s 1 request 0 0 9 0 k 1-2 1; next never",
        "s 1 request 0 0 0 0 %4 1-2 1; next never", "s 1 request 0 0 0 0 k 12 1; next never"})
    EXPECT_THROW(parse_journal_line(text), journal_error) << text;
}

}  // namespace
}  // namespace stampede
