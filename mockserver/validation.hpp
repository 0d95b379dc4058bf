// Whether a request is one the service would answer, checked in its order: route,
// authentication, JSON, shape, meaning.
//
// Profile documented takes its statuses from the guide (422 for a parameter that is illegal
// or does not fit), profile observed from captures (400 with the captured texts, 401s of the
// gateway in plain text). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "deepseek/models.hpp"
#include "mockserver/answer.hpp"
#include "mockserver/request.hpp"
#include "mockserver/settings.hpp"

namespace stampede {

struct refusal {
  std::int16_t status = 400;
  body_kind body = body_kind::error_json;
  std::string message;
  std::string_view type;  // static
  std::string_view code;  // static
  head_form head = head_form::usual;
};

// An API key that is not known, or not any more.
refusal unknown_key(std::string_view key);

// `model` is what request.model means on the server's date; a `known_key` was accepted before.
// Nothing where all is well.
std::optional<refusal> validate(const server_request& request,
                                const std::optional<deepseek::resolved_model>& model,
                                const server_settings& settings, bool known_key = false);

}  // namespace stampede
