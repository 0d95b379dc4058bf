#include "mockserver/validation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mockserver/service_texts.hpp"

namespace stampede {
namespace {

constexpr std::string_view bad = "invalid_request_error";

refusal plain(std::int16_t status, std::string message) {
  return {status, body_kind::error_text, std::move(message), {}, {}};
}

refusal by_status(std::int16_t status) {
  const service_text text = service_text_of(status);
  return {status, body_kind::error_json, std::string(text.message), text.type, text.code};
}

refusal unauthorized(std::string message, bool in_plain_text) {
  if (in_plain_text) return plain(401, std::move(message));
  return {401, body_kind::error_json, std::move(message), "authentication_error", bad};
}

bool well_formed(std::string_view key) {
  if (!key.starts_with("sk-") || key.size() == 3) return false;
  return std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

bool accepted(std::string_view key, const server_settings& settings) {
  if (!settings.accounts.empty()) return true;  // the books say
  if (key.ends_with("-invalid") || key.ends_with("-revoked")) return false;
  if (settings.api_keys.empty()) return well_formed(key);
  return std::find(settings.api_keys.begin(), settings.api_keys.end(), key) !=
         settings.api_keys.end();
}

std::optional<refusal> check_authentication(const server_request& r,
                                            const server_settings& settings) {
  const bool by_gateway = settings.profile == server_profile::observed;
  switch (r.auth) {
    case auth_form::missing: {
      refusal why = unauthorized("Authentication Fails (governor)", by_gateway);
      if (by_gateway) why.body = body_kind::error_bare;  // as captured: without a Content-Type
      return why;
    }
    case auth_form::malformed:
      return unauthorized("Authentication Fails (auth header format should be Bearer sk-...)",
                          by_gateway);
    case auth_form::bearer: break;
  }
  if (accepted(r.key, settings)) return std::nullopt;
  return unknown_key(r.key);
}

std::string located(std::string_view what, const request_problem& p) {
  return fmt::format("{}{}{}{} at line {} column {}", what, p.path, p.path.empty() ? "" : ": ",
                     p.reason, p.line, p.column);
}

std::optional<refusal> check_shape(const server_request& r, const server_settings& settings) {
  switch (r.problem.what) {
    case request_problem::kind::none: return std::nullopt;
    case request_problem::kind::broken_json: {
      const std::string text = located("Failed to parse the request body as JSON: ", r.problem);
      if (settings.profile == server_profile::observed) return plain(400, text);
      return refusal{400, body_kind::error_json, text, bad, bad};
    }
    case request_problem::kind::wrong_shape: break;
  }
  return refusal{400, body_kind::error_json,
                 located("Failed to deserialize the JSON body into the target type: ", r.problem),
                 bad, bad};
}

std::optional<refusal> check_meaning(const server_request& r,
                                     const std::optional<deepseek::resolved_model>& model,
                                     const server_settings& settings) {
  const bool documented = settings.profile == server_profile::documented;
  const std::int16_t illegal = documented ? 422 : 400;
  const auto refuse = [](std::int16_t status, std::string text) {
    return refusal{status, body_kind::error_json, std::move(text), bad, bad};
  };
  const chat_facts& c = r.chat;
  if (!model) {
    return refuse(400, fmt::format("The supported API model names are deepseek-v4-pro or "
                                   "deepseek-v4-flash, but you passed {}.",
                                   r.model));
  }
  if (c.messages == 0) return refuse(illegal, "Empty input messages");
  if (c.temperature && !(*c.temperature >= 0 && *c.temperature <= 2)) {
    return refuse(illegal, "Invalid temperature value, the valid range of temperature is [0, 2]");
  }
  if (c.top_p && !(*c.top_p > 0 && *c.top_p <= 1)) {
    return refuse(illegal, "Invalid top_p value, the valid range of top_p is (0, 1.0]");
  }
  if (c.max_tokens && (*c.max_tokens < 1 || *c.max_tokens > deepseek::most_output_tokens)) {
    return refuse(illegal,
                  "Invalid max_tokens value, the valid range of max_tokens is [1, 393216]");
  }
  if (c.json_mode && !c.mentions_json) {
    return refuse(illegal,
                  "Prompt must contain the word 'json' in some form to use "
                  "'response_format' of type 'json_object'.");
  }
  // Only the guide knows this rule; the service was seen to answer such calls.
  if (documented && c.effort_max && c.max_tokens && *c.max_tokens < deepseek::most_output_tokens) {
    return refuse(422,
                  "Invalid max_tokens value, reasoning_effort 'max' needs max_tokens of at "
                  "least 393216");
  }
  return std::nullopt;
}

}  // namespace

refusal unknown_key(std::string_view key) {
  const std::string_view shown = key.substr(key.size() - std::min<std::size_t>(key.size(), 4));
  return unauthorized(fmt::format("Authentication Fails, Your api key: ****{} is invalid", shown),
                      false);
}

std::optional<refusal> validate(const server_request& request,
                                const std::optional<deepseek::resolved_model>& model,
                                const server_settings& settings) {
  if (request.where == route::unknown) return by_status(404);
  if (request.where == route::wrong_method) return by_status(405);
  if (auto why = check_authentication(request, settings)) return why;
  if (!generates(request.where)) return std::nullopt;
  if (auto why = check_shape(request, settings)) return why;
  return check_meaning(request, model, settings);
}

}  // namespace stampede
