// What the client's real decoder makes of the server's real bytes, without rendering every
// answer: each distinct shape is rendered and decoded once, and its verdict kept. Answers cut
// inside a stream are rendered each time, since every cut is another shape.
//
// Use: `const sim_verdict v = verdicts.of(answer, {.stream = true});`
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/decoding.hpp"
#include "mockserver/answer.hpp"

namespace stampede {

struct sim_verdict {
  outcome result = outcome::success;
  bool usage_stated = false;  // the answer's usage reached the client
};

// What one piece of an answer brings, read from its bytes.
struct sim_piece {
  std::size_t bytes = 0;
  bool payload = false;
  std::uint32_t tokens = 0;
};
sim_piece read_piece(const answer& a, const segment& piece, expected_answer expected);

class verdict_cache {
 public:
  // With `verify_bytes` nothing is kept: every answer is rendered and decoded.
  explicit verdict_cache(bool verify_bytes) : verify_bytes_(verify_bytes) {}

  // Of an answer whose framing ended clean.
  sim_verdict of(const answer& a, expected_answer expected);

 private:
  // What decides: the shape in numbers, and the texts.
  struct entry {
    std::uint64_t shape = 0;
    std::string message;
    std::string code;
    std::string blank_text;
    sim_verdict verdict;
    std::uint64_t asked = 0;
  };

  bool verify_bytes_;
  std::vector<entry> known_;  // those asked for often in front
};

}  // namespace stampede
