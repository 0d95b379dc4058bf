// The prompt cache against a naive one, and its hits in an answer's usage.
#include "mockserver/prefix_cache.hpp"

#include <set>
#include <string>

#include "tests/unit/mockserver/rig.hpp"

namespace stampede {
namespace {

using namespace testing;

using units = std::vector<std::uint64_t>;

units digest_of(const std::string& text, const char* role = "user") {
  prompt_digest digest;
  digest.role(role);
  digest.text(text);
  return digest.take();
}

std::string words(std::size_t bytes, char first = 'a') {
  std::string text;
  while (text.size() < bytes) text += static_cast<char>(first + text.size() % 17);
  return text;
}

TEST(PromptDigest, OneUnitForEvery512Bytes) {
  EXPECT_EQ(digest_of(words(511)).size(), 0U);
  EXPECT_EQ(digest_of(words(512)).size(), 1U);
  EXPECT_EQ(digest_of(words(1535)).size(), 2U);
}

TEST(PromptDigest, EqualBeginningsAreEqualUnits) {
  const units whole = digest_of(words(4096));
  units longer = digest_of(words(4096) + words(2048, 'b'));
  ASSERT_EQ(longer.size(), 12U);
  longer.resize(8);
  EXPECT_EQ(longer, whole);
  std::string changed = words(4096);
  changed[1024] = '!';  // in the third unit
  const units other = digest_of(changed);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(other[i] == whole[i], i < 2) << i;
}

TEST(PromptDigest, HowTheTextComesDoesNotMatterButWhoSaysItDoes) {
  prompt_digest in_parts;
  in_parts.role("user");
  in_parts.text(words(2000).substr(0, 777));
  in_parts.text(words(2000).substr(777));
  EXPECT_EQ(in_parts.take(), digest_of(words(2000)));
  EXPECT_NE(digest_of(words(2000), "system"), digest_of(words(2000)));
  const auto split_at = [](std::size_t bytes) {
    prompt_digest digest;
    digest.role("user");
    digest.text(words(1024).substr(0, bytes));
    digest.role("assistant");
    digest.text(words(1024).substr(bytes));
    return digest.take();
  };
  EXPECT_NE(split_at(100), split_at(101));
  EXPECT_EQ(split_at(600)[0], digest_of(words(512))[0]) << "the first unit is the user's alone";
}

TEST(PromptDigest, OtherToolsAreAnotherPrompt) {
  prompt_digest before;
  before.tools("{\"name\":\"a\"}");
  before.text(words(512));
  prompt_digest behind;
  behind.text(words(512));
  behind.tools("{\"name\":\"a\"}");
  prompt_digest without;
  without.text(words(512));
  const units with_tools = before.take();
  EXPECT_EQ(behind.take(), with_tools);
  EXPECT_NE(without.take(), with_tools);
}

TEST(PrefixCache, HitsTheLongestKnownBeginning) {
  prefix_cache cache(1000);
  const units whole = digest_of(words(5120));
  EXPECT_EQ(cache.hit_tokens(whole), 0);
  cache.remember(std::span(whole).first(3));
  EXPECT_EQ(cache.hit_tokens(whole), 3 * 128);
  EXPECT_EQ(cache.hit_tokens(std::span(whole).first(2)), 2 * 128);
  EXPECT_EQ(cache.hit_tokens(std::span(whole).subspan(1)), 2 * 128) << "units, whoever asks";
  EXPECT_EQ(cache.hit_tokens({}), 0);
  units foreign = whole;
  make_private(foreign, 7);
  EXPECT_EQ(cache.hit_tokens(foreign), 0);
}

TEST(PrefixCache, ForgetsWhatWasUsedLongestAgoEndsFirst) {
  prefix_cache cache(5);
  const units old{1, 2, 3};
  const units young{11, 12};
  cache.remember(old);
  cache.remember(young);
  EXPECT_EQ(cache.hit_tokens(old), 3 * 128);
  cache.remember(units{21});
  EXPECT_EQ(cache.size(), 5U);
  EXPECT_EQ(cache.hit_tokens(old), 2 * 128) << "its end went first";
  EXPECT_EQ(cache.hit_tokens(young), 2 * 128);
  cache.remember(std::span(old).first(2));
  cache.remember(units{31, 32});
  EXPECT_EQ(cache.hit_tokens(old), 2 * 128);
  EXPECT_EQ(cache.hit_tokens(young), 0);
  EXPECT_EQ(cache.hit_tokens(units{21}), 128);
}

TEST(PrefixCache, APromptLargerThanTheCacheKeepsItsBeginning) {
  prefix_cache cache(4);
  const units large{1, 2, 3, 4, 5, 6, 7};
  cache.remember(large);
  EXPECT_EQ(cache.hit_tokens(large), 4 * 128);
  EXPECT_EQ(cache.size(), 4U);
}

TEST(PrefixCache, AgreesWithANaiveOneWhileNothingIsForgotten) {
  prefix_cache cache(100'000);
  std::set<std::uint64_t> known;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    units prompt;
    std::uint64_t chain = 0;
    const std::uint64_t length = mix64(i) % 20;
    for (std::uint64_t k = 0; k < length; ++k)
      prompt.push_back(chain = mix64(chain + mix64(i * 100 + k) % 3 + 1));
    std::int32_t expected = 0;
    while (static_cast<std::uint64_t>(expected) < length &&
           known.contains(prompt[static_cast<std::size_t>(expected)]))
      ++expected;
    ASSERT_EQ(cache.hit_tokens(prompt), expected * 128);
    cache.remember(prompt);
    known.insert(prompt.begin(), prompt.end());
  }
}

// ---- in the server, with a request as read from bytes

server_request asked(std::uint32_t call, const std::string& text, const char* key = "sk-test",
                     const char* more = "") {
  const std::string bearer = std::string("Bearer ") + key;
  const std::vector<header_field> headers{{"authorization", bearer}};
  const std::string body =
      R"({"model":"deepseek-v4-flash","messages":[{"role":"system","content":")" + text + "\"}]" +
      more + "}";
  server_request r = read_request("POST", "/chat/completions", headers, body);
  r.identity = {0, call, true};
  r.key = key;
  return r;
}

token_usage usage_of(rig& server, const server_request& r) {
  server.ask(r);
  server.run_all();
  return server.sink.exchanges.back().usage;
}

TEST(PrefixCacheServer, ARepeatedPromptHitsInWholeUnits) {
  rig server;
  const std::string text = words(1400);  // 350 tokens: two units and 94
  const token_usage first = usage_of(server, asked(0, text));
  EXPECT_EQ(first.hit, 0);
  EXPECT_EQ(first.miss, 350);
  const exchange_id again = server.ask(asked(1, text + " and more"));
  server.run_all();
  const token_usage second = server.sink.exchanges.back().usage;
  EXPECT_EQ(second.hit, 256);
  EXPECT_EQ(second.miss, 353 - 256);
  EXPECT_EQ(server.model.answer_of(again).usage.hit, 256) << "as the answer says";
  EXPECT_EQ(server.sink.exchanges.back().charge.value,
            256 * 28'000 + 97 * 140'000 + std::int64_t{second.output} * 280'000);
  EXPECT_EQ(usage_of(server, asked(2, words(1400, 'b'))).hit, 0);
}

TEST(PrefixCacheServer, SmallPromptsNeverHit) {
  rig server;
  usage_of(server, asked(0, words(508)));
  EXPECT_EQ(usage_of(server, asked(1, words(508))).hit, 0) << "127 tokens";
  usage_of(server, asked(2, words(512)));
  EXPECT_EQ(usage_of(server, asked(3, words(512))).hit, 128);
}

TEST(PrefixCacheServer, IsThereFromTheStartOfTheFirstAnswerOn) {
  rig server;
  server.ask(asked(0, words(600)));
  server.ask(asked(1, words(600)));
  server.run_all();
  ASSERT_EQ(server.sink.exchanges.size(), 2U);
  EXPECT_EQ(server.sink.exchanges[0].usage.hit + server.sink.exchanges[1].usage.hit, 128);
}

TEST(PrefixCacheServer, AccountsAndUsersHaveTheirOwn) {
  server_settings s;
  account_settings one;
  one.keys = {"sk-test", "sk-also"};
  account_settings two;
  two.name = "two";
  two.keys = {"sk-two"};
  s.accounts = {one, two};
  rig server(s);
  const std::string text = words(600);
  EXPECT_EQ(usage_of(server, asked(0, text)).hit, 0);
  EXPECT_EQ(usage_of(server, asked(1, text, "sk-also")).hit, 128) << "the same account";
  EXPECT_EQ(usage_of(server, asked(2, text, "sk-two")).hit, 0);
  server_request of_user = asked(3, text);
  of_user.chat.user_id = "somebody";
  EXPECT_EQ(usage_of(server, of_user).hit, 0);
  of_user.identity.call = 4;
  EXPECT_EQ(usage_of(server, of_user).hit, 128);
}

TEST(PrefixCacheServer, ADeclaredWorkloadIsTakenAsDeclared) {
  rig server;
  for (std::uint32_t call = 0; call < 2; ++call) {
    server_request r = asked(call, words(600));
    r.workload = {true, 2000, 200, 60, duration{0}};
    EXPECT_EQ(usage_of(server, r), (token_usage{2000, 200, 60}));
  }
  EXPECT_EQ(usage_of(server, asked(2, words(600))).hit, 0) << "and is not remembered";
}

TEST(PrefixCacheServer, CanBeTurnedOff) {
  server_settings s;
  s.prefix_cache_units = 0;
  rig server(s);
  usage_of(server, asked(0, words(600)));
  EXPECT_EQ(usage_of(server, asked(1, words(600))).hit, 0);
}

}  // namespace
}  // namespace stampede
