#include "harness/key_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace stampede {
namespace {

constexpr std::string_view begin = "sk-";

bool in_key(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_';
}

bool well_formed(std::string_view key) {
  return key.starts_with(begin) && key.size() > begin.size() &&
         std::all_of(key.begin(), key.end(), in_key);
}

std::string stand_in(std::string_view key, std::size_t number) {
  std::string name = fmt::format("{}masked-{}", well_formed(key) ? begin : "", number);
  for (const std::string_view refused : {"-invalid", "-revoked"})
    if (key.ends_with(refused)) return name.append(refused);
  // The last four characters of a short key would be most of it.
  if (well_formed(key) && key.size() >= 12) name.append("-").append(key.substr(key.size() - 4));
  return name;
}

}  // namespace

key_names::key_names(const run_plan& plan) {
  for (const std::string& key : plan.server.api_keys) of(key);
  for (const std::string& key : api_keys_of(plan))
    if (plan.what.source.find(key) != std::string::npos) of(key);
  find_keys(plan.what.source);
  for (const std::string& change : plan.what.changes) find_keys(change);
}

const std::string& key_names::of(std::string_view key) {
  const auto known = names_.find(key);
  if (known != names_.end()) return known->second;
  std::string name = key.empty() ? "" : stand_in(key, names_.size() + 1);
  return names_.emplace(key, std::move(name)).first->second;
}

void key_names::find_keys(std::string_view text) {
  for (std::size_t at = 0; (at = text.find(begin, at)) != text.npos;) {
    std::size_t end = at + begin.size();
    while (end < text.size() && in_key(text[end])) ++end;
    const bool inside_a_word = at > 0 && in_key(text[at - 1]);  // "task-force"
    if (!inside_a_word) of(text.substr(at, end - at));
    at = end;
  }
}

std::string key_names::in(std::string_view text) const {
  // Where one key begins like another, the longer one is meant.
  std::vector<const std::pair<const std::string, std::string>*> longest_first;
  for (const auto& known : names_)
    if (!known.first.empty()) longest_first.push_back(&known);
  std::stable_sort(longest_first.begin(), longest_first.end(),
                   [](auto* a, auto* b) { return a->first.size() > b->first.size(); });
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto found = std::find_if(longest_first.begin(), longest_first.end(), [&](auto* known) {
      return text.substr(at).starts_with(known->first);
    });
    if (found == longest_first.end()) {
      out += text[at++];
    } else {
      out += (*found)->second;
      at += (*found)->first.size();
    }
  }
  return out;
}

}  // namespace stampede
