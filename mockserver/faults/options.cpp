#include "mockserver/faults/options.hpp"

#include "core/units.hpp"

namespace stampede {

duration read_retry_after(config_reader& read, duration otherwise) {
  const auto text = read.text("retry_after");
  if (!text) return otherwise;
  if (*text == "none") return no_duration;
  const auto d = parse_duration(*text);
  if (!d) read.fail("retry_after", "'retry_after' must be a time such as \"20s\", or \"none\"");
  return *d;
}

std::string in_words(std::int16_t status, duration retry_after) {
  std::string text = std::to_string(status);
  if (retry_after != no_duration) text += " with Retry-After " + to_text(retry_after);
  return text;
}

}  // namespace stampede
