#include "mockserver/text_sink.hpp"

#include <array>
#include <charconv>

namespace stampede {
namespace {

void put_escape(text_sink& put, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '"': put("\\\""); break;
    case '\\': put("\\\\"); break;
    case '\n': put("\\n"); break;
    case '\r': put("\\r"); break;
    case '\t': put("\\t"); break;
    default: {
      const std::array<char, 6> code{'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
      put({code.data(), code.size()});
    }
  }
}

bool stands_for_itself(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

}  // namespace

void text_sink::put_slowly(std::string_view text) {
  if (out_) {
    flush();
    out_->append(text);
  } else {
    bytes_ += static_cast<std::int64_t>(text.size());
  }
}

void put_number(text_sink& put, std::int64_t value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  put({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void put_escaped(text_sink& put, std::string_view text) {
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (stands_for_itself(text[i])) continue;
    put(text.substr(start, i - start));
    put_escape(put, text[i]);
    start = i + 1;
  }
  put(text.substr(start));
}

}  // namespace stampede
