#include "mockserver/chat_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

#include "mockserver/counted_iterator.hpp"
#include "mockserver/prefix_cache.hpp"

namespace stampede {
namespace {

using json = nlohmann::json;

// What kind of value the parser is inside of, as far as the API cares.
enum class place : std::uint8_t {
  outside,  // before the top-level object
  top,
  messages,  // the array
  message,   // one of its objects
  parts,     // a content array
  part,      // one of its objects
  thinking,
  response_format,
  stream_options,
  ignored,  // anything the API passes over
};

bool contains_json(std::string_view text) {
  constexpr std::string_view word = "json";
  const auto found = std::search(text.begin(), text.end(), word.begin(), word.end(),
                                 [](char a, char b) { return (a | 0x20) == b; });
  return found != text.end();
}

class chat_sax {
 public:
  chat_sax(std::string_view body, server_request& request)
      : body_(body), read_(body.data()), request_(request), chat_(request.chat) {}

  const char** read() { return &read_; }

  // ---- what nlohmann calls; false stops the parser
  bool null() {
    if (at() == place::ignored) return true;
    if (wants_array_of_objects()) return wrong("invalid type: null, expected " + wanted());
    if (at() == place::top && (key_ == "model" || key_ == "messages")) {
      return wrong("invalid type: null, expected " + wanted());
    }
    if (at() == place::message && key_ == "role") {
      return wrong("invalid type: null, expected a string");
    }
    return true;
  }

  bool boolean(bool value) {
    if (at() == place::top && key_ == "stream") {
      chat_.stream = value;
      return true;
    }
    if (at() == place::stream_options && key_ == "include_usage") {
      chat_.include_usage = value;
      return true;
    }
    return scalar(value ? "boolean `true`" : "boolean `false`");
  }

  bool number_integer(json::number_integer_t value) { return whole_number(value); }
  bool number_unsigned(json::number_unsigned_t value) {
    constexpr json::number_unsigned_t most = 0x7fffffffffffffffULL;
    return whole_number(static_cast<std::int64_t>(std::min(value, most)));
  }
  bool number_float(json::number_float_t value, const json::string_t& text) {
    if (real_number(value)) return true;
    return scalar("floating point `" + text + "`");
  }

  bool string(json::string_t& value);
  bool binary(json::binary_t&) { return true; }

  bool start_object(std::size_t);
  bool key(json::string_t& name) {
    key_ = name;
    return true;
  }
  bool end_object();
  bool start_array(std::size_t);
  bool end_array() {
    places_.pop_back();
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token, const json::exception&);

 private:
  place at() const { return places_.empty() ? place::outside : places_.back(); }
  bool wants_array_of_objects() const {
    return at() == place::outside || at() == place::messages || at() == place::parts;
  }
  std::string wanted() const;
  std::string path() const;
  bool wrong(std::string reason);
  bool scalar(const std::string& what);
  bool whole_number(std::int64_t value);
  bool real_number(double value);
  void locate(std::size_t bytes);

  std::string_view body_;
  const char* read_;
  server_request& request_;
  chat_facts& chat_;
  prompt_digest digest_;
  std::vector<place> places_;
  std::string key_;  // the last one read
  bool has_messages_ = false;
  bool has_role_ = false;  // in the message being read
  bool has_type_ = false;  // in thinking or response_format
  std::size_t parts_ = 0;  // read so far of this message
};

// What serde would have expected at this place.
std::string chat_sax::wanted() const {
  switch (at()) {
    case place::outside: return "struct ChatCompletionRequest";
    case place::messages: return "struct Message";
    case place::parts: return "struct ContentPart";
    default: break;
  }
  if (key_ == "messages") return "a sequence";
  if (key_ == "stream" || key_ == "include_usage") return "a boolean";
  if (key_ == "max_tokens") return "u32";
  if (key_ == "temperature" || key_ == "top_p") return "f32";
  if (at() == place::top &&
      (key_ == "thinking" || key_ == "response_format" || key_ == "stream_options")) {
    return "an object";
  }
  return "a string";
}

std::string chat_sax::path() const {
  const std::string message = "messages[" + std::to_string(std::max(chat_.messages, 1) - 1) + "]";
  switch (at()) {
    case place::top: return key_;
    case place::messages: return "messages[" + std::to_string(chat_.messages) + "]";
    case place::message: return message + "." + key_;
    case place::parts: return message + ".content[" + std::to_string(parts_) + "]";
    case place::part: return message + ".content[" + std::to_string(parts_ - 1) + "]." + key_;
    case place::thinking: return "thinking." + key_;
    case place::response_format: return "response_format." + key_;
    case place::stream_options: return "stream_options." + key_;
    case place::outside:
    case place::ignored: break;
  }
  return {};
}

void chat_sax::locate(std::size_t bytes) {
  const std::string_view before = body_.substr(0, std::min(bytes, body_.size()));
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  request_.problem.line = static_cast<std::uint32_t>(lines + 1);
  request_.problem.column = static_cast<std::uint32_t>(before.size() - line_start);
}

bool chat_sax::wrong(std::string reason) {
  request_.problem.what = request_problem::kind::wrong_shape;
  request_.problem.path = path();
  request_.problem.reason = std::move(reason);
  locate(static_cast<std::size_t>(read_ - body_.data()));
  return false;
}

// A value that is neither object nor array, where `what` was found: fine where the API
// passes the key over.
bool chat_sax::scalar(const std::string& what) {
  const auto refuse = [&] { return wrong("invalid type: " + what + ", expected " + wanted()); };
  switch (at()) {
    case place::ignored: return true;
    case place::outside:
    case place::messages:
    case place::parts: return refuse();
    case place::top: {
      constexpr std::string_view known[] = {
          "model", "messages", "stream",          "max_tokens",     "temperature",
          "top_p", "thinking", "response_format", "stream_options", "reasoning_effort"};
      if (std::find(std::begin(known), std::end(known), key_) != std::end(known)) return refuse();
      return true;
    }
    case place::message: return key_ == "role" || key_ == "content" ? refuse() : true;
    case place::part: return key_ == "type" || key_ == "text" ? refuse() : true;
    case place::thinking:
    case place::response_format: return key_ == "type" ? refuse() : true;
    case place::stream_options: return key_ == "include_usage" ? refuse() : true;
  }
  return true;
}

bool chat_sax::whole_number(std::int64_t value) {
  if (at() == place::top && key_ == "max_tokens") {
    if (value < 0) {
      return wrong("invalid value: integer `" + std::to_string(value) + "`, expected u32");
    }
    chat_.max_tokens = value;
    return true;
  }
  if (real_number(static_cast<double>(value))) return true;
  return scalar("integer `" + std::to_string(value) + "`");
}

bool chat_sax::real_number(double value) {
  if (at() != place::top) return false;
  if (key_ == "temperature") {
    chat_.temperature = value;
    return true;
  }
  if (key_ == "top_p") {
    chat_.top_p = value;
    return true;
  }
  return key_ == "presence_penalty" || key_ == "frequency_penalty";
}

bool chat_sax::string(json::string_t& value) {
  const auto variant = [&](std::string_view expected) {
    return wrong("unknown variant `" + value + "`, expected one of " + std::string(expected));
  };
  const auto content = [&] {
    chat_.prompt_bytes += static_cast<std::int64_t>(value.size());
    digest_.text(value);
    chat_.mentions_json = chat_.mentions_json || contains_json(value);
    return true;
  };
  switch (at()) {
    case place::top:
      if (key_ == "model") {
        request_.model = value;
        chat_.has_model = true;
        return true;
      }
      if (key_ == "reasoning_effort") {
        chat_.effort_max = value == "max" || value == "xhigh";
        return true;
      }
      break;
    case place::message:
      if (key_ == "content") return content();
      if (key_ != "role") return true;
      has_role_ = true;
      digest_.role(value);
      if (value == "system" || value == "user" || value == "assistant" || value == "tool" ||
          value == "latest_reminder") {
        return true;
      }
      return variant("`system`, `user`, `assistant`, `tool`, `latest_reminder`");
    case place::part:
      if (key_ == "text") return content();
      if (key_ == "type" && value != "text") {
        return wrong("unknown variant `" + value + "`, expected `text`");
      }
      return true;
    case place::thinking:
      if (key_ != "type") return true;
      has_type_ = true;
      if (value != "enabled" && value != "disabled" && value != "adaptive") {
        return variant("`adaptive`, `enabled`, `disabled`");
      }
      chat_.thinking = value != "disabled";
      return true;
    case place::response_format:
      if (key_ != "type") return true;
      has_type_ = true;
      chat_.json_mode = value == "json_object";
      return true;
    default: break;
  }
  return scalar("string \"" + value + "\"");
}

bool chat_sax::start_object(std::size_t) {
  place inside = place::ignored;
  switch (at()) {
    case place::outside: inside = place::top; break;
    case place::messages:
      inside = place::message;
      ++chat_.messages;
      has_role_ = false;
      parts_ = 0;
      break;
    case place::parts:
      inside = place::part;
      ++parts_;
      break;
    case place::top:
      if (key_ == "thinking") inside = place::thinking;
      if (key_ == "response_format") inside = place::response_format;
      if (key_ == "stream_options") inside = place::stream_options;
      has_type_ = false;
      if (inside == place::ignored && !scalar("map")) return false;
      break;
    default:
      if (!scalar("map")) return false;
      break;
  }
  places_.push_back(inside);
  return true;
}

bool chat_sax::start_array(std::size_t) {
  place inside = place::ignored;
  if (at() == place::top && key_ == "messages") {
    inside = place::messages;
    has_messages_ = true;
    chat_.messages = 0;
  } else if (at() == place::message && key_ == "content") {
    inside = place::parts;
  } else if (!scalar("sequence")) {
    return false;
  }
  places_.push_back(inside);
  return true;
}

bool chat_sax::end_object() {
  const place ended = at();
  places_.pop_back();
  const auto missing = [&](std::string field, std::string where) {
    wrong("missing field `" + field + "`");
    request_.problem.path = std::move(where);
    return false;
  };
  if (ended == place::message && !has_role_) {
    return missing("role", "messages[" + std::to_string(chat_.messages - 1) + "]");
  }
  if (ended == place::thinking && !has_type_) return missing("type", "thinking");
  if (ended == place::response_format && !has_type_) return missing("type", "response_format");
  if (ended == place::top && !has_messages_) return missing("messages", "");
  if (ended == place::top && !chat_.has_model) return missing("model", "");
  if (ended == place::top) chat_.prefix = digest_.take();
  return true;
}

// Why the JSON is broken, in the words serde_json uses for the commonest mistakes.
bool chat_sax::parse_error(std::size_t position, const std::string& token, const json::exception&) {
  request_.problem.what = request_problem::kind::broken_json;
  locate(position);
  const std::size_t before = body_.find_last_not_of(" \t\r\n", position < 2 ? 0 : position - 2);
  const bool after_comma = before != std::string_view::npos && body_[before] == ',';
  const bool at_end = body_.find_first_not_of(" \t\r\n", std::max<std::size_t>(position, 1) - 1) ==
                      std::string_view::npos;
  const bool closes = !token.empty() && (token.back() == '}' || token.back() == ']');
  std::string& reason = request_.problem.reason;
  if (position > body_.size() || at_end) {
    reason = places_.empty()           ? "EOF while parsing a value"
             : at() == place::messages ? "EOF while parsing a list"
                                       : "EOF while parsing an object";
  } else if (after_comma && closes) {
    reason = "trailing comma";
  } else if (places_.empty() && has_messages_) {
    reason = "trailing characters";
  } else {
    reason = "expected value";
  }
  return false;
}

}  // namespace

void read_chat(std::string_view body, server_request& request) {
  chat_sax sax(body, request);
  const char* const start = body.data();
  json::sax_parse(counted_iterator(start, sax.read()),
                  counted_iterator(start + body.size(), sax.read()), &sax);
}

}  // namespace stampede
