// What a request body may look like, as data: a tree of fields, each with the kinds of value
// it takes and the words serde would complain in. body_walk holds a body against it; the
// tables themselves stand with the readers of the three dialects.
//
// Use: constexpr body_field fields[] = {needed(text("model", id_model)), flag("stream",
// id_stream)};
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace stampede {

enum value_kind : std::uint8_t {
  takes_text = 1,
  takes_flag = 2,
  takes_whole = 4,
  takes_real = 8,  // and whole numbers
  takes_object = 16,
  takes_list = 32,
};

// null is fine, and as good as no value, wherever a field is not needed.
struct body_field {
  std::string_view name{};      // of an object's member; elements have none
  std::uint8_t id = 0;          // the reader's own number for it
  std::uint8_t takes = 0;       // of value_kind
  bool needed = false;          // "missing field" without it
  bool told_of_whole = false;   // what is wrong inside is told of the object, where it ends
  bool told_at_once = false;    // but not what is wrong with this member of it
  bool wants_text = false;      // of an object: `closed` is to bring its text
  std::string_view expected{};  // "a string"
  std::int64_t most = 0;        // of a whole number; the least is 0
  std::span<const std::string_view> variants{};  // the texts it may be; none: any
  std::span<const body_field> members{};         // of an object; others are passed over
  const body_field* element = nullptr;           // of a list; null: passed over
};

// ---- a field in words

constexpr body_field text(std::string_view name, std::uint8_t id) {
  body_field f;
  f.name = name;
  f.id = id;
  f.takes = takes_text;
  f.expected = "a string";
  return f;
}
constexpr body_field flag(std::string_view name, std::uint8_t id) {
  body_field f = text(name, id);
  f.takes = takes_flag;
  f.expected = "a boolean";
  return f;
}
constexpr body_field real(std::string_view name, std::uint8_t id) {
  body_field f = text(name, id);
  f.takes = takes_real | takes_whole;
  f.expected = "f32";
  return f;
}
constexpr body_field u32(std::string_view name, std::uint8_t id) {
  body_field f = text(name, id);
  f.takes = takes_whole;
  f.expected = "u32";
  f.most = 0xffffffff;
  return f;
}
constexpr body_field u8(std::string_view name, std::uint8_t id) {
  body_field f = u32(name, id);
  f.expected = "u8";
  f.most = 255;
  return f;
}
constexpr body_field object(std::string_view name, std::uint8_t id,
                            std::span<const body_field> members, std::string_view expected) {
  body_field f = text(name, id);
  f.takes = takes_object;
  f.expected = expected;
  f.members = members;
  return f;
}
constexpr body_field list(std::string_view name, std::uint8_t id, const body_field& element) {
  body_field f = text(name, id);
  f.takes = takes_list;
  f.expected = "a sequence";
  f.element = &element;
  return f;
}
constexpr body_field text_or_list(std::string_view name, std::uint8_t id,
                                  const body_field& element) {
  body_field f = list(name, id, element);
  f.takes = takes_text | takes_list;
  f.expected = "a string";
  return f;
}
constexpr body_field one_of(body_field f, std::span<const std::string_view> variants) {
  f.variants = variants;
  return f;
}
constexpr body_field with_text(body_field f) {
  f.wants_text = true;
  return f;
}
constexpr body_field needed(body_field f) {
  f.needed = true;
  return f;
}

}  // namespace stampede
