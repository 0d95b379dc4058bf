#include "mockserver/conversation.hpp"

#include <algorithm>

#include "deepseek/models.hpp"
#include "mockserver/tool_arguments.hpp"

namespace stampede {
namespace {

bool contains_json(std::string_view text) {
  constexpr std::string_view word = "json";
  for (const char first : {'j', 'J'}) {
    for (std::size_t at = text.find(first); at != text.npos; at = text.find(first, at + 1)) {
      const std::string_view here = text.substr(at, word.size());
      if (std::equal(here.begin(), here.end(), word.begin(), word.end(),
                     [](char a, char b) { return (a | 0x20) == b; })) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

void conversation::role(std::string_view name) {
  digest_.role(name);
  turns_.role(name);
}

void conversation::content(std::string_view text) {
  digest_.text(text);
  facts_.prompt_bytes += static_cast<std::int64_t>(text.size());
  facts_.mentions_json = facts_.mentions_json || contains_json(text);
}

void conversation::effort(std::string_view name) {
  facts_.effort_max = name == "max" || name == "xhigh";
  effort_none_ = name == "none";
}

void conversation::begin_tool() {
  ++facts_.tools;
  tools_.emplace_back();
}

void conversation::tool_schema(std::string_view json) {
  tools_.back().schema = json;
  digest_.tools(json);
}

void conversation::choose(bool none, bool any) {
  no_tool_ = none;
  any_tool_ = any;
}

void conversation::finish(std::string_view model) {
  if (!facts_.thinking && effort_none_) facts_.thinking = false;
  // A name's thinking does not change with the date; one that is refused matters no more.
  const auto known = deepseek::resolve_model(model, deepseek::default_date);
  const bool thinks = facts_.thinking.value_or(!known || known->thinking_by_default);
  facts_.history = turns_.verdict(thinks);
  facts_.prefix = digest_.take();
  if (tools_.empty()) return;
  for (std::size_t i = 0; i < tools_.size() && facts_.bad_tool_name < 0; ++i) {
    if (!is_identifier(tools_[i].name)) facts_.bad_tool_name = static_cast<std::int32_t>(i);
  }
  facts_.forces_tool = any_tool_;
  facts_.calls_tool = !no_tool_ && (any_tool_ || !turns_.ends_with_tool_result());
  if (!facts_.calls_tool) return;
  const auto asked = std::find_if(tools_.begin(), tools_.end(),
                                  [&](const tool& t) { return !chosen_ || t.name == *chosen_; });
  facts_.tool_name = asked == tools_.end() ? *chosen_ : asked->name;
  facts_.tool_arguments = asked == tools_.end() ? "{}" : fitting_arguments(asked->schema);
}

}  // namespace stampede
