#include "mockserver/completion_reader.hpp"

#include <string>

#include "mockserver/body_skim.hpp"

namespace stampede {
namespace {

enum field_id : std::uint8_t {
  id_none,
  id_model,
  id_prompt,
  id_suffix,
  id_max_tokens,
  id_echo,
  id_logprobs,
  id_stop,
  id_stream,
  id_include_usage,
  id_temperature,
  id_top_p,
  id_presence,
  id_frequency,
  id_user,
};

constexpr body_field stream_fields[] = {flag("include_usage", id_include_usage)};
constexpr body_field stop = text("", id_stop);
constexpr body_field fields[] = {
    needed(text("model", id_model)),
    needed(text("prompt", id_prompt)),
    text("suffix", id_suffix),
    u32("max_tokens", id_max_tokens),
    flag("echo", id_echo),
    u8("logprobs", id_logprobs),
    text_or_list("stop", id_stop, stop),
    flag("stream", id_stream),
    object("stream_options", id_none, stream_fields, "struct StreamOptions"),
    real("temperature", id_temperature),
    real("top_p", id_top_p),
    real("presence_penalty", id_presence),
    real("frequency_penalty", id_frequency),
    text("user_id", id_user),
};
constexpr body_field top = object("", id_none, fields, "struct CompletionRequest");

class completion_listener final : public body_listener {
 public:
  explicit completion_listener(server_request& request) : request_(request) {
    request.chat.thinking = false;
    request.chat.messages = 1;
  }
  void finish() {}

  std::string value(const body_field& f, const body_value& v) override {
    chat_facts& chat = request_.chat;
    switch (f.id) {
      case id_model:
        request_.model = v.text;
        chat.has_model = true;
        break;
      case id_prompt:
      case id_suffix: chat.prompt_bytes += static_cast<std::int64_t>(v.text.size()); break;
      case id_max_tokens: chat.max_tokens = v.whole; break;
      case id_logprobs:
        chat.logprobs = true;
        chat.top_logprobs = v.whole;
        break;
      case id_stop:
        ++chat.stops;
        chat.stop.emplace_back(v.text);
        break;
      case id_stream: chat.stream = v.flag; break;
      case id_include_usage: chat.include_usage = v.flag; break;
      case id_temperature: chat.temperature = v.real; break;
      case id_top_p: chat.top_p = v.real; break;
      case id_presence: chat.presence_penalty = v.real; break;
      case id_frequency: chat.frequency_penalty = v.real; break;
      case id_user: chat.user_id = v.text; break;
      default: break;
    }
    return {};
  }
  void opened(const body_field&) override {}
  std::string closed(const body_field&, std::string_view) override { return {}; }

 private:
  server_request& request_;
};

}  // namespace

void read_completion(std::string_view body, server_request& request) {
  read_body<completion_listener>(body, top, request);
}

}  // namespace stampede
