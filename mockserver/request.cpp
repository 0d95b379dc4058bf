#include "mockserver/request.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/draw.hpp"
#include "core/text_words.hpp"
#include "deepseek/models.hpp"
#include "mockserver/chat_reader.hpp"
#include "mockserver/completion_reader.hpp"
#include "mockserver/message_reader.hpp"

namespace stampede {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
bool parse_whole(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

struct known_path {
  std::string_view path;
  std::string_view method;
  route where;
};

constexpr std::array<known_path, 9> paths{{
    {"/chat/completions", "POST", route::chat},
    {"/v1/chat/completions", "POST", route::chat},
    {"/beta/chat/completions", "POST", route::beta_chat},
    {"/beta/completions", "POST", route::completions},
    {"/anthropic/v1/messages", "POST", route::messages},
    {"/anthropic/messages", "POST", route::messages},
    {"/models", "GET", route::models},
    {"/v1/models", "GET", route::models},
    {"/user/balance", "GET", route::balance},
}};

// Without its query, and without the authority a proxy's client writes before it.
std::string_view path_of(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t path = target.find('/', scheme.size());
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  return target.substr(0, target.find('?'));
}

void find_route(std::string_view method, std::string_view target, server_request& r) {
  const std::string_view path = path_of(target);
  r.path = path;
  const auto known =
      std::find_if(paths.begin(), paths.end(), [&](const known_path& k) { return k.path == path; });
  r.where = route::unknown;
  if (known == paths.end()) return;
  const std::string_view like = method == "HEAD" ? "GET" : method;
  r.where = like == known->method ? known->where : route::wrong_method;
  if (r.where == route::wrong_method) r.allow = known->method;
}

void read_authorization(std::string_view value, server_request& r) {
  r.auth = auth_form::malformed;
  const std::string_view text = trimmed(value);
  const std::size_t gap = text.find(' ');
  if (gap == std::string_view::npos || !same_name(text.substr(0, gap), "bearer")) return;
  const std::string_view key = trimmed(text.substr(gap));
  if (key.empty() || key.find(' ') != std::string_view::npos) return;
  r.key = key;
  r.auth = auth_form::bearer;
}

// "<instance>-<serial>"
bool read_call(std::string_view value, call_identity& call) {
  const std::string_view text = trimmed(value);
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  call_identity read;
  if (!parse_whole(text.substr(0, dash), read.instance) ||
      !parse_whole(text.substr(dash + 1), read.call)) {
    return false;
  }
  read.by_header = true;
  call = read;
  return true;
}

// "hit=2000 miss=200 output=300 work_ns=0": unknown names and bad numbers are passed over,
// since the header is ours and a stranger's cannot matter. Of tokens it declares as many as a
// scenario can.
void read_workload(std::string_view value, declared_workload& workload) {
  workload.declared = true;
  while (!(value = trimmed(value)).empty()) {
    const std::string_view word = value.substr(0, value.find(' '));
    value.remove_prefix(word.size());
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = word.substr(0, equals);
    std::int64_t number = 0;
    if (!parse_whole(word.substr(equals + 1), number) || number < 0) continue;
    if (name == "work_ns") {
      workload.work = duration{number};
      continue;
    }
    const auto tokens = static_cast<std::int32_t>(std::min(number, deepseek::context_tokens));
    if (name == "hit") workload.hit = tokens;
    if (name == "miss") workload.miss = tokens;
    if (name == "output") workload.output = tokens;
  }
}

// 64 bits of any text: every eight bytes through mix64.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  std::uint64_t h = seed ^ text.size();
  const auto take = [&h](std::uint64_t word) { h = mix64(h ^ word) + 0x9e3779b97f4a7c15ULL; };
  const char* const tail = text.data() + text.size() / 8 * 8;
  for (const char* at = text.data(); at != tail; at += 8) take(word_of(at));
  if (text.size() % 8 == 0) return h;
  std::uint64_t rest = 0;
  for (const char c : text.substr(text.size() / 8 * 8))
    rest = rest << 8 | static_cast<unsigned char>(c);
  take(rest);
  return h;
}

}  // namespace

std::string_view standing_path(std::string_view path) {
  for (const known_path& known : paths)
    if (known.path == path) return known.path;
  return {};
}

std::string_view name_of(route r) {
  constexpr std::array<std::string_view, 8> names{"chat",   "beta_chat", "completions",  "messages",
                                                  "models", "balance",   "wrong_method", "unknown"};
  return names[static_cast<std::size_t>(r)];
}

server_request read_request(std::string_view method, std::string_view target,
                            std::span<const header_field> headers, std::string_view body) {
  server_request r;
  find_route(method, target, r);
  std::string_view api_key;
  for (const header_field& h : headers) {
    if (same_name(h.name, "authorization")) {
      read_authorization(h.value, r);
    } else if (same_name(h.name, "x-api-key")) {
      api_key = trimmed(h.value);
    } else if (same_name(h.name, "x-stampede-call")) {
      read_call(h.value, r.identity);
    } else if (same_name(h.name, "x-stampede-fault")) {
      r.asked_fault = trimmed(h.value);
    } else if (same_name(h.name, "x-stampede-workload")) {
      read_workload(h.value, r.workload);
    }
  }
  if (r.where == route::messages && r.auth != auth_form::bearer && !api_key.empty()) {
    r.key = api_key;
    r.auth = auth_form::bearer;
  }
  if (!r.identity.by_header) {
    const std::uint64_t key = hash_of(r.key, 1);
    r.identity.instance = static_cast<std::uint32_t>(key);
    r.identity.call = static_cast<std::uint32_t>(hash_of(body, hash_of(target, key)));
  }
  switch (r.where) {
    case route::chat:
    case route::beta_chat: read_chat(body, r); break;
    case route::completions: read_completion(body, r); break;
    case route::messages: read_message(body, r); break;
    default: break;
  }
  return r;
}

}  // namespace stampede
