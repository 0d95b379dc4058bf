#include "mockserver/validation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/draw.hpp"
#include "deepseek/ranges.hpp"
#include "mockserver/answer_text.hpp"
#include "mockserver/echo.hpp"
#include "mockserver/service_texts.hpp"

namespace stampede {
namespace {

constexpr std::string_view bad = "invalid_request_error";

refusal plain(std::int16_t status, std::string message) {
  return {status, body_kind::error_text, std::move(message), {}, {}, head_form::usual};
}

refusal with_head(refusal why, head_form head) {
  why.head = head;
  return why;
}

refusal by_status(std::int16_t status) {
  const service_text text = service_text_of(status);
  return {status,    body_kind::error_json, std::string(text.message), text.type,
          text.code, head_form::usual};
}

refusal unauthorized(std::string message) {
  return {401, body_kind::error_json, std::move(message), "authentication_error",
          bad, head_form::usual};
}

bool well_formed(std::string_view key) {
  constexpr std::size_t longest = 256;
  if (!key.starts_with("sk-") || key.size() == 3 || key.size() > longest) return false;
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

// A UUID made from the call, since nothing is drawn here.
std::string request_id(const server_request& r) {
  answer like;
  like.text = mix64(std::uint64_t{r.identity.instance} << 32 | r.identity.call);
  return completion_id(like);
}

std::optional<refusal> check_authentication(const server_request& r,
                                            const server_settings& settings, bool known_key) {
  const bool observed = settings.profile == server_profile::observed;
  std::string text;
  switch (r.auth) {
    case auth_form::missing:
      text = "Authentication Fails (governor)";
      return observed ? with_head(plain(401, text), head_form::gateway) : unauthorized(text);
    case auth_form::malformed:
      text = "Authentication Fails (auth header format should be Bearer sk-...)";
      return observed ? plain(401, text) : unauthorized(text);
    case auth_form::bearer: break;
  }
  if (known_key || accepted(r.key, settings)) return std::nullopt;
  refusal why = unknown_key(r.key);
  if (observed && settings.date >= deepseek::numbered_refusals)
    why.message += fmt::format(" (request_id: {})", request_id(r));
  return why;
}

std::string located(std::string_view what, const request_problem& p) {
  return fmt::format("{}{}{}{} at line {} column {}", what, echo_of(p.path),
                     p.path.empty() ? "" : ": ", p.reason, p.line, p.column);
}

// Refusals of one request under one profile: what a value that is legal JSON of the right
// shape but cannot be is told with.
class judge {
 public:
  judge(const server_request& r, const std::optional<deepseek::resolved_model>& model,
        const server_settings& settings)
      : r_(r),
        c_(r.chat),
        model_(model),
        settings_(settings),
        documented_(settings.profile == server_profile::documented) {}

  using verdict = std::optional<refusal>;

  verdict shape() const;
  verdict meaning() const;

 private:
  refusal refuse(std::int16_t status, std::string text, std::string_view code = bad) const {
    return {status,
            body_kind::error_json,
            std::move(text),
            bad,
            code,
            documented_ ? head_form::usual : head_form::octet_stream};
  }
  // A parameter: 422 says the guide, 400 the service.
  refusal illegal(std::string text) const { return refuse(documented_ ? 422 : 400, text); }
  refusal out_of_range(std::string_view name, std::string_view range) const {
    return illegal(fmt::format("Invalid {0} value, the valid range of {0} is {1}", name, range));
  }
  bool thinks() const { return c_.thinking.value_or(model_->thinking_by_default); }

  refusal unknown_model() const;
  verdict ranges() const;
  verdict logprobs() const;
  verdict format() const;
  verdict tools() const;
  verdict user() const;
  verdict history() const;
  verdict length() const;

  const server_request& r_;
  const chat_facts& c_;
  const std::optional<deepseek::resolved_model>& model_;
  const server_settings& settings_;
  bool documented_;
};

judge::verdict judge::shape() const {
  switch (r_.problem.what) {
    case request_problem::kind::none: return std::nullopt;
    case request_problem::kind::broken_json: {
      const std::string text = located("Failed to parse the request body as JSON: ", r_.problem);
      if (documented_) return refuse(400, text);
      return with_head(plain(400, text), head_form::octet_stream);
    }
    case request_problem::kind::wrong_shape: break;
  }
  if (r_.problem.image && settings_.date >= deepseek::later_rules) {
    return illegal("This model does not support image");
  }
  return refusal{400,
                 body_kind::error_json,
                 located("Failed to deserialize the JSON body into the target type: ", r_.problem),
                 bad,
                 bad,
                 head_form::usual};
}

refusal judge::unknown_model() const {
  if (settings_.date < deepseek::v4_launch) return refuse(400, "Model Not Exist");
  return refuse(400, fmt::format("The supported API model names are deepseek-v4-pro or "
                                 "deepseek-v4-flash, but you passed {}.",
                                 echo_of(r_.model)));
}

judge::verdict judge::ranges() const {
  namespace in = deepseek::ranges;
  const auto outside = [](const auto& range, const auto& value) {
    return value && !range.contains(*value);
  };
  if (outside(in::temperature, c_.temperature)) return out_of_range("temperature", "[0, 2]");
  if (outside(in::top_p, c_.top_p)) return out_of_range("top_p", "(0, 1.0]");
  if (outside(in::presence_penalty, c_.presence_penalty)) {
    return out_of_range("presence_penalty", "[-2, 2]");
  }
  if (outside(in::frequency_penalty, c_.frequency_penalty)) {
    return out_of_range("frequency_penalty", "[-2, 2]");
  }
  if (r_.where == route::completions && outside(in::completion_max_tokens, c_.max_tokens)) {
    return out_of_range("max_tokens", "[1, 4096]");
  }
  if (outside(in::max_tokens, c_.max_tokens)) return out_of_range("max_tokens", "[1, 393216]");
  // What the service says of too many stops is not known; the words are ours.
  if (static_cast<std::size_t>(c_.stops) > in::most_stops) {
    return illegal("Invalid stop value, at most 16 stop sequences are allowed");
  }
  return std::nullopt;
}

judge::verdict judge::logprobs() const {
  if (!c_.logprobs.value_or(false)) {
    return illegal(
        "Invalid top_logprobs and logprobs value, logprobs must be set to true if top_logprobs is "
        "used.");
  }
  if (deepseek::ranges::top_logprobs.contains(*c_.top_logprobs)) return std::nullopt;
  return illegal("Invalid top_logprobs value, the valid range of top_logprobs is [0, 20].");
}

judge::verdict judge::format() const {
  if (c_.json_schema) return illegal("This response_format type is unavailable now");
  if (c_.json_mode && !c_.mentions_json) {
    return illegal(
        "Prompt must contain the word 'json' in some form to use 'response_format' of type "
        "'json_object'.");
  }
  // Only the guide knows this rule. On the Anthropic surface the service was seen to answer
  // such calls, and the guide does not speak of it.
  if (documented_ && r_.where != route::messages && c_.effort_max && c_.max_tokens &&
      *c_.max_tokens < deepseek::most_output_tokens) {
    return illegal(
        "Invalid max_tokens value, reasoning_effort 'max' needs max_tokens of at least 393216");
  }
  return std::nullopt;
}

judge::verdict judge::tools() const {
  constexpr std::string_view pattern =
      "string does not match pattern. Expected a string that matches the pattern "
      "'^[a-zA-Z0-9_-]+$'.";
  // The service's words are not known; these are ours.
  if (static_cast<std::size_t>(c_.tools) > deepseek::ranges::most_tools) {
    return illegal("Invalid tools value, at most 128 tools are allowed");
  }
  if (c_.bad_tool_name >= 0) {
    return illegal(fmt::format("Invalid 'tools[{}].{}name': {}", c_.bad_tool_name,
                               r_.where == route::messages ? "" : "function.", pattern));
  }
  if (c_.tools > 0 && c_.forces_tool && thinks()) {
    return illegal("Thinking mode does not support this tool_choice");
  }
  return std::nullopt;
}

judge::verdict judge::user() const {
  if (c_.user_id.size() > deepseek::ranges::longest_user_id) {  // in our words
    return illegal("Invalid 'user_id': string too long. Expected at most 512 characters.");
  }
  if (is_identifier(c_.user_id)) return std::nullopt;
  return illegal(
      "Invalid 'user_id': string does not match pattern. Expected a string that matches the "
      "pattern '^[a-zA-Z0-9_-]+$'.");
}

judge::verdict judge::history() const {
  switch (c_.history) {
    case history_problem::none: return std::nullopt;
    case history_problem::unanswered_tool_call:
      return refuse(400,
                    "An assistant message with 'tool_calls' must be followed by tool messages "
                    "responding to each 'tool_call_id'. (insufficient tool messages following "
                    "tool_calls message)");
    case history_problem::orphan_tool_message:  // not captured; other APIs of this shape say so
      return refuse(400,
                    "Messages with role 'tool' must be a response to a preceding message with "
                    "'tool_calls'");
    case history_problem::missing_reasoning:
      return refuse(400,
                    "The `reasoning_content` in the thinking mode must be passed back to the API.");
    case history_problem::two_user_turns:
      if (!settings_.strict_history) return std::nullopt;
      return refuse(400,
                    "Two user messages in a row: the assistant message between them is "
                    "missing");
  }
  return std::nullopt;
}

judge::verdict judge::length() const {
  const std::int64_t prompt = r_.workload.declared
                                  ? std::int64_t{r_.workload.hit} + r_.workload.miss
                                  : std::int64_t{estimate_tokens(c_.prompt_bytes)};
  const std::int64_t completion = c_.max_tokens.value_or(0);
  if (prompt + completion <= deepseek::context_tokens) return std::nullopt;
  return refuse(400,
                fmt::format("This model's maximum context length is {} tokens. However, you "
                            "requested {} tokens ({} in the messages, {} in the completion). "
                            "Please reduce the length of the messages or completion.",
                            deepseek::context_tokens, prompt + completion, prompt, completion),
                documented_ ? "context_length_exceeded" : bad);
}

judge::verdict judge::meaning() const {
  if (!model_) return unknown_model();
  if (c_.messages == 0) return illegal("Empty input messages");
  if (auto why = ranges()) return why;
  if (c_.top_logprobs) {
    if (auto why = logprobs()) return why;
  }
  if (auto why = format()) return why;
  if (c_.tools > 0 || c_.bad_tool_name >= 0) {
    if (auto why = tools()) return why;
  }
  if (!c_.user_id.empty()) {
    if (auto why = user()) return why;
  }
  if (c_.history != history_problem::none) {
    if (auto why = history()) return why;
  }
  return length();
}

}  // namespace

refusal unknown_key(std::string_view key) {
  const std::string_view shown = key.substr(key.size() - std::min<std::size_t>(key.size(), 4));
  return unauthorized(fmt::format("Authentication Fails, Your api key: ****{} is invalid", shown));
}

std::optional<refusal> validate(const server_request& request,
                                const std::optional<deepseek::resolved_model>& model,
                                const server_settings& settings, bool known_key) {
  if (request.where == route::unknown) return by_status(404);
  if (request.where == route::wrong_method) {
    return with_head(by_status(405),
                     request.allow == "GET" ? head_form::allow_get : head_form::allow_post);
  }
  if (auto why = check_authentication(request, settings, known_key)) return why;
  if (!generates(request.where)) return std::nullopt;
  const judge judge(request, model, settings);
  if (auto why = judge.shape()) return why;
  return judge.meaning();
}

}  // namespace stampede
