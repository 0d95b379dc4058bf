#include "harness/fuzz/evidence.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <tuple>

#include "core/check.hpp"
#include "core/draw.hpp"

namespace stampede {
namespace {

class witness final : public client_observer, public server_observer, public record_sink {
 public:
  witness(evidence& into, measure_fold& fold) : into_(into), fold_(fold) {}

  const std::atomic<bool>* stop() const { return &full_; }

  void on_start(const client_instance& who, call_id id, const call_request& request, instant now,
                std::span<const client_effect> effects) override {
    note(who, id.serial, client_fact::kind::started, now).intended = request.intended;
    calls_[call_entity(who.id().value, id.serial)].intended = request.intended;
    take(who, effects, now, outcome::cancelled);
  }

  void on_event(const client_instance& who, call_id id, const client_event& event, instant now,
                std::span<const client_effect> effects) override {
    const auto found = calls_.find(call_entity(who.id().value, id.serial));
    if (found != calls_.end()) look_at(who, id, found->second, event, now);
    if (found != calls_.end() && !found->second.out && std::holds_alternative<wakeup>(event))
      add(who, id.serial, client_fact::kind::woken, now);
    const bool left = std::holds_alternative<call_cancelled>(event);
    take(who, effects, now, left ? outcome::cancelled : outcome::timed_out);
  }

  void on_stop(const client_instance& who, instant now,
               std::span<const client_effect> effects) override {
    take(who, effects, now, outcome::unfinished);
  }

  void on_event(const server_model& server, exchange_id, const server_event& event, instant now,
                std::span<const server_effect>) override {
    count_work();
    server_fact fact{now, server_fact::no_request, server.open(), server.in_flight(),
                     server.queued()};
    if (const auto* request = std::get_if<request_received>(&event)) {
      fact.request = static_cast<std::uint32_t>(into_.requests.size());
      const call_identity& who = request->request->identity;
      into_.requests.push_back({who.instance, who.call, now});
    }
    into_.server.push_back(fact);
  }

  void on_attempt(const attempt_record& r) override {
    into_.attempts.push_back(r);
    fold_.on_attempt(r);
  }
  void on_call(const call_record& r) override {
    into_.calls.push_back(r);
    fold_.on_call(r);
  }
  void on_exchange(const exchange_record& r) override {
    into_.exchanges.push_back(r);
    fold_.on_exchange(r);
  }

 private:
  // A call under way.
  struct call_now {
    bool out = false;  // an attempt is in flight
    std::uint16_t attempt = 0;
    std::uint8_t chain = 0;
    bool partial = false;
    std::int16_t status = 0;
    instant intended = never;
    duration retry_after = no_duration;
    retry_hint should_retry = retry_hint::none;
    instant last_payload = never;
    instant last_byte = never;
  };

  void count_work() {
    if (++work_ > most_work) full_ = true;
  }

  client_fact& note(const client_instance& who, std::uint32_t call, client_fact::kind what,
                    instant now) {
    count_work();
    return add(who, call, what, now);
  }

  client_fact& add(const client_instance& who, std::uint32_t call, client_fact::kind what,
                   instant now) {
    client_fact fact;
    fact.what = what;
    fact.instance = who.id().value;
    fact.call = call;
    fact.at = now;
    return into_.client.emplace_back(fact);
  }

  void end_attempt(const client_instance& who, std::uint32_t call, call_now& c, outcome result,
                   bool cancelled, instant now) {
    client_fact& fact = note(who, call, client_fact::kind::ended, now);
    fact.attempt = c.attempt;
    fact.chain = c.chain;
    fact.cancelled = cancelled;
    fact.intended = c.intended;
    fact.partial = c.partial;
    fact.status = c.status;
    fact.retry_after = c.retry_after;
    fact.should_retry = c.should_retry;
    fact.no_payload = now - c.last_payload;
    fact.no_byte = now - c.last_byte;
    fact.result = result;
    c.out = false;
  }

  void look_at(const client_instance& who, call_id id, call_now& c, const client_event& event,
               instant now) {
    const auto in_flight = [&](std::uint16_t attempt) { return c.out && attempt == c.attempt; };
    if (const auto* head = std::get_if<head_received>(&event)) {
      if (!in_flight(head->attempt)) return;
      c.status = head->status;
      c.retry_after = head->retry_after;
      c.should_retry = head->should_retry;
      c.last_byte = now;
    } else if (const auto* piece = std::get_if<piece_received>(&event)) {
      if (!in_flight(piece->attempt)) return;
      c.last_byte = now;
      if (piece->payload) c.last_payload = now;
    } else if (const auto* reply = std::get_if<reply_received>(&event)) {
      if (in_flight(reply->attempt)) end_attempt(who, id.serial, c, reply->result, false, now);
    } else if (const auto* error = std::get_if<transport_error>(&event)) {
      if (in_flight(error->attempt)) end_attempt(who, id.serial, c, error->result, false, now);
    }
  }

  // `if_cancelled`: what a cancelled attempt came to.
  void take(const client_instance& who, std::span<const client_effect> effects, instant now,
            outcome if_cancelled) {
    for (const client_effect& effect : effects) {
      if (const auto* send = std::get_if<send_attempt>(&effect)) {
        client_fact& fact = note(who, send->call.serial, client_fact::kind::sent, now);
        fact.attempt = send->attempt;
        fact.chain = send->chain;
        call_now& c = calls_[call_entity(who.id().value, send->call.serial)];
        c = {.out = true,
             .attempt = send->attempt,
             .chain = send->chain,
             .partial = c.partial,
             .status = 0,
             .intended = c.intended,
             .retry_after = no_duration,
             .should_retry = retry_hint::none,
             .last_payload = now,
             .last_byte = now};
      } else if (const auto* cancel = std::get_if<cancel_attempt>(&effect)) {
        call_now& c = calls_[call_entity(who.id().value, cancel->call.serial)];
        if (c.out && c.attempt == cancel->attempt)
          end_attempt(who, cancel->call.serial, c, if_cancelled, true, now);
      } else if (const auto* content = std::get_if<deliver>(&effect)) {
        calls_[call_entity(who.id().value, content->call.serial)].partial = true;
      } else if (const auto* over = std::get_if<finish>(&effect)) {
        client_fact& fact = note(who, over->call.serial, client_fact::kind::finished, now);
        fact.result = over->result;
        fact.why = over->why;
        calls_.erase(call_entity(who.id().value, over->call.serial));
      }
    }
  }

  evidence& into_;
  measure_fold& fold_;
  std::map<std::uint64_t, call_now> calls_;
  std::uint64_t work_ = 0;
  std::atomic<bool> full_{false};
};

auto name_of_attempt(const attempt_record& r) {
  return std::tuple{r.instance.value, r.call, r.attempt};
}

template <class Record>
std::uint64_t call_of(const Record& r) {
  return call_entity(r.instance.value, r.call);
}

// The records of one call: a run of `all`, which are sorted by call.
template <class Record>
std::span<const Record> of_call(const std::vector<Record>& all, std::uint64_t call) {
  const auto first =
      std::lower_bound(all.begin(), all.end(), call,
                       [](const Record& r, std::uint64_t wanted) { return call_of(r) < wanted; });
  const auto last =
      std::find_if(first, all.end(), [&](const Record& r) { return call_of(r) != call; });
  return {first, last};
}

}  // namespace

const group_setup& evidence::group_of(std::uint32_t instance) const {
  const auto& groups = plan->groups;
  STAMPEDE_CHECK(!groups.empty());
  const auto beyond = std::find_if(groups.begin(), groups.end(), [&](const group_setup& g) {
    return g.first_instance > instance;
  });
  return *std::prev(beyond);
}

void put_in_order(evidence& seen) {
  std::stable_sort(seen.attempts.begin(), seen.attempts.end(), [](const auto& a, const auto& b) {
    return name_of_attempt(a) < name_of_attempt(b);
  });
  std::stable_sort(seen.calls.begin(), seen.calls.end(),
                   [](const auto& a, const auto& b) { return call_of(a) < call_of(b); });
  std::stable_sort(seen.exchanges.begin(), seen.exchanges.end(),
                   [](const auto& a, const auto& b) { return a.serial < b.serial; });
}

evidence gather(const run_plan& plan, bool verify_bytes) {
  evidence seen;
  seen.plan = &plan;
  measure_fold fold(fold_options::of(info_of(plan, "sim", 1)));
  witness beside(seen, fold);
  const sim_result result = run_sim(plan,
                                    {.replication = 0,
                                     .verify_bytes = verify_bytes,
                                     .stop = beside.stop(),
                                     .watch_clients = &beside,
                                     .watch_server = &beside},
                                    beside);
  seen.end = run_start + result.measured;
  seen.cut_short = result.interrupted;
  seen.fingerprint = result.fingerprint;
  seen.numbers = fold.finish(result.measured);
  put_in_order(seen);
  return seen;
}

instant call_story::started() const { return facts.empty() ? never : facts.front()->at; }
instant call_story::intended() const { return facts.empty() ? never : facts.front()->intended; }

std::vector<call_story> stories_of(const evidence& seen) {
  std::map<std::uint64_t, call_story> by_call;
  for (const client_fact& fact : seen.client) {
    call_story& story = by_call[call_entity(fact.instance, fact.call)];
    story.facts.push_back(&fact);
    if (fact.what == client_fact::kind::sent) story.sent.push_back(&fact);
    if (fact.what == client_fact::kind::ended) story.ended.push_back(&fact);
  }
  for (const call_record& r : seen.calls) by_call[call_of(r)];
  for (const attempt_record& r : seen.attempts) by_call[call_of(r)];
  std::vector<call_story> all;
  all.reserve(by_call.size());
  for (auto& [call, story] : by_call) {
    story.instance = static_cast<std::uint32_t>(call >> 32);
    story.call = static_cast<std::uint32_t>(call);
    story.group = &seen.group_of(story.instance);
    story.attempts = of_call(seen.attempts, call);
    story.records = of_call(seen.calls, call);
    all.push_back(std::move(story));
  }
  return all;
}

}  // namespace stampede
