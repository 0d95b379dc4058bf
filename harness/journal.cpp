#include "harness/journal.hpp"

#include <fmt/format.h>

#include <limits>

#include "scenarios/loader.hpp"

namespace stampede {
namespace {

constexpr std::size_t buffer_size = 1 << 16;

// A key that is spelt with escapes in the scenario's text would slip past the masking.
void check_masking(const run_plan& plan, const journal_head& head, key_names& keys) {
  std::vector<std::string> expected;
  for (const std::string& key : plan.server.api_keys) expected.push_back(keys.of(key));
  bool masked = plan_of(head).server.api_keys == expected;
  for (const std::string& key : api_keys_of(plan))
    masked = masked && head.source.find(key) == std::string::npos;
  if (!masked)
    throw journal_error(
        "the API keys of " + plan.what.path +
        " cannot be masked in a journal; write them as plain strings without escapes");
}

std::string text_of(const journal_head& head) {
  std::string out =
      fmt::format("stampede journal 1\nengine {}\nseed {}\nreplication {}\nspeed {}\npath {}\n",
                  head.engine, head.seed, head.replication, head.speed, word_of(head.path));
  for (const std::string& change : head.changes) out += "change " + word_of(change) + "\n";
  out += "source\n| ";
  for (const char c : head.source) {
    out += c;
    if (c == '\n') out += "| ";
  }
  return out + "\nevents\n";
}

}  // namespace

// --- lines --------------------------------------------------------------------------------

class journal_lines::both_sinks : public record_sink {
 public:
  both_sinks(journal_lines& lines, record_sink& to) : lines_(lines), to_(to) {}

  void on_attempt(const attempt_record& r) override {
    append(lines_.client_records_, r);
    to_.on_attempt(r);
  }
  void on_call(const call_record& r) override {
    append(lines_.client_records_, r);
    to_.on_call(r);
  }
  void on_exchange(const exchange_record& r) override {
    append(lines_.server_records_, r);
    to_.on_exchange(r);
  }

 private:
  journal_lines& lines_;
  record_sink& to_;
};

journal_lines::journal_lines(key_callback name_of_key, line_callback to)
    : name_of_key_(std::move(name_of_key)), to_(std::move(to)) {}

record_sink& journal_lines::tee(record_sink& to) {
  return *tees_.emplace_back(std::make_unique<both_sinks>(*this, to));
}

void journal_lines::write_client(const client_line& line, std::span<const client_effect> effects,
                                 instant next) {
  client_text_.clear();
  append(client_text_, line);
  for (const client_effect& effect : effects) append(client_text_, effect);
  client_text_ += client_records_;
  client_records_.clear();
  append_next(client_text_, next);
  to_(client_text_);
}

void journal_lines::on_start(const client_instance& client, call_id id, const call_request& request,
                             instant now, std::span<const client_effect> effects) {
  write_client({client.id(), now, id, request}, effects, client.next_wakeup(id));
}

void journal_lines::on_event(const client_instance& client, call_id id, const client_event& event,
                             instant now, std::span<const client_effect> effects) {
  write_client({client.id(), now, id, event}, effects, client.next_wakeup(id));
}

void journal_lines::on_stop(const client_instance& client, instant now,
                            std::span<const client_effect> effects) {
  write_client({client.id(), now, {}, client_stopped{}}, effects, never);
}

void journal_lines::on_event(const server_model& server, exchange_id id, const server_event& event,
                             instant now, std::span<const server_effect> effects) {
  server_line line{now, id, server_wakeup{}, {}, {}, {}};
  if (const auto* received = std::get_if<request_received>(&event)) {
    line.what = *received->request;
    line.key = name_of_key_(received->request->key);
    line.path = received->request->path;
    line.asked_fault = received->request->asked_fault;
  } else if (std::holds_alternative<written>(event)) {
    line.what = written{};
  } else if (std::holds_alternative<peer_left>(event)) {
    line.what = peer_left{};
  }
  server_text_.clear();
  append(server_text_, line);
  for (const server_effect& effect : effects) {
    append(server_text_, effect);
    const auto* e = std::get_if<emit>(&effect);
    if (e && e->piece.head) append_hash(server_text_, server.answer_of(e->exchange));
  }
  server_text_ += server_records_;
  server_records_.clear();
  append_next(server_text_, server.next_wakeup());
  to_(server_text_);
}

// --- the file -----------------------------------------------------------------------------

run_plan plan_of(const journal_head& head) {
  run_plan plan = build_plan(parse_scenario(head.source, head.path, head.changes), head.seed);
  for (group_setup& g : plan.groups) g.client.replication = head.replication;
  return plan;
}

journal::journal(const std::filesystem::path& file, const run_plan& plan,
                 const journal_options& options)
    : journal_lines([this](std::string_view key) { return keys_.of(key); },
                    [this](std::string_view line) { take(line); }),
      keys_(plan),
      file_(file) {
  journal_head head{.engine = options.engine,
                    .seed = plan.seed,
                    .replication = options.replication,
                    .speed = options.speed,
                    .path = plan.what.path,
                    .source = keys_.in(plan.what.source),
                    .changes = {}};
  for (const std::string& change : plan.what.changes) head.changes.push_back(keys_.in(change));
  check_masking(plan, head, keys_);
  buffer_ = text_of(head);
}

void journal::take(std::string_view line) {
  const std::lock_guard lock(mutex_);
  buffer_.append(line).push_back('\n');
  ++lines_;
  if (buffer_.size() < buffer_size) return;
  file_.write(buffer_);
  buffer_.clear();
}

void journal::keep() {
  const std::lock_guard lock(mutex_);
  buffer_ += fmt::format("end {}\n", lines_);
  file_.write(buffer_);
  buffer_.clear();
  file_.keep();
}

}  // namespace stampede
