// What the tests of validation share: bodies, and a refusal as one line of text.
//
//   EXPECT_EQ(verdict(chat("\"temperature\":2.5")), "422 " + bad + "Invalid temperature ...");
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mockserver/validation.hpp"

namespace stampede::testing {

inline const std::vector<header_field> with_key{{"Authorization", "Bearer sk-0123abcd"}};

// A valid body with `more` put at its end.
inline std::string chat(const std::string& more = "", const std::string& content = "ping") {
  return R"({"model":"deepseek-v4-flash","messages":[{"role":"user","content":")" + content +
         "\"}]" + (more.empty() ? "" : "," + more) + "}";
}

// A valid body with these messages, without thinking unless `more` says so.
inline std::string talk(const std::string& messages, const std::string& more = "\"n\":1") {
  return R"({"model":"deepseek-v4-flash","messages":[)" + messages + "]," + more + "}";
}

struct asked {
  server_profile profile = server_profile::documented;
  const char* date = "2026-04-25";
  const char* path = "/chat/completions";
  bool strict_history = false;
};
inline const asked as_documented{};
inline const asked as_observed{.profile = server_profile::observed};

inline std::string told(const refusal& why) {
  std::string text = std::to_string(why.status) + ' ';
  switch (why.head) {
    case head_form::usual: break;
    case head_form::octet_stream: text += "(octet-stream) "; break;
    case head_form::gateway: text += "(gateway) "; break;
    case head_form::allow_get: text += "(GET) "; break;
    case head_form::allow_post: text += "(POST) "; break;
  }
  if (why.body == body_kind::error_text) return text + "text " + why.message;
  return text + std::string(why.type) + '/' + std::string(why.code) + ' ' + why.message;
}

// "400 (octet-stream) type/code message", "401 text message", or "ok".
inline std::string verdict(const server_request& r, const asked& how = as_documented) {
  server_settings settings;
  settings.profile = how.profile;
  settings.date = *deepseek::parse_date(how.date);
  settings.strict_history = how.strict_history;
  const auto model = r.where == route::messages
                         ? deepseek::resolve_message_model(r.model, settings.date)
                         : deepseek::resolve_model(r.model, settings.date);
  const auto why = validate(r, model, settings);
  return why ? told(*why) : "ok";
}

inline std::string verdict(const std::string& body, const asked& how = as_documented) {
  return verdict(read_request("POST", how.path, with_key, body), how);
}

inline const std::string bad = "invalid_request_error/invalid_request_error ";

// "path: reason at line 1 column C" of a wrong shape, which both profiles tell alike.
inline std::string shape(const std::string& body, const char* path = "/chat/completions") {
  const std::string text = verdict(body, {.path = path});
  EXPECT_EQ(text, verdict(body, {.profile = server_profile::observed, .path = path}));
  const std::string start =
      "400 " + bad + "Failed to deserialize the JSON body into the target type: ";
  EXPECT_TRUE(text.starts_with(start)) << text;
  return text.substr(std::min(start.size(), text.size()));
}

}  // namespace stampede::testing
