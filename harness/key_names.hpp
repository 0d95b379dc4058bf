// Stand-ins for API keys, so that a journal holds no secret and still replays exactly: equal
// keys get equal stand-ins, the scenario's text gets the same ones as its requests, and what
// the server can tell of a key (well-formed, "-invalid", "-revoked", listed) stays as it was.
//
// Numbered in the order met, so deterministic. Not thread-safe: names are asked for on the
// server's side only.
// Use: `key_names keys(plan);  keys.in(plan.what.source);  keys.of(request.key);`
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "harness/plan.hpp"

namespace stampede {

class key_names {
 public:
  // Knows the keys that the plan names and every other sk-... in the scenario's text.
  explicit key_names(const run_plan& plan);

  const std::string& of(std::string_view key);
  // `text` with every key known so far replaced.
  std::string in(std::string_view text) const;

 private:
  void find_keys(std::string_view text);

  std::map<std::string, std::string, std::less<>> names_;
};

}  // namespace stampede
