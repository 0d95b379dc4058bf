#include "harness/conformance.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include "harness/journal.hpp"

namespace stampede {
namespace {

enum class event_kind : std::uint8_t { start, head, piece, reply, error, wake, cancelled, stop };

struct step {
  event_kind kind = event_kind::stop;
  instant at = never;
  call_id call;
  std::string event;      // without instants
  std::string decisions;  // as well
};

// What one side did to one instance, without the events that change nothing by law.
class client_story {
 public:
  void add(const client_line& line, std::string_view decisions);
  const std::vector<step>& steps() const { return steps_; }

 private:
  struct call_state {
    instant next_wakeup = never;
    std::uint16_t in_flight = 0;  // attempt; 0: none
  };

  bool may_be_left_out(const client_line& line) const;
  void follow(const client_line& line, std::string_view decision);

  std::map<std::uint32_t, call_state> calls_;  // by serial
  std::vector<step> steps_;
};

struct event_facts {
  event_kind kind;
  std::uint16_t attempt = 0;  // 0: of the call, not of an attempt
};

struct facts_of_event {
  event_facts operator()(const head_received& e) const { return {event_kind::head, e.attempt}; }
  event_facts operator()(const piece_received& e) const { return {event_kind::piece, e.attempt}; }
  event_facts operator()(const reply_received& e) const { return {event_kind::reply, e.attempt}; }
  event_facts operator()(const transport_error& e) const { return {event_kind::error, e.attempt}; }
  event_facts operator()(const wakeup&) const { return {event_kind::wake}; }
  event_facts operator()(const call_cancelled&) const { return {event_kind::cancelled}; }
};

event_facts facts_of(const client_line& line) {
  if (const auto* event = std::get_if<client_event>(&line.what))
    return std::visit(facts_of_event{}, *event);
  return {std::holds_alternative<client_stopped>(line.what) ? event_kind::stop : event_kind::start};
}

// The line's event with its instants at zero, and without the instance and the call's slot,
// which depends on what the other instances do.
std::string content_of(client_line line) {
  line.who = {};
  line.call.slot = 0;
  line.now = run_start;
  if (auto* request = std::get_if<call_request>(&line.what))
    request->intended = request->deadline = run_start;
  std::string text;
  append(text, line);
  return text.substr(std::string_view("c 0 0 ").size());
}

bool client_story::may_be_left_out(const client_line& line) const {
  const auto [kind, attempt] = facts_of(line);
  if (kind == event_kind::stop) return true;
  const auto found = calls_.find(line.call.serial);
  const call_state state = found == calls_.end() ? call_state{} : found->second;
  if (kind == event_kind::wake) return line.now < state.next_wakeup;
  return attempt != 0 && attempt != state.in_flight;
}

// Reads numbers off a decision's words.
class numbers {
 public:
  explicit numbers(std::string_view text) : text_(text) {}
  template <class Number>
  Number next() {
    text_.remove_prefix(std::min(text_.find(' '), text_.size()));
    text_.remove_prefix(std::min<std::size_t>(1, text_.size()));
    Number value{};
    std::from_chars(text_.data(), text_.data() + text_.size(), value);
    return value;
  }

 private:
  std::string_view text_;
};

void client_story::follow(const client_line& line, std::string_view decision) {
  numbers in(decision);
  if (decision == "next never") {
    const auto found = calls_.find(line.call.serial);
    if (found != calls_.end()) found->second.next_wakeup = never;
  } else if (decision.starts_with("next ")) {
    calls_[line.call.serial].next_wakeup = instant{duration{in.next<std::int64_t>()}};
  } else if (decision.starts_with("send ")) {
    const auto call = in.next<std::uint32_t>();
    calls_[call].in_flight = in.next<std::uint16_t>();
  } else if (decision.starts_with("cancel ")) {
    calls_[in.next<std::uint32_t>()].in_flight = 0;
  } else if (decision.starts_with("finish ")) {
    calls_.erase(in.next<std::uint32_t>());
  }
}

void client_story::add(const client_line& line, std::string_view decisions) {
  step next{facts_of(line).kind, line.now, line.call, content_of(line), {}};
  const bool idle = may_be_left_out(line);
  if (!idle && (next.kind == event_kind::reply || next.kind == event_kind::error))
    calls_[line.call.serial].in_flight = 0;
  while (!decisions.empty()) {
    decisions.remove_prefix(std::min<std::size_t>(2, decisions.size()));  // "; "
    const std::string_view one = decisions.substr(0, decisions.find(';'));
    decisions.remove_prefix(one.size());
    follow(line, one);
    if (!one.starts_with("next "))
      next.decisions.append("; ").append(one.substr(0, one.find(" @")));
  }
  if (!idle || !next.decisions.empty()) steps_.push_back(std::move(next));
}

struct run_story {
  journal_head head;
  std::map<std::uint32_t, client_story> clients;
};

run_story read_story(const std::filesystem::path& file) {
  journal_reader in(file);
  run_story story{in.head(), {}};
  std::string_view line;
  while (in.next(line)) {
    try {
      const journal_line read = parse_journal_line(line);
      const auto* client = std::get_if<client_line>(&read.input);
      if (!client) continue;
      story.clients[client->who.value].add(*client, read.decisions);
    } catch (const journal_error& error) {
      in.fail(error.what());
    }
  }
  return story;
}

bool has_word(std::string_view text, std::string_view word) {
  const auto ends_word = [](char c) { return c == ' ' || c == ';'; };
  for (std::size_t at = 0; (at = text.find(word, at)) != text.npos; at += word.size()) {
    const std::size_t end = at + word.size();
    if (ends_word(text[at - 1]) && (end == text.size() || ends_word(text[end]))) return true;
  }
  return false;
}

// "early 1" and "early 0" alike.
std::string without_early(std::string text) {
  constexpr std::string_view word = " early ";
  for (std::size_t at = 0; (at = text.find(word, at)) != text.npos; at += word.size())
    text[at + word.size()] = '-';
  return text;
}

// Whether a rule that reads elapsed time made the difference, and says so.
bool names_elapsed_time(const step& a, const step& b) {
  for (const std::string_view word : {"time_budget", "breaker"})
    if (has_word(a.decisions, word) != has_word(b.decisions, word)) return true;
  // Only a pause after a timeout keeps a start from sending.
  if (a.kind == event_kind::start && a.decisions.empty() != b.decisions.empty()) return true;
  return without_early(a.decisions) == without_early(b.decisions);
}

divergence kind_of(const step* a, const step* b) {
  if (!a || !b || a->kind == event_kind::stop || b->kind == event_kind::stop)
    return divergence::end;
  if (a->call != b->call || a->kind == event_kind::start || b->kind == event_kind::start)
    return divergence::order;
  if (a->kind == event_kind::wake || b->kind == event_kind::wake)
    return divergence::timeout_or_reply;
  if (a->kind == b->kind && a->kind != event_kind::piece) return divergence::answer;
  return divergence::cut;
}

parting make_parting(std::uint32_t instance, std::size_t i, const step* a, const step* b,
                     divergence how) {
  const auto text = [](const step* s, std::string step::*member) {
    return s ? s->*member : std::string();
  };
  return {.instance = instance,
          .event = i + 1,
          .how = how,
          .at = {a ? a->at : never, b ? b->at : never},
          .events = {text(a, &step::event), text(b, &step::event)},
          .decisions = {text(a, &step::decisions), text(b, &step::decisions)}};
}

void compare(std::uint32_t instance, const client_story& a, const client_story& b,
             conformance& result) {
  result.events[0] += a.steps().size();
  result.events[1] += b.steps().size();
  const std::size_t most = std::max(a.steps().size(), b.steps().size());
  for (std::size_t i = 0; i < most; ++i) {
    const step* x = i < a.steps().size() ? &a.steps()[i] : nullptr;
    const step* y = i < b.steps().size() ? &b.steps()[i] : nullptr;
    if (!x || !y || x->event != y->event) {
      result.diverged.push_back(make_parting(instance, i, x, y, kind_of(x, y)));
      return;
    }
    if (x->decisions != y->decisions) {
      if (names_elapsed_time(*x, *y))
        result.diverged.push_back(make_parting(instance, i, x, y, divergence::elapsed_time));
      else
        result.violations.push_back(make_parting(instance, i, x, y, divergence::order));
      return;
    }
    ++result.equal_events;
    result.equal_decisions +=
        static_cast<std::uint64_t>(std::count(x->decisions.begin(), x->decisions.end(), ';'));
  }
}

}  // namespace

std::string_view name_of(divergence d) {
  constexpr std::array<std::string_view, divergence_count> names{
      "order", "timeout or reply", "cut", "answer", "elapsed time", "end"};
  return names[static_cast<std::size_t>(d)];
}

std::uint32_t conformance::count(divergence how) const {
  return static_cast<std::uint32_t>(std::count_if(diverged.begin(), diverged.end(),
                                                  [&](const parting& p) { return p.how == how; }));
}

conformance compare_journals(const std::filesystem::path& a, const std::filesystem::path& b) {
  const run_story first = read_story(a);
  const run_story second = read_story(b);
  const auto plan = [](const journal_head& h) {
    return std::tie(h.seed, h.replication, h.source, h.changes);
  };
  if (plan(first.head) != plan(second.head))
    throw journal_error(a.string() + " and " + b.string() + " are not of the same plan");
  conformance result;
  result.instances = plan_of(first.head).instances();
  const client_story none;
  const auto of = [&](const run_story& story, std::uint32_t instance) -> const client_story& {
    const auto found = story.clients.find(instance);
    return found == story.clients.end() ? none : found->second;
  };
  for (std::uint32_t i = 0; i < result.instances; ++i)
    compare(i, of(first, i), of(second, i), result);
  return result;
}

}  // namespace stampede
