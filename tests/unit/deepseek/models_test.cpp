// Names and dates. Expected values are typed from the service's pages, not from deepseek/.
#include "deepseek/models.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace stampede::deepseek {
namespace {

constexpr date at(std::int64_t unix_seconds) { return date{std::chrono::seconds{unix_seconds}}; }

TEST(ParseDate, ReadsDaysAndInstants) {
  EXPECT_EQ(parse_date("1970-01-01"), at(0));
  EXPECT_EQ(parse_date("2026-04-25"), at(1777075200));
  EXPECT_EQ(parse_date("2026-07-24T15:59:00Z"), at(1784908740));
  EXPECT_EQ(parse_date("2024-02-29T23:59:59Z"), at(1709251199));
  EXPECT_EQ(parse_date("2026-04-25"), default_date);
}

TEST(ParseDate, RefusesEverythingElse) {
  for (const char* text : {"",
                           "2026",
                           "2026-4-25",
                           "26-04-25",
                           "2026/04/25",
                           "2026-13-01",
                           "2026-00-10",
                           "2026-02-29",
                           "2026-04-31",
                           "2026-04-25 ",
                           " 2026-04-25",
                           "2026-04-25T",
                           "2026-04-25T12:00Z",
                           "2026-04-25T24:00:00Z",
                           "2026-04-25T12:60:00Z",
                           "2026-04-25T12:00:60Z",
                           "2026-04-25T12:00:00",
                           "2026-04-25T12:00:00+01:00",
                           "2026-04-25t12:00:00z",
                           "-026-04-25",
                           "2026-+4-25",
                           "tomorrow"})
    EXPECT_FALSE(parse_date(text)) << text;
}

TEST(ResolveModel, CurrentNamesThinkByDefault) {
  const auto flash = resolve_model("deepseek-v4-flash", default_date);
  ASSERT_TRUE(flash);
  EXPECT_EQ(flash->id, model_id::v4_flash);
  EXPECT_TRUE(flash->thinking_by_default);
  EXPECT_FALSE(flash->legacy);
  const auto pro = resolve_model("deepseek-v4-pro", default_date);
  ASSERT_TRUE(pro);
  EXPECT_EQ(pro->id, model_id::v4_pro);
  EXPECT_TRUE(pro->thinking_by_default);
  EXPECT_FALSE(pro->legacy);
}

TEST(ResolveModel, LegacyNamesAreFlash) {
  const auto chat = resolve_model("deepseek-chat", default_date);
  ASSERT_TRUE(chat);
  EXPECT_EQ(chat->id, model_id::v4_flash);
  EXPECT_FALSE(chat->thinking_by_default);
  EXPECT_TRUE(chat->legacy);
  const auto reasoner = resolve_model("deepseek-reasoner", default_date);
  ASSERT_TRUE(reasoner);
  EXPECT_EQ(reasoner->id, model_id::v4_flash);
  EXPECT_TRUE(reasoner->thinking_by_default);
  EXPECT_TRUE(reasoner->legacy);
}

TEST(ResolveModel, LegacyNamesRetireToTheSecond) {
  for (const char* name : {"deepseek-chat", "deepseek-reasoner"}) {
    EXPECT_TRUE(resolve_model(name, *parse_date("2026-07-24T15:58:59Z"))) << name;
    EXPECT_FALSE(resolve_model(name, *parse_date("2026-07-24T15:59:00Z"))) << name;
    EXPECT_FALSE(resolve_model(name, *parse_date("2027-01-01"))) << name;
  }
  EXPECT_TRUE(resolve_model("deepseek-v4-flash", *parse_date("2027-01-01")));
}

TEST(ResolveModel, KnowsNoOtherName) {
  for (const char* name : {"", "deepseek", "deepseek-v4", "DeepSeek-V4-Flash", "deepseek-v4-flash ",
                           "gpt-4o", "deepseek-coder"})
    EXPECT_FALSE(resolve_model(name, default_date)) << name;
}

TEST(ResolveMessageModel, ClaudeNamesByFamilyAndInAprilAnyName) {
  struct row {
    const char* name;
    model_id april;
    std::optional<model_id> later;
  };
  const row rows[] = {
      {"claude-opus-4-1-20250805", model_id::v4_pro, model_id::v4_pro},
      {"claude-haiku-4-5", model_id::v4_flash, model_id::v4_flash},
      {"claude-sonnet-4-5", model_id::v4_flash, model_id::v4_flash},
      {"claude-3", model_id::v4_flash, model_id::v4_flash},
      {"deepseek-v4-pro", model_id::v4_pro, model_id::v4_pro},
      {"deepseek-chat", model_id::v4_flash, std::nullopt},
      {"gpt-4o", model_id::v4_flash, std::nullopt},
      {"", model_id::v4_flash, std::nullopt},
  };
  for (const row& r : rows) {
    for (const char* early : {"2026-04-25", "2026-08-26T23:59:59Z"}) {
      const auto model = resolve_message_model(r.name, *parse_date(early));
      ASSERT_TRUE(model) << r.name;
      EXPECT_EQ(model->id, r.april) << r.name;
    }
    const auto model = resolve_message_model(r.name, *parse_date("2026-08-27"));
    ASSERT_EQ(model.has_value(), r.later.has_value()) << r.name;
    if (model) {
      EXPECT_EQ(model->id, *r.later) << r.name;
    }
  }
  EXPECT_FALSE(resolve_message_model("deepseek-chat", default_date)->thinking_by_default);
}

TEST(NameOf, IsTheNameOnTheWire) {
  EXPECT_EQ(name_of(model_id::v4_flash), "deepseek-v4-flash");
  EXPECT_EQ(name_of(model_id::v4_pro), "deepseek-v4-pro");
}

}  // namespace
}  // namespace stampede::deepseek
