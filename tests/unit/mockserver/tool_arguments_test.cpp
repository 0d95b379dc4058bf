// The arguments the mock calls a tool with, a schema at a time.
#include "mockserver/tool_arguments.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

namespace stampede {
namespace {

// For one required property "a" of this schema.
std::string of(const std::string& schema) {
  return fitting_arguments(R"({"type":"object","properties":{"a":)" + schema +
                           R"(},"required":["a"]})");
}

TEST(ToolArguments, OfEachType) {
  struct row {
    const char* schema;
    const char* value;
  };
  const row rows[] = {
      {R"({"type":"string"})", R"("text")"},
      {R"({"type":"string","minLength":7})", R"("text te")"},
      {R"({"type":"string","maxLength":2})", R"("te")"},
      {R"({"type":"integer"})", "0"},
      {R"({"type":"integer","minimum":3})", "3"},
      {R"({"type":"integer","minimum":2.5})", "3"},
      {R"({"type":"integer","exclusiveMinimum":0})", "1"},
      {R"({"type":"integer","exclusiveMinimum":2.5})", "3"},
      {R"({"type":"integer","maximum":-2})", "-2"},
      {R"({"type":"integer","maximum":-2.5})", "-3"},
      {R"({"type":"integer","exclusiveMaximum":0})", "-1"},
      {R"({"type":"integer","minimum":-5,"maximum":5})", "0"},
      {R"({"type":"number"})", "0"},
      {R"({"type":"number","minimum":0.5})", "0.5"},
      {R"({"type":"number","exclusiveMinimum":0,"maximum":1})", "0.5"},
      {R"({"type":"number","exclusiveMinimum":1})", "2"},
      {R"({"type":"number","exclusiveMaximum":-1,"minimum":-2})", "-1.5"},
      {R"({"type":"boolean"})", "true"},
      {R"({"type":"null"})", "null"},
      {R"({"type":["integer","null"]})", "0"},
      {R"({"type":"array"})", "[]"},
      {R"({"type":"array","items":{"type":"integer"},"minItems":2})", "[0,0]"},
      {R"({"items":{"type":"boolean"},"minItems":1})", "[true]"},
      {R"({"enum":["b","c"]})", R"("b")"},
      {R"({"type":"string","enum":["C","F"]})", R"("C")"},
      {R"({"const":{"x":1}})", R"({"x":1})"},
      {R"({"type":"integer","default":10})", "10"},
      {R"({"anyOf":[{"type":"integer"},{"type":"null"}]})", "0"},
      {R"({"type":"object"})", "{}"},
      {R"({"type":"object","required":["z"]})", R"({"z":"text"})"},
      {R"({"properties":{"p":{"type":"number"},"q":{}},"required":["q","p"]})",
       R"({"p":0,"q":"text"})"},
      {"{}", R"("text")"},
      {"true", R"("text")"},
  };
  for (const row& r : rows) {
    EXPECT_EQ(of(r.schema), "{\"a\":" + std::string(r.value) + "}") << r.schema;
  }
}

TEST(ToolArguments, OnlyWhatIsRequired) {
  EXPECT_EQ(fitting_arguments(R"({"type":"object","properties":{"a":{"type":"string"}}})"), "{}");
  EXPECT_EQ(fitting_arguments(R"({"type":"object","properties":{"b":{},"a":{}},)"
                              R"("required":["a","b"]})"),
            R"({"b":"text","a":"text"})");
}

TEST(ToolArguments, NoSchemaNoArguments) {
  for (const char* text : {"", "null", "[]", "{", "{}", R"({"type":"string"})", R"({"type":5})"}) {
    EXPECT_EQ(fitting_arguments(text), "{}") << text;
  }
}

TEST(ToolArguments, AreBoundedWhateverIsAskedFor) {
  std::string schema = R"({"type":"string"})";
  for (int i = 0; i < 8; ++i) {
    schema = R"({"type":"array","minItems":1000000,"items":)" + schema + "}";
  }
  EXPECT_LT(of(schema).size(), 100'000U);
  EXPECT_LT(of(R"({"type":"string","minLength":1000000})").size(), 400U);
}

TEST(ToolArguments, AreAtMost64KiBHoweverLongADefaultIsRepeated) {
  const std::string longish(20'000, 'x');
  const std::string item = R"({"default":")" + longish + "\"}";
  EXPECT_EQ(of(R"({"type":"array","minItems":4096,"items":)" + item + "}"),
            R"({"a":[")" + longish + "\",\"" + longish + "\",\"" + longish + "\"]}");
  std::string inner = item;
  for (int i = 0; i < 20; ++i) {
    inner = R"({"type":"array","minItems":4096,"items":)" + inner + "}";
  }
  EXPECT_LT(of(inner).size(), 66'000U);
}

TEST(ToolArguments, ValuesAndNamesThatAreTooLongAreNotThere) {
  const std::string huge(100'000, 'x');
  for (const char* key : {"const", "default"}) {
    EXPECT_EQ(of(R"({"type":"integer",")" + std::string(key) + "\":\"" + huge + "\"}"),
              R"({"a":0})")
        << key;
  }
  EXPECT_EQ(of(R"({"type":"integer","default":[")" + huge + R"("],"enum":[3]})"), R"({"a":3})");
  EXPECT_EQ(fitting_arguments(R"({"required":[")" + huge + R"(","b"]})"), R"({"b":"text"})");
  EXPECT_EQ(fitting_arguments(R"({"default":{"a":")" + huge + R"("},"required":["b"]})"),
            R"({"b":"text"})");
}

// Twice as many names took four times as long: 8,000 were a second.
TEST(ToolArguments, OfManyNamesAreQuicklyMade) {
  std::string properties;
  std::string required;
  for (int i = 0; i < 200'000; ++i) {
    const std::string name = "\"" + std::to_string(1'000'000 + i) + '"';
    properties += (i == 0 ? "" : ",") + name + ":{}";
    required += (i == 0 ? "" : ",") + name;
  }
  const std::clock_t began = std::clock();
  const std::string made =
      fitting_arguments("{\"properties\":{" + properties + "},\"required\":[" + required + "]}");
  EXPECT_TRUE(made.starts_with(R"({"1000000":"text","1000001":"text",)"));
  EXPECT_TRUE(made.ends_with("\"text\"}"));
  EXPECT_LT(made.size(), 66'000U);
  EXPECT_LT(std::clock() - began, 5 * CLOCKS_PER_SEC);
}

TEST(ToolArguments, ANameGivenTwiceIsThereOnce) {
  EXPECT_EQ(fitting_arguments(R"({"properties":{"a":{},"a":{}},)"
                              R"("required":["a","b","a","b"]})"),
            R"({"a":"text","b":"text"})");
}

// Copying and writing a value recurse once a level: 200,000 were the end of the server.
TEST(ToolArguments, AreNotTakenFromASchemaNestedTooDeep) {
  const std::string nested = std::string(200'000, '[') + std::string(200'000, ']');
  for (const char* key : {"const", "default"}) {
    EXPECT_EQ(of("{\"" + std::string(key) + "\":" + nested + "}"), "{}") << key;
  }
  EXPECT_EQ(of("{\"enum\":[" + nested + "]}"), "{}");
  EXPECT_EQ(of(R"({"default":"[[\"[[","enum":["{{"]})"), R"({"a":"[[\"[["})");
  const std::string allowed = std::string(200, '[') + std::string(200, ']');
  EXPECT_EQ(of("{\"default\":" + allowed + "}"), "{\"a\":" + allowed + "}");
}

}  // namespace
}  // namespace stampede
