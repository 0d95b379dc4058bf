#include "harness/replay.hpp"

#include <algorithm>
#include <vector>

#include "harness/journal.hpp"

namespace stampede {
namespace {

class no_records : public record_sink {
 public:
  void on_attempt(const attempt_record&) override {}
  void on_call(const call_record&) override {}
  void on_exchange(const exchange_record&) override {}
};

// The machines of a plan, without an engine.
class machines {
 public:
  machines(const run_plan& plan, std::uint32_t replication)
      : lines_([](std::string_view key) { return std::string(key); },
               [this](std::string_view line) { said_ = line; }),
        server_(plan.server, plan.make_faults(), plan.seed, replication, lines_.tee(nobody_)) {
    server_.observe(&lines_);
    clients_.reserve(plan.instances());
    record_sink& records = lines_.tee(nobody_);
    for (const group_setup& g : plan.groups)
      for (std::uint32_t i = 0; i < g.plan.instances; ++i)
        clients_.emplace_back(g.client, instance_id{g.first_instance + i}, records, sessions_)
            .observe(&lines_);
  }

  // The line that the machine's answer to this event makes.
  const std::string& feed(const client_line& line) {
    if (line.who.value >= clients_.size()) throw journal_error("there is no such instance");
    client_instance& client = clients_[line.who.value];
    client_effects_.clear();
    if (const auto* request = std::get_if<call_request>(&line.what)) {
      if (line.call != client.next_id())
        throw journal_error("this is not the call that comes next");
      client.start(line.call, *request, line.now, client_effects_);
    } else if (const auto* event = std::get_if<client_event>(&line.what)) {
      client.on(line.call, *event, line.now, client_effects_);
    } else {
      client.stop(line.now, client_effects_);
    }
    return said_;
  }

  const std::string& feed(const server_line& line) {
    server_effects_.clear();
    if (const auto* request = std::get_if<server_request>(&line.what)) {
      if (line.exchange != server_.next_id())
        throw journal_error("this is not the exchange that comes next");
      server_request with_key = *request;
      with_key.key = line.key;
      with_key.path = line.path;
      with_key.asked_fault = line.asked_fault;
      server_.on(line.exchange, request_received{&with_key}, line.now, server_effects_);
    } else if (std::holds_alternative<written>(line.what)) {
      server_.on(line.exchange, written{}, line.now, server_effects_);
    } else if (std::holds_alternative<peer_left>(line.what)) {
      server_.on(line.exchange, peer_left{}, line.now, server_effects_);
    } else {
      server_.on(line.exchange, server_wakeup{}, line.now, server_effects_);
    }
    return said_;
  }

 private:
  no_records nobody_;
  std::string said_;
  journal_lines lines_;
  server_model server_;
  session_pool sessions_;
  std::vector<client_instance> clients_;
  effects<client_effect> client_effects_;
  effects<server_effect> server_effects_;
};

}  // namespace

replay_result replay(const std::filesystem::path& file) {
  journal_reader in(file);
  const run_plan plan = plan_of(in.head());
  machines fresh(plan, in.head().replication);
  replay_result result{.scenario = plan.what.name,
                       .engine = in.head().engine,
                       .events = 0,
                       .decisions = 0,
                       .difference = std::nullopt};
  std::string_view line;
  while (in.next(line)) {
    try {
      const journal_line read = parse_journal_line(line);
      const std::string& got = std::visit(
          [&](const auto& input) -> const std::string& { return fresh.feed(input); }, read.input);
      ++result.events;
      if (got != line) {
        const std::size_t end = std::min(got.find(';'), got.size());
        result.difference = {in.line_number(),
                             std::string(line.substr(0, line.size() - read.decisions.size())),
                             std::string(read.decisions), got.substr(end)};
        return result;
      }
      // Every ';' leads in a decision, but the last one the next wake-up.
      result.decisions += static_cast<std::uint64_t>(std::count(got.begin(), got.end(), ';')) - 1;
    } catch (const journal_error& error) {
      in.fail(error.what());
    }
  }
  return result;
}

}  // namespace stampede
