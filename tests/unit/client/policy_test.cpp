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

config_table backoff_table(std::vector<std::pair<std::string, config_value>> values) {
  config_table inner;
  for (auto& [key, value] : values) inner.entries.push_back({key, {}, value});
  config_table t;
  t.entries.push_back({"backoff", {}, {{}, inner}});
  return t;
}

config_value text(std::string value) { return {{}, std::move(value)}; }
config_value number(double value) { return {{}, value}; }

std::string refusal_of(const config_table& t) {
  try {
    parse_policy(t);
  } catch (const config_error& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Policy, AProportionalJitterHasTwoDirections) {
  const auto with = [](std::vector<std::pair<std::string, config_value>> more) {
    more.insert(more.begin(), {"kind", text("proportional_jitter")});
    return backoff_table(std::move(more));
  };
  const auto directions = [](const config_table& t) {
    const backoff_policy b = parse_policy(t).backoff;
    return std::pair{b.ratio_down_milli, b.ratio_up_milli};
  };
  EXPECT_EQ(directions(with({})), (std::pair{200, 200}));
  EXPECT_EQ(directions(with({{"ratio", number(0.1)}})), (std::pair{100, 100}));
  EXPECT_EQ(directions(with({{"ratio_down", number(0.25)}})), (std::pair{250, 200}));
  const config_table openai = with({{"ratio_down", text("25%")}, {"ratio_up", number(0)}});
  EXPECT_EQ(directions(openai), (std::pair{250, 0}));
  EXPECT_EQ(describe(parse_policy(openai))[1], "waits 1s x 2^k, cap 1m, times 0.75 to 1");
  EXPECT_EQ(describe(parse_policy(with({{"ratio_down", number(1)}, {"ratio_up", number(0.5)}})))[1],
            "waits 1s x 2^k, cap 1m, times 0 to 1.5");

  for (const char* key : {"ratio_down", "ratio_up"}) {
    EXPECT_EQ(refusal_of(with({{"ratio", number(0.1)}, {key, number(0.1)}})),
              std::string("'ratio' sets both directions; leave it out where '") + key + "' is");
    EXPECT_EQ(refusal_of(backoff_table({{"kind", text("full_jitter")}, {key, number(0.1)}})),
              std::string("'") + key + "' belongs to kind = \"proportional_jitter\"");
  }
  EXPECT_EQ(refusal_of(with({{"ratio_dwn", number(0.1)}})),
            "unknown key 'ratio_dwn', did you mean 'ratio_down'?");
}

TEST(Policy, AMemorylessWaitSaysItsMeanAndCap) {
  const client_policy p =
      parse_policy(backoff_table({{"kind", text("memoryless")}, {"base", text("2s")}}));
  EXPECT_EQ(p.backoff.kind, backoff_kind::memoryless);
  EXPECT_EQ(describe(p)[1], "waits exponentially distributed with mean 2s, cap 1m");
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

// openai-python: "true" retries whatever the status is, "false" nothing; anything else is not
// heeded.
TEST(Classify, ShouldRetryGoesBeforeTheStatus) {
  const client_policy sdk = *find_preset("openai-python");
  const client_policy guide = *find_preset("guide");
  const auto transient = classification::transient, persistent = classification::persistent;
  struct row {
    int status;
    classification alone;
  };
  for (const row& r : {row{400, persistent}, row{401, persistent}, row{404, persistent},
                       row{418, persistent}, row{408, transient}, row{409, transient},
                       row{429, transient}, row{500, transient}, row{503, transient}}) {
    const auto kind = [&](const client_policy& p, retry_hint hint) {
      return classify(outcome_of_status(r.status), r.status, p, false, hint);
    };
    EXPECT_EQ(kind(sdk, retry_hint::none), r.alone) << r.status;
    EXPECT_EQ(kind(sdk, retry_hint::yes), transient) << r.status;
    EXPECT_EQ(kind(sdk, retry_hint::no), persistent) << r.status;
    EXPECT_EQ(kind(guide, retry_hint::yes), kind(guide, retry_hint::none)) << r.status;
    EXPECT_EQ(kind(guide, retry_hint::no), kind(guide, retry_hint::none)) << r.status;
  }
  // A text that says more than the status, a body that broke off, and an answer that is none.
  const auto no = retry_hint::no, yes = retry_hint::yes;
  EXPECT_EQ(classify(outcome::context_overflow, 400, sdk, false, yes), transient);
  EXPECT_EQ(classify(outcome::connection_reset, 429, sdk, false, no), persistent);
  EXPECT_EQ(classify(outcome::truncated_json, 200, sdk, false, yes), persistent);
  EXPECT_EQ(classify(outcome::success, 200, sdk, false, no), classification::success);
  // Not even "every exception" retries what the header forbids.
  client_policy all = sdk;
  all.retry_persistent = true;
  EXPECT_EQ(classify(outcome::unauthorized, 401, all, false, no), persistent);
}

TEST(Classify, TheSdksOfOpenAiAndAnthropicHeedShouldRetry) {
  for (const std::string_view name : preset_names()) {
    const bool heeds = name.starts_with("openai-") || name.starts_with("anthropic-");
    EXPECT_EQ(find_preset(name)->heed_should_retry, heeds) << name;
  }
}

}  // namespace
}  // namespace stampede
