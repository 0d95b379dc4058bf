// A chat completion as JSON, and as a stream of chunks: deepseek-api.md, sections 3.2 and 3.3,
// in the captured order of keys. Pure.
//
// Use: `put_chat_completion(put, a);` or `const chat_stream s(a); s.open(put); s.token(put, 0);`
#pragma once

#include <cstdint>
#include <string>

#include "mockserver/answer.hpp"
#include "mockserver/text_sink.hpp"

namespace stampede {

void put_chat_completion(text_sink& put, const answer& a);

class chat_stream {
 public:
  explicit chat_stream(const answer& a);  // kept by reference

  void open(text_sink& put) const;
  void token(text_sink& put, std::int32_t i) const;
  void close(text_sink& put) const;

  // Size up to and including the first `tokens` tokens (at least one), without rendering them;
  // only of answers whose chunks differ in nothing but their words.
  bool has_even_chunks() const;
  std::int64_t bytes(std::int32_t tokens) const;

 private:
  void tool_start(text_sink& put) const;

  const answer& a_;
  std::string start_;  // everything of a chunk before its delta
};

}  // namespace stampede
