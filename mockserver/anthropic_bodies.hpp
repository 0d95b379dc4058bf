// A completion in Anthropic's words: a message as JSON, and the stream of its events, as the
// service answers /anthropic/v1/messages (deepseek-api.md, section 4). Pure.
//
// Thinking is a block without a signature, as the service's is. While it thinks, a stream has a
// ping at the first token and at every 16th.
//
// Use: `put_message_answer(put, a);` or `const message_stream s(a); s.open(put); ...`
#pragma once

#include <cstdint>

#include "mockserver/answer.hpp"
#include "mockserver/text_sink.hpp"

namespace stampede {

void put_message_answer(text_sink& put, const answer& a);

class message_stream {
 public:
  explicit message_stream(const answer& a) : a_(a) {}  // kept by reference

  void open(text_sink& put) const;
  void token(text_sink& put, std::int32_t i) const;
  void close(text_sink& put) const;

 private:
  void start_block(text_sink& put, int index) const;
  void stop_block(text_sink& put, int index) const;
  int content_index() const { return a_.reasoning > 0 ? 1 : 0; }

  const answer& a_;
};

}  // namespace stampede
