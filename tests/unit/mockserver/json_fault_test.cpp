// Faults of JSON texts in serde_json's words, and the paths of values.
#include "mockserver/json_fault.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/draw.hpp"

namespace stampede {
namespace {

std::string fault(std::string_view text) {
  const auto found = find_json_fault(text);
  if (!found) return "none";
  return (found->path.empty() ? "" : found->path + ": ") + found->reason + " " +
         std::to_string(found->read);
}

TEST(JsonFault, InSerdesWords) {
  struct row {
    const char* text;
    const char* fault;
  };
  const row rows[] = {
      {"", "EOF while parsing a value 0"},
      {" ", "EOF while parsing a value 1"},
      {"[", "[0]: EOF while parsing a list 1"},
      {"[1", "[1]: EOF while parsing a list 2"},
      {"[1,", "[1]: EOF while parsing a value 3"},
      {"[1,]", "[1]: trailing comma 4"},
      {"[1 2]", "[1]: expected `,` or `]` 4"},
      {"{", "EOF while parsing an object 1"},
      {"{\"a\"", "a: EOF while parsing an object 4"},
      {"{\"a\" 1}", "a: expected `:` 6"},
      {"{\"a\":1", "EOF while parsing an object 6"},
      {"{\"a\":1,", "EOF while parsing a value 7"},
      {"{\"a\":1,}", "trailing comma 8"},
      {"{\"a\":1 \"b\"}", "expected `,` or `}` 8"},
      {"{a:1}", "key must be a string 2"},
      {"{\"a\":{\"b\":1,}}", "a.?: trailing comma 13"},
      {"{\"a\":[{\"b\":}]}", "a[0].b: expected value 12"},
      {"\"abc", "EOF while parsing a string 4"},
      {"\"a\nb\"", "control character (\\u0000-\\u001F) found while parsing a string 3"},
      {"\"\\x\"", "invalid escape 3"},
      {"\"\\u12g4\"", "invalid escape 7"},
      {"\"\\u12", "EOF while parsing a string 5"},
      {"\"\\ud800\"", "unexpected end of hex escape 8"},
      {"\"\\ud800\\u0041\"", "lone leading surrogate in hex escape 13"},
      {"\"\\udc00\"", "lone leading surrogate in hex escape 7"},
      {"01", "invalid number 2"},
      {"-", "EOF while parsing a value 1"},
      {"-x", "invalid number 2"},
      {"1.", "EOF while parsing a value 2"},
      {"1.x", "invalid number 3"},
      {"1e+", "EOF while parsing a value 3"},
      {"nul", "EOF while parsing a value 3"},
      {"nulx", "expected ident 4"},
      {"'a'", "expected value 1"},
      {"1 x", "trailing characters 3"},
      {"{} {}", "trailing characters 4"},
  };
  for (const row& r : rows) EXPECT_EQ(fault(r.text), r.fault) << r.text;
}

TEST(JsonFault, PathsOfBytes) {
  const std::string text = R"({"a":[{"b":"x","c":[1,22]},true],"d":null})";
  const auto at = [&](const char* what) { return json_path_at(text, text.find(what)); };
  EXPECT_EQ(at("{\"a"), "");
  EXPECT_EQ(at("[{"), "a");
  EXPECT_EQ(at("{\"b"), "a[0]");
  EXPECT_EQ(at("x"), "a[0].b");
  EXPECT_EQ(at("22"), "a[0].c[1]");
  EXPECT_EQ(json_path_at(text, text.find("22]") + 2), "a[0].c");
  EXPECT_EQ(at("}"), "a[0]");
  EXPECT_EQ(at("true"), "a[1]");
  EXPECT_EQ(at("null"), "d");
  EXPECT_EQ(json_path_at(text, text.size() - 1), "");
}

TEST(JsonFault, BracketsWithoutEndAreGivenUpOn) {
  const auto found = find_json_fault(std::string(10'000'000, '['));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->reason, "recursion limit exceeded");
  EXPECT_EQ(found->read, 100'001u);
}

// Broken at random, a text is sound to it just when it is to another parser.
TEST(JsonFault, AgreesWithAnotherParserOnWhatIsSound) {
  const std::string whole =
      R"({"a":[1,-2.5e+3,"x\n\u00e9\ud83d\ude00",{"b":null}],"c":{"d":true,"e":[]},"f":false})";
  constexpr std::string_view bytes = "{}[]\",:\\u0019eE.+- tfn\n";
  std::uint64_t random = 7;
  int sound = 0;
  for (int i = 0; i < 40'000; ++i) {
    std::string text = whole;
    random = mix64(random + 1);
    for (std::uint64_t edits = random % 3 + 1, r = random >> 8; edits > 0; --edits) {
      r = mix64(r);
      const std::size_t place = (r >> 8) % text.size();
      const char byte = bytes[(r >> 40) % bytes.size()];
      switch (r % 3) {
        case 0: text[place] = byte; break;
        case 1: text.insert(place, 1, byte); break;
        default: text.erase(place, 1);
      }
    }
    const bool accepted = nlohmann::json::accept(text);
    sound += accepted ? 1 : 0;
    ASSERT_EQ(!find_json_fault(text).has_value(), accepted) << text << " " << fault(text);
  }
  EXPECT_GT(sound, 1000);
  EXPECT_LT(sound, 30'000);
}

}  // namespace
}  // namespace stampede
