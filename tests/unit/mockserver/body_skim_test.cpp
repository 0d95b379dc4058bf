// The fast reader of bodies against the one that tells what is wrong and where: they agree on
// which bodies are sound, and on what these hold.
#include "mockserver/body_skim.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/draw.hpp"

namespace stampede::testing {
namespace {

constexpr std::array<std::string_view, 2> colours{"red", "green"};
constexpr body_field item_fields[] = {needed(one_of(text("colour", 11), colours)),
                                      text("note", 12)};
constexpr body_field item = object("", 10, item_fields, "struct Item");
constexpr body_field word = text("", 13);
constexpr body_field fields[] = {
    needed(text("name", 1)),
    flag("on", 2),
    u32("count", 3),
    u8("small", 4),
    real("heat", 5),
    needed(list("items", 6, item)),
    text_or_list("words", 7, word),
    with_text(object("schema", 8, {}, "a map")),
};
constexpr body_field top = object("", 0, fields, "struct Top");

// Writes down what it is told.
class note_taker final : public body_listener {
 public:
  std::string value(const body_field& f, const body_value& v) override {
    notes += fmt::format("{}={}:{}:{}:{}:{};", f.id, v.kind, v.text, v.flag, v.whole, v.real);
    return v.text == "forbidden" ? "invalid value" : "";
  }
  void opened(const body_field& f) override { notes += fmt::format("{}(", f.id); }
  std::string closed(const body_field& f, std::string_view text) override {
    notes += fmt::format("{})", f.wants_text ? nlohmann::json::parse(text).dump() : "");
    return "";
  }
  std::string notes;
};

struct reading {
  bool sound = false;
  std::string notes;
};

reading skimmed(std::string_view body) {
  note_taker listener;
  const bool sound = skim_body(body, top, listener);
  return {sound, listener.notes};
}

reading walked(std::string_view body) {
  note_taker listener;
  request_problem problem;
  walk_body(body, top, listener, problem);
  return {problem.what == request_problem::kind::none, listener.notes};
}

void expect_agreement(const std::string& body) {
  const reading fast = skimmed(body);
  const reading slow = walked(body);
  ASSERT_EQ(fast.sound, slow.sound) << body;
  if (!fast.sound) return;
  ASSERT_EQ(fast.notes, slow.notes) << body;
}

const std::string whole =
    R"({"name": "a\"b\u00e9\n", "on": true, "count": 42, "small": 7, "heat": 1.5,
 "items": [{"colour": "red", "note": null}, {"colour": "green", "more": [1, {"x": []}]}],
 "words": ["one", "\ud83d\ude00", ""], "schema": {"type": "object", "n": [1, -2.5e3, false]},
 "unknown": {"deep": [[[{}]]]}})";

TEST(BodySkim, ReadsASoundBody) {
  const reading fast = skimmed(whole);
  EXPECT_TRUE(fast.sound);
  EXPECT_EQ(fast.notes, walked(whole).notes);
  EXPECT_NE(fast.notes.find(R"({"n":[1,-2500.0,false],"type":"object"})"), std::string::npos)
      << fast.notes;
}

TEST(BodySkim, AgreesOnWhatIsWrong) {
  const std::string start = R"({"name": "n", "items": [])";
  expect_agreement(start + "}");
  for (const char* rest : {R"(, "on": 1})",
                           R"(, "on": null})",
                           R"(, "count": -1})",
                           R"(, "count": 4294967296})",
                           R"(, "count": 1.0})",
                           R"(, "small": 256})",
                           R"(, "heat": 18446744073709551615})",
                           R"(, "heat": 1e999})",
                           R"(, "heat": "hot"})",
                           R"(, "items": null})",
                           R"(, "items": [null]})",
                           R"(, "items": [{"note": "x"}]})",
                           R"(, "items": [{"colour": "blue"}]})",
                           R"(, "words": "one"})",
                           R"(, "words": ["one", 2]})",
                           R"(, "words": "forbidden"})",
                           R"(, "schema": []})",
                           R"(, "name": "again"})",
                           R"(,})",
                           R"(} x)",
                           R"()",
                           "\x01}",
                           R"(, "words": "\ud800"})",
                           "\"\xff\"}",
                           R"(, "count": 01})"}) {
    expect_agreement(start + rest);
  }
  for (const char* body : {"", " ", "null", "[]", "1", "{}", "{\"name\":\"n\"}"}) {
    expect_agreement(body);
  }
}

// Bodies with a few bytes changed, put in or taken out.
TEST(BodySkim, AgreesOnBodiesThatWereTamperedWith) {
  constexpr std::string_view bytes = "{}[]\",:\\ \n0129.-+eEtfnu\x80\xc3";
  int sound = 0;
  for (std::uint64_t round = 0; round < 20'000; ++round) {
    std::string body = whole;
    const auto drawn = [&](std::uint64_t index, std::uint64_t below) {
      return static_cast<std::size_t>(
          uniform_below(draw({.seed = 1, .entity = round, .index = index}), below));
    };
    const std::size_t changes = 1 + drawn(0, 3);
    for (std::size_t i = 0; i < changes; ++i) {
      const std::size_t at = drawn(10 * i + 1, body.size());
      const char byte = bytes[drawn(10 * i + 2, bytes.size())];
      switch (drawn(10 * i + 3, 3)) {
        case 0: body[at] = byte; break;
        case 1: body.insert(at, 1, byte); break;
        default: body.erase(at, 1 + drawn(10 * i + 4, 4)); break;
      }
    }
    expect_agreement(body);
    if (HasFatalFailure()) return;
    if (skimmed(body).sound) ++sound;
  }
  EXPECT_GT(sound, 2'000);  // or this would say little
}

}  // namespace
}  // namespace stampede::testing
