// Where the pieces of a body go: to the end of a string, or nowhere but into a count of bytes,
// so that a size is foreseen by the code that renders. Deterministic; never fails.
//
// Use: `text_sink put(out); put("{\"id\":\""); put_escaped(put, name);`
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stampede {

class text_sink {
 public:
  text_sink() = default;  // only counts
  explicit text_sink(std::string& out) : out_(&out) {}

  void operator()(std::string_view text) {
    if (out_) {
      out_->append(text);
    } else {
      bytes_ += static_cast<std::int64_t>(text.size());
    }
  }

  bool only_counts() const { return !out_; }
  void count(std::int64_t bytes) { bytes_ += bytes; }
  std::int64_t bytes() const { return bytes_; }  // counted so far

 private:
  std::string* out_ = nullptr;
  std::int64_t bytes_ = 0;
};

void put_number(text_sink& put, std::int64_t value);

// Any text as the inside of a JSON string.
void put_escaped(text_sink& put, std::string_view text);

}  // namespace stampede
