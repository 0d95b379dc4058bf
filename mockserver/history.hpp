// The rules of a conversation's turns, whichever API they came by: each tool call is answered
// by the turns right after it, each tool result has its call, and an assistant turn that calls
// tools keeps its reasoning while thinking is on.
//
// Turns are fed as they are read; what a turn holds may come in any order. Nothing is
// allocated for turns without tools. Pure.
//
// Use: h.begin_turn(); h.role("assistant"); h.tool_call("call_00_a"); h.end_turn(); ...
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mockserver/request.hpp"

namespace stampede {

class history_rules {
 public:
  void begin_turn();
  void role(std::string_view name);  // "system", "user", "assistant", "tool", ...
  void reasoning() { has_reasoning_ = true; }
  void tool_call(std::string_view id) { calls_.emplace_back(id); }
  void tool_result(std::string_view id) { results_.emplace_back(id); }
  void end_turn();

  // After the last turn. A broken chain of tool calls comes before reasoning that is missing,
  // and that before two user turns.
  history_problem verdict(bool thinking) const;
  bool ends_with_tool_result() const { return turn_ == kind::results; }

 private:
  enum class kind { none, user, assistant, results, other };

  kind turn_ = kind::none;  // the one being read, then the last one
  kind before_ = kind::none;
  bool has_reasoning_ = false;
  std::map<std::string, bool> open_;  // of the assistant turn before the results: is it answered
  std::size_t unanswered_ = 0;        // calls; of two with one id one stays so
  std::vector<std::string> calls_;    // of the turn being read
  std::vector<std::string> results_;  // of the turn being read, the ids they answer
  history_problem tools_ = history_problem::none;
  bool reasoning_missing_ = false;
  bool two_user_turns_ = false;
};

}  // namespace stampede
