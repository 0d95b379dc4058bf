// Reads the lines that journal_text.cpp prints.
#include <charconv>

#include "harness/journal_text.hpp"

namespace stampede {
namespace {

class words {
 public:
  explicit words(std::string_view text) : rest_(text) {}

  std::string_view word() {
    if (rest_.empty()) throw journal_error("the line ends too soon");
    const std::size_t end = std::min(rest_.find(' '), rest_.size());
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return found;
  }
  template <class Number>
  Number number() {
    return number_of<Number>(word());
  }
  bool flag() { return number<int>() != 0; }
  instant time() { return instant{duration{number<std::int64_t>()}}; }
  std::string text() { return text_of_word(word()); }
  template <class Number>
  std::optional<Number> optional_number() {
    const std::string_view from = word();
    if (from == "-") return std::nullopt;
    return number_of<Number>(from);
  }
  outcome result() {
    const std::string_view name = word();
    for (int i = 0; i < outcome_count; ++i)
      if (name_of(static_cast<outcome>(i)) == name) return static_cast<outcome>(i);
    throw journal_error("no such outcome: " + std::string(name));
  }
  bool more() const { return !rest_.empty(); }
  void done() const {
    if (!rest_.empty()) throw journal_error("too many words: " + std::string(rest_));
  }

 private:
  template <class Number>
  static Number number_of(std::string_view from) {
    Number value{};
    const auto [end, bad] = std::from_chars(from.data(), from.data() + from.size(), value);
    if (bad != std::errc{} || end != from.data() + from.size())
      throw journal_error("not a number: " + std::string(from));
    return value;
  }

  std::string_view rest_;
};

template <class Enum>
Enum choice(words& in, Enum last) {
  const int value = in.number<int>();
  if (value < 0 || value > static_cast<int>(last)) throw journal_error("a number out of range");
  return static_cast<Enum>(value);
}

template <class Id>
Id read_id(words& in) {
  Id id;
  id.slot = in.number<std::uint32_t>();
  id.serial = in.number<std::uint32_t>();
  return id;
}

token_usage read_usage(words& in) {
  token_usage usage;
  usage.hit = in.number<std::int32_t>();
  usage.miss = in.number<std::int32_t>();
  usage.output = in.number<std::int32_t>();
  return usage;
}

// Its words are read one statement each: the order of arguments is the compiler's choice.
client_event read_client_event(std::string_view kind, words& in) {
  if (kind == "wake") return wakeup{};
  if (kind == "cancelled") return call_cancelled{};
  const auto attempt = in.number<std::uint16_t>();
  if (kind == "head") {
    head_received e{.attempt = attempt};
    e.status = in.number<std::int16_t>();
    e.retry_after = duration{in.number<std::int64_t>()};
    if (in.more()) e.should_retry = in.flag() ? retry_hint::yes : retry_hint::no;
    return e;
  }
  if (kind == "piece") {
    piece_received e{.attempt = attempt};
    e.payload = in.flag();
    e.tokens = in.number<std::uint32_t>();
    return e;
  }
  if (kind == "reply") {
    reply_received e{.attempt = attempt, .result = in.result(), .usage = {}};
    e.usage = read_usage(in);
    return e;
  }
  if (kind == "error") return transport_error{attempt, in.result()};
  throw journal_error("no such event: " + std::string(kind));
}

client_line read_client(words& in) {
  client_line line;
  line.who.value = in.number<std::uint32_t>();
  line.now = in.time();
  const std::string_view kind = in.word();
  if (kind == "stop") {
    line.what = client_stopped{};
    return line;
  }
  line.call = read_id<call_id>(in);
  if (kind == "start") {
    call_request request;
    request.intended = in.time();
    request.deadline = in.time();
    request.thinking = in.flag();
    line.what = request;
  } else {
    line.what = read_client_event(kind, in);
  }
  return line;
}

call_identity read_identity(words& in) {
  const std::string_view both = in.word();
  const std::size_t dash = std::min(both.find('-'), both.size() - 1);
  words first(both.substr(0, dash));
  words second(both.substr(dash + 1));
  call_identity id;
  id.instance = first.number<std::uint32_t>();
  id.call = second.number<std::uint32_t>();
  id.by_header = in.flag();
  return id;
}

chat_facts read_facts(words& in) {
  chat_facts c;
  c.has_model = in.flag();
  c.stream = in.flag();
  c.include_usage = in.flag();
  if (const auto thinking = in.optional_number<int>()) c.thinking = *thinking != 0;
  c.json_mode = in.flag();
  c.mentions_json = in.flag();
  c.effort_max = in.flag();
  c.temperature = in.optional_number<double>();
  c.top_p = in.optional_number<double>();
  c.max_tokens = in.optional_number<std::int64_t>();
  c.messages = in.number<std::int32_t>();
  c.prompt_bytes = in.number<std::int64_t>();
  return c;
}

void read_more_facts(words& in, server_request& r) {
  chat_facts& c = r.chat;
  c.presence_penalty = in.optional_number<double>();
  c.frequency_penalty = in.optional_number<double>();
  if (const auto logprobs = in.optional_number<int>()) c.logprobs = *logprobs != 0;
  c.top_logprobs = in.optional_number<std::int64_t>();
  c.stops = in.number<std::int32_t>();
  c.tools = in.number<std::int32_t>();
  c.forces_tool = in.flag();
  c.calls_tool = in.flag();
  c.tool_name = in.text();
  c.tool_arguments = in.text();
  c.user_id = in.text();
  c.history = choice(in, history_problem::two_user_turns);
  c.json_schema = in.flag();
  c.bad_tool_name = in.number<std::int32_t>();
  r.problem.image = in.flag();
  const std::string allow = in.text();
  r.allow = allow == "GET" ? "GET" : allow == "POST" ? "POST" : "";
  for (auto n = in.number<std::uint32_t>(); n > 0; --n) c.stop.push_back(in.text());
  for (auto n = in.number<std::uint32_t>(); n > 0; --n)
    c.prefix.push_back(in.number<std::uint64_t>());
}

server_request read_request(words& in, server_line& line) {
  server_request r;
  r.where = choice(in, route::unknown);
  r.auth = choice(in, auth_form::malformed);
  line.key = in.text();
  r.identity = read_identity(in);
  line.path = in.text();
  line.asked_fault = in.text();
  r.workload.declared = in.flag();
  r.workload.hit = in.number<std::int32_t>();
  r.workload.miss = in.number<std::int32_t>();
  r.workload.output = in.number<std::int32_t>();
  r.workload.work = duration{in.number<std::int64_t>()};
  r.chat = read_facts(in);
  r.model = in.text();
  read_more_facts(in, r);
  r.problem.what = choice(in, request_problem::kind::wrong_shape);
  r.problem.path = in.text();
  r.problem.reason = in.text();
  r.problem.line = in.number<std::uint32_t>();
  r.problem.column = in.number<std::uint32_t>();
  return r;
}

server_line read_server(words& in) {
  server_line line;
  line.now = in.time();
  const std::string_view kind = in.word();
  if (kind == "wake") {
    line.what = server_wakeup{};
    return line;
  }
  line.exchange = read_id<exchange_id>(in);
  if (kind == "request")
    line.what = read_request(in, line);
  else if (kind == "written")
    line.what = written{};
  else if (kind == "left")
    line.what = peer_left{};
  else
    throw journal_error("no such event: " + std::string(kind));
  return line;
}

}  // namespace

std::string text_of_word(std::string_view word) {
  std::string out;
  if (word == "%") return out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '%') {
      out += word[i];
      continue;
    }
    unsigned byte = 0;
    const char* const at = word.data() + i + 1;
    if (i + 2 >= word.size() || std::from_chars(at, at + 2, byte, 16).ptr != at + 2)
      throw journal_error("a broken word: " + std::string(word));
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

journal_line parse_journal_line(std::string_view line) {
  const std::size_t end = line.find(';');
  if (end == std::string_view::npos) throw journal_error("there are no decisions on this line");
  words in(line.substr(0, end));
  journal_line read;
  read.decisions = line.substr(end);
  const std::string_view machine = in.word();
  if (machine == "c")
    read.input = read_client(in);
  else if (machine == "s")
    read.input = read_server(in);
  else
    throw journal_error("neither a client's nor the server's line");
  in.done();
  return read;
}

}  // namespace stampede
