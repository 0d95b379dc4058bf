// Where a text stops being JSON and why, in serde_json's words, and which value a byte of it
// belongs to, as serde_path_to_error writes it: what the service's 400s quote.
//
// Both read the text again from its start and keep no state, so that reading a sound body
// costs nothing for them. Pure; never fail.
//
// Use: `const auto fault = find_json_fault(body);  // "trailing comma", 42, "messages[1]"`
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stampede {

struct json_fault {
  std::string reason;
  std::size_t read = 0;  // bytes, up to and including the one that is wrong
  std::string path;      // "" at the top
};

// Nothing where the text's structure is sound. Text that is not UTF-8 and numbers beyond a
// double are not looked for.
std::optional<json_fault> find_json_fault(std::string_view text);

// "messages[0].content" for any byte of that value; "" at the top and behind the end. The text
// up to there must be sound.
std::string json_path_at(std::string_view text, std::size_t byte);

}  // namespace stampede
