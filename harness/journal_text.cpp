#include "harness/journal_text.hpp"

#include <fmt/format.h>

#include <iterator>

#include "core/fingerprint.hpp"

namespace stampede {
namespace {

template <class... Values>
void put(std::string& out, fmt::format_string<Values...> how, Values&&... values) {
  fmt::format_to(std::back_inserter(out), how, std::forward<Values>(values)...);
}

std::int64_t ns(instant t) { return t.time_since_epoch().count(); }

template <class Number>
std::string optional_word(const std::optional<Number>& value) {
  return value ? fmt::format("{}", *value) : "-";
}

void append_request(std::string& out, const server_request& r, const server_line& line) {
  const chat_facts& c = r.chat;
  put(out, " {} {} {} {}-{} {:d}", static_cast<int>(r.where), static_cast<int>(r.auth),
      word_of(line.key), r.identity.instance, r.identity.call, r.identity.by_header);
  put(out, " {} {}", word_of(line.path), word_of(line.asked_fault));
  put(out, " {:d} {} {} {} {}", r.workload.declared, r.workload.hit, r.workload.miss,
      r.workload.output, r.workload.work.count());
  put(out, " {:d} {:d} {:d} {} {:d} {:d} {:d}", c.has_model, c.stream, c.include_usage,
      c.thinking ? (*c.thinking ? "1" : "0") : "-", c.json_mode, c.mentions_json, c.effort_max);
  put(out, " {} {} {} {} {} {}", optional_word(c.temperature), optional_word(c.top_p),
      optional_word(c.max_tokens), c.messages, c.prompt_bytes, word_of(r.model));
  put(out, " {} {} {} {} {} {} {:d} {:d}", optional_word(c.presence_penalty),
      optional_word(c.frequency_penalty), c.logprobs ? (*c.logprobs ? "1" : "0") : "-",
      optional_word(c.top_logprobs), c.stops, c.tools, c.forces_tool, c.calls_tool);
  put(out, " {} {} {} {}", word_of(c.tool_name), word_of(c.tool_arguments), word_of(c.user_id),
      static_cast<int>(c.history));
  put(out, " {:d} {} {:d} {}", c.json_schema, c.bad_tool_name, r.problem.image, word_of(r.allow));
  put(out, " {}", c.stop.size());
  for (const std::string& stop : c.stop) put(out, " {}", word_of(stop));
  put(out, " {}", c.prefix.size());
  for (const std::uint64_t unit : c.prefix) put(out, " {}", unit);
  put(out, " {} {} {} {} {}", static_cast<int>(r.problem.what), word_of(r.problem.path),
      word_of(r.problem.reason), r.problem.line, r.problem.column);
}

struct client_event_words {
  std::string& out;
  call_id call;

  void lead(std::string_view name) const { put(out, "{} {} {}", name, call.slot, call.serial); }
  void operator()(const head_received& e) const {
    lead("head");
    put(out, " {} {} {}", e.attempt, e.status, e.retry_after.count());
    // Hardly any answer has it: only where it is there, it is a word more.
    if (e.should_retry != retry_hint::none) put(out, " {:d}", e.should_retry == retry_hint::yes);
  }
  void operator()(const piece_received& e) const {
    lead("piece");
    put(out, " {} {:d} {}", e.attempt, e.payload, e.tokens);
  }
  void operator()(const reply_received& e) const {
    lead("reply");
    put(out, " {} {} {} {} {}", e.attempt, name_of(e.result), e.usage.hit, e.usage.miss,
        e.usage.output);
  }
  void operator()(const transport_error& e) const {
    lead("error");
    put(out, " {} {}", e.attempt, name_of(e.result));
  }
  void operator()(const wakeup&) const { lead("wake"); }
  void operator()(const call_cancelled&) const { lead("cancelled"); }
};

struct effect_words {
  std::string& out;

  void operator()(const send_attempt& e) const {
    put(out, "; send {} {} {}", e.call.serial, e.attempt, e.chain);
  }
  void operator()(const cancel_attempt& e) const {
    put(out, "; cancel {} {}", e.call.serial, e.attempt);
  }
  void operator()(const deliver& e) const { put(out, "; deliver {} {}", e.call.serial, e.tokens); }
  void operator()(const finish& e) const {
    put(out, "; finish {} {} {}", e.call.serial, name_of(e.result), name_of(e.why));
  }
  void operator()(const rearm& e) const { put(out, "; rearm {}", e.call.serial); }
  void operator()(const emit& e) const {
    const segment& p = e.piece;
    put(out, "; emit {} {} {:d} {:d} {} {} {} {} {:d}", e.exchange.slot, e.exchange.serial, p.head,
        p.keep_alive, p.first, p.count, p.cut_at, p.skip, p.last);
  }
  void operator()(const end& e) const {
    put(out, "; end {} {} {}", e.exchange.slot, e.exchange.serial, name_of(e.how));
  }
};

void add_text(fingerprint& hash, std::string_view text) {
  hash.add(text.size());
  for (const char c : text) hash.add(static_cast<unsigned char>(c));
}

}  // namespace

std::string word_of(std::string_view text) {
  if (text.empty()) return "%";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || c == '%' || c == ';')
      put(out, "%{:02x}", byte);
    else
      out += c;
  }
  return out;
}

void append(std::string& out, const client_line& line) {
  put(out, "c {} {} ", line.who.value, ns(line.now));
  if (const auto* request = std::get_if<call_request>(&line.what))
    put(out, "start {} {} {} {} {:d}", line.call.slot, line.call.serial, ns(request->intended),
        ns(request->deadline), request->thinking);
  else if (const auto* event = std::get_if<client_event>(&line.what))
    std::visit(client_event_words{out, line.call}, *event);
  else
    out += "stop";
}

void append(std::string& out, const server_line& line) {
  put(out, "s {} ", ns(line.now));
  if (std::holds_alternative<server_wakeup>(line.what)) {
    out += "wake";
    return;
  }
  const auto* request = std::get_if<server_request>(&line.what);
  const bool left = std::holds_alternative<peer_left>(line.what);
  put(out, "{} {} {}",
      request ? "request"
      : left  ? "left"
              : "written",
      line.exchange.slot, line.exchange.serial);
  if (request) append_request(out, *request, line);
}

void append(std::string& out, const client_effect& effect) {
  std::visit(effect_words{out}, effect);
}
void append(std::string& out, const server_effect& effect) {
  std::visit(effect_words{out}, effect);
}

void append(std::string& out, const attempt_record& r) {
  put(out, "; attempt {} {} model {} {:d} early {:d} status {} {} {} {} {} wait {} {} {}", r.call,
      r.attempt, r.model, r.fallback, r.early, r.status, name_of(r.result), name_of(r.kind),
      name_of(r.decided), name_of(r.why), name_of(r.waits_for), r.wait.count(),
      r.retry_after.count());
  put(out, " usage {} {} {} {} @ {} {} {} {}", r.usage.hit, r.usage.miss, r.usage.output,
      r.estimate.value, ns(r.sent), ns(r.first_byte), ns(r.first_token), ns(r.ended));
}

void append(std::string& out, const call_record& r) {
  put(out, "; call {} attempts {} model {} {:d} {} {} {} @ {} {} {} {}", r.call, r.attempts,
      r.model, r.fallback, name_of(r.result), name_of(r.why), r.estimate.value, ns(r.intended),
      ns(r.started), ns(r.first_token), ns(r.ended));
}

void append(std::string& out, const exchange_record& r) {
  put(out, "; exchange {} {:d} {}-{} {} model {} status {} fault {} left {:d} whole {:d}", r.serial,
      r.by_header, r.instance, r.call, r.attempt, r.model, r.status, r.fault, r.peer_left, r.whole);
  put(out, " usage {} {} {} {} @ {} {} {} {}", r.usage.hit, r.usage.miss, r.usage.output,
      r.charge.value, ns(r.arrived), ns(r.started), ns(r.ended), r.busy.count());
}

void append_next(std::string& out, instant wakeup) {
  if (wakeup == never)
    out += "; next never";
  else
    put(out, "; next {}", ns(wakeup));
}

void append_hash(std::string& out, const answer& a) {
  fingerprint hash(1);
  const std::int64_t numbers[] = {a.identity.instance,
                                  a.identity.call,
                                  a.attempt,
                                  a.status,
                                  static_cast<std::int64_t>(a.body),
                                  a.retry_after.count(),
                                  a.fault,
                                  static_cast<std::int64_t>(a.model),
                                  static_cast<std::int64_t>(a.words),
                                  a.stream,
                                  a.include_usage,
                                  a.thinking,
                                  a.json_mode,
                                  static_cast<std::int64_t>(a.finish),
                                  a.empty_content,
                                  a.usage.hit,
                                  a.usage.miss,
                                  a.usage.output,
                                  a.reasoning,
                                  a.top_logprobs,
                                  a.cut_at,
                                  a.spoil_at,
                                  static_cast<std::int64_t>(a.spoiled),
                                  static_cast<std::int64_t>(a.tail),
                                  static_cast<std::int64_t>(a.letters),
                                  static_cast<std::int64_t>(a.retry_as),
                                  static_cast<std::int64_t>(a.ends),
                                  a.created};
  for (const std::int64_t n : numbers) hash.add(static_cast<std::uint64_t>(n));
  hash.add(a.text);
  if (a.status != 401) add_text(hash, a.message);
  for (const std::string_view text : {a.type, a.code, a.fault_kind, a.blank_text, a.tool_name,
                                      a.tool_arguments, a.content_type, a.retry_text})
    add_text(hash, text);
  out += " answer " + fingerprint_text(hash.value());
}

}  // namespace stampede
