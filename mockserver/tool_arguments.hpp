// The smallest JSON object that fits the `parameters` of a tool: what the mock calls it with.
//
// `schema` is the text of a JSON schema. Every required property is there, in the schema's
// order, with its const, default, first enum value, or the least value of its type that keeps
// minItems, minLength, minimum and their kin; strings are "text". Of several alternatives the
// first is taken; $ref and patterns are not followed. Pure; "{}" for what is no schema, or one
// nested deeper than 256 levels. At most about 64 KiB, and 4,096 properties
// of an object: what would be more is not there.
//
// Use: fitting_arguments(R"({"type":"object","properties":{"city":{"type":"string"}},
//                            "required":["city"]})") == R"({"city":"text"})"
#pragma once

#include <string>
#include <string_view>

namespace stampede {

std::string fitting_arguments(std::string_view schema);

}  // namespace stampede
