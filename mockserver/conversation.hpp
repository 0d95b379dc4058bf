// What a chat completion and an Anthropic message have in common once read: prompt text, turns,
// tools and thinking, gathered into the chat_facts of a request.
//
// Things may be told in any order; `finish` draws the conclusions. Pure; allocates only where
// there are tools. Use: conversation talk(request.chat); talk.content("hi"); ... talk.finish(m);
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mockserver/history.hpp"
#include "mockserver/prefix_cache.hpp"
#include "mockserver/request.hpp"

namespace stampede {

class conversation {
 public:
  explicit conversation(chat_facts& facts) : facts_(facts) {}

  void role(std::string_view name);
  void content(std::string_view text);
  void effort(std::string_view name);
  history_rules& turns() { return turns_; }

  void begin_tool();
  void tool_name(std::string_view name) { tools_.back().name = name; }
  void tool_schema(std::string_view json);
  void choose(bool none, bool any);                            // tool_choice; neither is auto
  void choose_tool(std::string_view name) { chosen_ = name; }  // together with any

  // After the whole body: history and the tool to call. `model` as sent.
  void finish(std::string_view model);

 private:
  struct tool {
    std::string name;
    std::string schema;
  };

  chat_facts& facts_;
  prompt_digest digest_;
  history_rules turns_;
  std::vector<tool> tools_;
  bool no_tool_ = false;
  bool any_tool_ = false;
  std::optional<std::string> chosen_;
  bool effort_none_ = false;
};

}  // namespace stampede
