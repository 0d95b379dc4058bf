#include "client/policy.hpp"

#include <gtest/gtest.h>

#include "client/classify.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

config_table table(std::vector<std::pair<std::string, std::string>> texts) {
  config_table t;
  for (auto& [key, value] : texts) t.entries.push_back({key, {}, {{}, value}});
  return t;
}

TEST(Policy, TheGuideIsTheDefaultAndPinnedDown) {
  const client_policy p = parse_policy({});
  EXPECT_EQ(p.name, "guide");
  EXPECT_EQ(p.max_attempts, 5u);
  EXPECT_EQ(p.backoff,
            (backoff_policy{
                .kind = backoff_kind::additive_jitter, .base = 1s, .cap = 60s, .jitter = 1s}));
  EXPECT_EQ(p.time_budget, 90s);
  EXPECT_EQ(p.server_error_retries, 2);
  EXPECT_EQ(p.timeout, 180s);
  EXPECT_EQ(p.thinking_timeout, 300s);
  EXPECT_EQ(p.breaker, (breaker_policy{.failures = 5, .open_for = 60s}));
}

TEST(Policy, KeysChangeAPresetAndItsName) {
  const client_policy p = parse_policy(table({{"preset", "guide"}, {"time_budget", "30s"}}));
  EXPECT_EQ(p.time_budget, 30s);
  EXPECT_EQ(p.name, "guide (changed)");
}

TEST(Policy, AnUnknownPresetNamesTheNearest) {
  try {
    parse_policy(table({{"preset", "guide-sniped"}}));
    FAIL();
  } catch (const config_error& e) {
    EXPECT_STREQ(e.what(), "unknown preset 'guide-sniped', did you mean 'guide-snippet'?");
  }
}

TEST(Classify, TheGuidesTable) {
  const client_policy guide = *find_preset("guide");
  const auto kind = [&](int status) { return classify(outcome_of_status(status), status, guide); };
  for (int status : {400, 401, 402, 403, 404, 413, 422})
    EXPECT_EQ(kind(status), classification::persistent);
  for (int status : {408, 409, 429, 500, 502, 503, 504, 529})
    EXPECT_EQ(kind(status), classification::transient);
  EXPECT_EQ(classify(outcome::context_overflow, 400, guide), classification::persistent);
  EXPECT_EQ(classify(outcome::length_limit, 200, guide), classification::persistent);
  EXPECT_EQ(classify(outcome::timed_out, 0, guide), classification::transient);
  EXPECT_EQ(classify(outcome::connect_failed, 0, guide), classification::transient);
  EXPECT_EQ(classify(outcome::tls_failed, 0, guide), classification::persistent);
  EXPECT_EQ(classify(outcome::truncated_json, 200, guide), classification::transient);
}

TEST(Classify, TheSnippetRetriesThreeCodesOnly) {
  const client_policy snippet = *find_preset("guide-snippet");
  for (int status : {429, 500, 503})
    EXPECT_EQ(classify(outcome_of_status(status), status, snippet), classification::transient);
  for (int status : {408, 409, 502, 504})
    EXPECT_EQ(classify(outcome_of_status(status), status, snippet), classification::persistent);
  EXPECT_EQ(classify(outcome::connection_reset, 0, snippet), classification::persistent);
  EXPECT_EQ(classify(outcome::timed_out, 0, snippet), classification::persistent);
}

}  // namespace
}  // namespace stampede
