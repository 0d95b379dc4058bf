#include "mockserver/history.hpp"

#include <utility>

namespace stampede {

void history_rules::begin_turn() {
  before_ = turn_;
  turn_ = kind::other;
  has_reasoning_ = false;
  calls_.clear();
  results_.clear();
}

void history_rules::role(std::string_view name) {
  if (name == "user") turn_ = kind::user;
  if (name == "assistant") turn_ = kind::assistant;
  if (name == "tool") turn_ = kind::results;
}

void history_rules::end_turn() {
  const auto broken = [&](history_problem what) {
    if (tools_ == history_problem::none) tools_ = what;
  };
  // A user turn that carries results (as the Anthropic API has it) is one of results. Whose
  // role is "tool" but names no call answers none; an id elsewhere means nothing.
  if (turn_ == kind::user && !results_.empty()) turn_ = kind::results;
  if (turn_ == kind::results) {
    if (results_.empty()) broken(history_problem::orphan_tool_message);
    for (const std::string& id : results_) {
      const auto call = open_.find(id);
      if (call == open_.end()) {
        broken(history_problem::orphan_tool_message);
      } else if (!std::exchange(call->second, true)) {
        --unanswered_;
      }
    }
    return;
  }
  if (unanswered_ > 0) broken(history_problem::unanswered_tool_call);
  open_.clear();
  unanswered_ = 0;
  if (turn_ == kind::assistant && !calls_.empty()) {
    for (std::string& id : calls_) open_.emplace(std::move(id), false);
    unanswered_ = calls_.size();
    reasoning_missing_ = reasoning_missing_ || !has_reasoning_;
  }
  if (turn_ == kind::user && before_ == kind::user) two_user_turns_ = true;
}

history_problem history_rules::verdict(bool thinking) const {
  if (tools_ != history_problem::none) return tools_;
  if (unanswered_ > 0) return history_problem::unanswered_tool_call;
  if (thinking && reasoning_missing_) return history_problem::missing_reasoning;
  return two_user_turns_ ? history_problem::two_user_turns : history_problem::none;
}

}  // namespace stampede
