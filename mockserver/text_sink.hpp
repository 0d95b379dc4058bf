// Where the pieces of a body go: to the end of a string, or nowhere but into a count of bytes,
// so that a size is foreseen by the code that renders. Deterministic; never fails.
//
// The pieces are mostly short: they are gathered, and reach the string when the sink ends.
//
// Use: `{ text_sink put(out); put("{\"id\":\""); put_escaped(put, name); }`
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace stampede {

class text_sink {
 public:
  text_sink() = default;  // only counts
  explicit text_sink(std::string& out) : out_(&out) {}
  ~text_sink() { flush(); }
  text_sink(const text_sink&) = delete;
  text_sink& operator=(const text_sink&) = delete;

  void operator()(std::string_view text) {
    if (out_ && text.size() <= gathered_.size() - size_) {
      size_ += text.copy(gathered_.data() + size_, text.size());  // which may be nothing, nowhere
    } else {
      put_slowly(text);
    }
  }
  // Of a known size a few moves are all it takes.
  template <std::size_t n>
  [[gnu::always_inline]] void operator()(const char (&literal)[n]) {
    if (out_ && n - 1 <= gathered_.size() - size_) {
      std::memcpy(gathered_.data() + size_, literal, n - 1);
      size_ += n - 1;
    } else {
      put_slowly({literal, n - 1});
    }
  }

  bool only_counts() const { return !out_; }
  void count(std::int64_t bytes) { bytes_ += bytes; }
  std::int64_t bytes() const { return bytes_; }  // counted so far

 private:
  void put_slowly(std::string_view text);
  void flush() {
    if (size_ > 0) out_->append(gathered_.data(), std::exchange(size_, 0));
  }

  std::string* out_ = nullptr;
  std::int64_t bytes_ = 0;
  std::size_t size_ = 0;
  std::array<char, 1024> gathered_;  // its first size_ bytes
};

void put_number(text_sink& put, std::int64_t value);

// Any text as the inside of a JSON string.
void put_escaped(text_sink& put, std::string_view text);

}  // namespace stampede
