#include "client/decoding.hpp"

#include <nlohmann/json.hpp>

#include "client/classify.hpp"

namespace stampede {
namespace {

using nlohmann::json;

constexpr std::string_view blanks = " \t\r\n";

bool is_blank(std::string_view text) {
  return text.find_first_not_of(blanks) == std::string_view::npos;
}

enum class syntax { valid, cut, broken };

// Whether `text` is JSON, the beginning of some JSON, or neither.
syntax check_syntax(std::string_view text, json& value) {
  syntax found = syntax::valid;
  struct position_of_error : nlohmann::json_sax<json> {
    std::size_t at = 0;
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return true; }
    bool key(string_t&) override { return true; }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception&) override {
      at = position;
      return false;
    }
  };
  value = json::parse(text, nullptr, false);
  if (value.is_discarded()) {
    position_of_error sax;
    json::sax_parse(text, &sax);
    // The parser stopped behind the last byte: what is there was right so far.
    found = sax.at > text.size() ? syntax::cut : syntax::broken;
  }
  return found;
}

std::string text_of(const json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

std::int32_t count_of(const json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_number_integer()) return 0;
  const auto n = it->get<std::int64_t>();
  return n < 0 || n > 2'000'000'000 ? 0 : static_cast<std::int32_t>(n);
}

token_usage usage_of(const json& answer) {
  const auto it = answer.find("usage");
  if (it == answer.end() || !it->is_object()) return {};
  token_usage usage{.hit = count_of(*it, "prompt_cache_hit_tokens"),
                    .miss = count_of(*it, "prompt_cache_miss_tokens"),
                    .output = count_of(*it, "completion_tokens")};
  // A service that does not tell hits from misses: all of the prompt was paid in full.
  if (usage.hit == 0 && usage.miss == 0) usage.miss = count_of(*it, "prompt_tokens");
  return usage;
}

const json* first_choice(const json& answer) {
  if (!answer.is_object()) return nullptr;
  const auto it = answer.find("choices");
  return it != answer.end() && it->is_array() && !it->empty() && it->front().is_object()
             ? &it->front()
             : nullptr;
}

}  // namespace

void answer_decoder::begin(int status) { status_ = status; }

answer_decoder::fed answer_decoder::feed(std::string_view bytes) {
  if (status_ == 200 && expected_.stream) return feed_stream(bytes);
  body_ += bytes;
  return {.payload = !is_blank(bytes), .tokens = 0};
}

answer_decoder::fed answer_decoder::feed_stream(std::string_view bytes) {
  fed result;
  body_ += bytes;
  std::size_t start = 0;
  for (std::size_t end; (end = body_.find('\n', start)) != std::string::npos; start = end + 1) {
    std::string_view line(body_.data() + start, end - start);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line.front() == ':') continue;
    result.payload = true;
    result.tokens += on_line(line);
  }
  body_.erase(0, start);
  return result;
}

std::uint32_t answer_decoder::on_line(std::string_view line) {
  constexpr std::string_view field = "data:";
  if (line.substr(0, field.size()) != field) return 0;  // event:, id:, retry: say nothing here
  line.remove_prefix(field.size());
  if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  if (line.substr(0, 6) == "[DONE]") {
    done_seen_ = true;
    return 0;
  }
  return on_chunk(line);
}

std::uint32_t answer_decoder::on_chunk(std::string_view text) {
  json chunk;
  const syntax s = check_syntax(text, chunk);
  if (s != syntax::valid) {
    stream_error_ = s == syntax::cut ? outcome::truncated_json : outcome::malformed_json;
    return 0;
  }
  if (chunk.is_object() && chunk.contains("error") && !chunk["error"].is_null()) {
    stream_error_ = outcome::error_event;
    result_.message = text_of(chunk["error"], "message");
    return 0;
  }
  chunk_seen_ = true;
  if (const token_usage usage = usage_of(chunk); !(usage == token_usage{})) result_.usage = usage;
  if (result_.model.empty()) result_.model = text_of(chunk, "model");
  const json* choice = first_choice(chunk);
  if (!choice) return 0;
  if (std::string reason = text_of(*choice, "finish_reason"); !reason.empty())
    result_.finish_reason = std::move(reason);
  const auto delta = choice->find("delta");
  if (delta == choice->end()) return 0;
  const std::string text_part = text_of(*delta, "content");
  const std::string reasoning_part = text_of(*delta, "reasoning_content");
  result_.text += text_part;
  result_.reasoning += reasoning_part;
  bool in_call = false;
  if (const auto calls = delta->find("tool_calls"); calls != delta->end() && calls->is_array())
    for (const json& call : *calls) {
      if (!call.is_object()) continue;
      std::string& arguments = arguments_of(count_of(call, "index"));
      const auto f = call.find("function");
      const std::string part = f == call.end() ? "" : text_of(*f, "arguments");
      in_call = in_call || !part.empty();
      arguments += part;
    }
  return text_part.empty() && reasoning_part.empty() && !in_call ? 0 : 1;
}

decoded answer_decoder::end() {
  if (status_ != 200)
    end_error();
  else if (expected_.stream)
    end_stream();
  else
    end_body();
  return std::move(result_);
}

void answer_decoder::end_stream() {
  if (stream_error_ != outcome::success) {
    result_.result = stream_error_;
    return;
  }
  if (!chunk_seen_ && is_blank(body_)) {
    result_.result = outcome::empty_content;
    return;
  }
  // What follows the last line break is part of an event that never ended.
  if (result_.finish_reason.empty() || !is_blank(body_)) {
    result_.result = outcome::missing_finish;
    return;
  }
  judge_content();
  if (result_.result == outcome::success && !done_seen_) result_.result = outcome::missing_done;
}

std::string& answer_decoder::arguments_of(std::int64_t call) {
  for (auto& [index, arguments] : tool_arguments_)
    if (index == call) return arguments;
  return tool_arguments_.emplace_back(call, "").second;
}

void answer_decoder::end_body() {
  if (is_blank(body_)) {
    result_.result = outcome::empty_content;
    return;
  }
  json answer;
  const syntax s = check_syntax(body_, answer);
  if (s != syntax::valid) {
    result_.result = s == syntax::cut ? outcome::truncated_json : outcome::malformed_json;
    return;
  }
  const json* choice = first_choice(answer);
  if (!choice) {
    result_.result = outcome::malformed_json;
    return;
  }
  result_.usage = usage_of(answer);
  result_.model = text_of(answer, "model");
  result_.finish_reason = text_of(*choice, "finish_reason");
  if (const auto message = choice->find("message"); message != choice->end()) {
    result_.text = text_of(*message, "content");
    result_.reasoning = text_of(*message, "reasoning_content");
    if (const auto calls = message->find("tool_calls");
        calls != message->end() && calls->is_array())
      for (std::size_t i = 0; i < calls->size(); ++i) {
        const json& call = (*calls)[i];
        if (!call.is_object()) continue;
        std::string& arguments = arguments_of(static_cast<std::int64_t>(i));
        if (const auto f = call.find("function"); f != call.end())
          arguments = text_of(*f, "arguments");
      }
  }
  if (result_.finish_reason.empty()) {
    result_.result = outcome::missing_finish;
    return;
  }
  judge_content();
}

void answer_decoder::judge_content() {
  const bool calls_tools = !tool_arguments_.empty();
  if (result_.finish_reason == "insufficient_system_resource") {
    result_.result = outcome::insufficient_resource;
  } else if (result_.finish_reason == "length") {
    result_.result = outcome::length_limit;
  } else if (result_.finish_reason == "content_filter") {
    result_.result = outcome::content_filtered;
  } else if (!calls_tools && is_blank(result_.text)) {
    result_.result = outcome::empty_content;
  } else if (calls_tools) {
    for (const auto& [index, arguments] : tool_arguments_)
      if (!is_blank(arguments)) judge_json(arguments);  // a function may take none
  } else if (expected_.json_mode) {
    judge_json(result_.text);
  }
}

void answer_decoder::judge_json(std::string_view text) {
  json value;
  const syntax s = check_syntax(text, value);
  if (s == syntax::cut) result_.result = outcome::truncated_json;
  if (s == syntax::broken) result_.result = outcome::malformed_json;
}

void answer_decoder::end_error() {
  result_.result = outcome_of_status(status_);
  json answer;
  std::string code;
  if (check_syntax(body_, answer) == syntax::valid && answer.is_object() &&
      answer.contains("error")) {
    result_.message = text_of(answer["error"], "message");
    code = text_of(answer["error"], "code");
  } else {
    constexpr std::size_t most = 300;  // some errors are plain text, some are HTML pages
    result_.message = body_.substr(0, most);
  }
  const bool request_side = status_ == 400 || status_ == 422;
  if (request_side && (code == "context_length_exceeded" ||
                       result_.message.find("maximum context length") != std::string::npos))
    result_.result = outcome::context_overflow;
}

}  // namespace stampede
