// What the service says with each status, where no more specific text is known: the captured
// texts of deepseek-api.md, section 1.1, and for the rest the reason phrase.
#pragma once

#include <cstdint>
#include <string_view>

namespace stampede {

struct service_text {
  std::string_view reason;  // phrase of the status line
  std::string_view message;
  std::string_view type;
  std::string_view code;
};

// Never fails: unknown statuses get a text of their class.
service_text service_text_of(std::int16_t status);

}  // namespace stampede
