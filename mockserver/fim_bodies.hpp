// Fill in the middle: a text completion as JSON, and as a stream of chunks. deepseek-api.md
// confirms choices[].text; the object's name and the chunks follow OpenAI's. Pure.
//
// Use: `put_text_completion(put, a);` or `const text_stream s(a); s.open(put); s.token(put, 0);`
#pragma once

#include <cstdint>
#include <string>

#include "mockserver/answer.hpp"
#include "mockserver/text_sink.hpp"

namespace stampede {

void put_text_completion(text_sink& put, const answer& a);

class text_stream {
 public:
  explicit text_stream(const answer& a);  // kept by reference

  void open(text_sink&) const {}  // its first chunk is its first token's
  void token(text_sink& put, std::int32_t i) const;
  void close(text_sink& put) const;

 private:
  const answer& a_;
  std::string start_;  // everything of a chunk before its text
};

}  // namespace stampede
