// That checkers can fail: a lawful run is tampered with, one record or fact at a time, and the
// law it then breaks must say so.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "harness/fuzz/checkers.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;
using fact = client_fact::kind;

// Small, and with something for every law to look at: timeouts, a full queue, a breaker, a
// fallback chain, faults of every stage.
const run_plan& lawful_plan() {
  static const run_plan plan = build_plan(parse_scenario(R"(
name = "lawful"
duration = "40s"
drain = "2m"
network = { delay = "5ms" }
workload = { prompt_tokens = 50, output_tokens = 20, service_time = "700ms" }
[client]
max_attempts = 3
time_budget = "60s"
timeout = "8s"
fallback = ["deepseek-v4-pro"]
backoff = { kind = "equal_jitter", base = "1s", cap = "20s" }
breaker = { failures = 4, open_for = "5s" }
[server]
slots = 2
queue = 3
retry_after = "2s"
[[fault]]
kind = "outage"
at = "9s"
for = "4s"
retry_after = "3s"
[[fault]]
kind = "status"
status = 400
at = "14s"
for = "2s"
[[fault]]
kind = "latency"
at = "18s"
for = "3s"
add = "12s"
[[fault]]
kind = "empty_content"
at = "24s"
for = "4s"
[[fleet]]
instances = 3
arrivals = { kind = "poisson", rate = "3/s" }
[[fleet]]
instances = 2
arrivals = { kind = "closed_loop", think_time = "1s" }
client = { retry_after = "ignore" }
[[fleet]]
name = "frugal"
instances = 1
arrivals = { kind = "poisson", rate = "1/s" }
client = { retry_budget = { kind = "aws", capacity = 20 }, concurrency = { kind = "fixed", limit = 1 } }
[[fleet]]
name = "braked"
instances = 1
arrivals = { kind = "poisson", rate = "1/s" }
client = { pace_after_timeout = false, breaker = { failures = 0 }, throttle = { kind = "aws_adaptive" } }
)",
                                                         "lawful.toml"));
  return plan;
}

const evidence& lawful() {
  static const evidence seen = gather(lawful_plan());
  return seen;
}

TEST(FuzzLaws, ALawfulRunBreaksNoneAndEachHasSomethingToLookAt) {
  for (const verdict_on_law& v : judge(lawful())) {
    EXPECT_EQ(v.found.broken(), 0u) << v.about->name << ": " << v.found.first();
    EXPECT_GT(v.found.checked(), 0u) << v.about->name;
  }
}

// The first of `all` for which `is` holds.
template <class All, class Is>
auto& first(All& all, Is is) {
  const auto found = std::find_if(all.begin(), all.end(), is);
  if (found == all.end()) throw std::logic_error("the lawful run lacks what is to be changed");
  return *found;
}

attempt_record& retried(evidence& e, wait_reason why = wait_reason::backoff) {
  return first(e.attempts, [&](const attempt_record& a) {
    return a.decided == decision::retry && a.waits_for == why;
  });
}
attempt_record& decided(evidence& e, decision d) {
  return first(e.attempts, [&](const attempt_record& a) { return a.decided == d; });
}
client_fact& fact_of(evidence& e, fact what, outcome result = outcome::success) {
  return first(e.client,
               [&](const client_fact& f) { return f.what == what && f.result == result; });
}
exchange_record& exchange(evidence& e, std::function<bool(const exchange_record&)> is) {
  return first(e.exchanges, is);
}
bool worked_on(const exchange_record& x) { return x.started != never && x.whole; }

struct tampering {
  std::string_view law;
  std::string_view what;
  void (*apply)(evidence&);
};

// The attempt after one that is final.
void go_on_after_the_end(evidence& e) {
  attempt_record extra = decided(e, decision::deliver);
  ++extra.attempt;
  extra.sent = extra.ended + 1s;
  extra.ended = extra.sent + 1s;
  e.attempts.push_back(extra);
  put_in_order(e);
}

// A call whose instance had timed out is sent at once.
void send_unpaced(evidence& e) {
  std::set<std::uint32_t> timed_out;
  for (std::size_t i = 0; i + 1 < e.client.size(); ++i) {
    const client_fact& f = e.client[i];
    if (f.what == fact::ended && f.result == outcome::timed_out) timed_out.insert(f.instance);
    if (f.what != fact::started || timed_out.count(f.instance) == 0) continue;
    client_fact& sent = first(e.client, [&](const client_fact& s) {
      return s.what == fact::sent && s.instance == f.instance && s.call == f.call;
    });
    if (sent.at == f.at) continue;  // it was not paced
    sent.at = f.at;
    return;
  }
  throw std::logic_error("nothing was paced");
}

void let_one_pass_another(evidence& e) {
  exchange_record& late = exchange(
      e, [](const auto& x) { return x.started != never && x.started > x.arrived && x.fault < 0; });
  late.started += 5s;
}

void refuse_without_need(evidence& e) {
  const exchange_record& x = exchange(
      e, [](const auto& r) { return r.fault < 0 && r.status == 429 && r.started == never; });
  server_fact& f = first(e.server, [&](const server_fact& s) { return s.request == x.serial; });
  f.queued = f.running = 0;
}

// Of the group with a retry budget and a limit of one attempt.
attempt_record& frugal_retry(evidence& e) {
  return first(e.attempts, [](const attempt_record& a) {
    return a.group == 2 && a.decided == decision::retry;
  });
}

void refuse_a_retry_there_was_budget_for(evidence& e) {
  attempt_record& a = frugal_retry(e);
  a.decided = decision::give_up;
  a.why = stop_reason::retry_budget;
}

void send_two_at_once(evidence& e) {
  const std::uint32_t frugal = e.plan->groups[2].first_instance;
  const auto sent = std::find_if(e.client.begin(), e.client.end(), [&](const client_fact& f) {
    return f.what == fact::sent && f.instance == frugal;
  });
  e.client.insert(sent, client_fact(*sent));
}

// Of the group with a throttle: the first attempt that had to wait for its token.
client_fact& braked(evidence& e) {
  const std::uint32_t instance = e.plan->groups[3].first_instance;
  std::map<std::uint32_t, instant> started;
  for (client_fact& f : e.client) {
    if (f.instance != instance) continue;
    if (f.what == fact::started) started[f.call] = f.at;
    if (f.what == fact::sent && f.attempt == 1 && f.at > started[f.call]) return f;
  }
  throw std::logic_error("nobody waited for a token");
}

const tampering tamperings[] = {
    {"throttle", "one leaves before it has its token", [](evidence& e) { braked(e).at -= 1ms; }},
    {"throttle", "one waits longer than for its token", [](evidence& e) { braked(e).at += 1ms; }},
    {"throttle", "one is refused that there was a token for",
     [](evidence& e) {
       const client_fact sent = braked(e);
       first(e.client, [&](auto& f) {
         return f.what == fact::finished && f.instance == sent.instance && f.call == sent.call;
       }).why = stop_reason::throttle;
     }},
    {"retry_budget", "a retry is refused that the budget had", refuse_a_retry_there_was_budget_for},
    {"concurrency", "two attempts of one slot", send_two_at_once},
    {"one_record", "a call record is missing", [](evidence& e) { e.calls.pop_back(); }},
    {"one_record", "a call finishes twice",
     [](evidence& e) { e.client.push_back(fact_of(e, fact::finished)); }},
    {"one_record", "a record counts one attempt more", [](evidence& e) { ++e.calls[0].attempts; }},
    {"order", "an attempt follows the final outcome", go_on_after_the_end},
    {"order", "attempts overlap",
     [](evidence& e) { first(e.attempts, [](auto& a) { return a.attempt == 2; }).sent -= 20s; }},
    {"order", "a number is left out",
     [](evidence& e) { first(e.attempts, [](auto& a) { return a.attempt == 2; }).attempt = 3; }},
    {"ends", "a call ends later than its attempts", [](evidence& e) { e.calls[0].ended += 1ms; }},
    {"ends", "a call comes to something else",
     [](evidence& e) { e.calls[0].result = outcome::not_found; }},
    {"timeouts", "an attempt waits an hour",
     [](evidence& e) { fact_of(e, fact::ended).no_payload = 1h; }},
    {"timeouts", "one is given up too soon",
     [](evidence& e) { fact_of(e, fact::ended, outcome::timed_out).no_payload -= 1ns; }},
    {"arrivals", "a call is wanted later", [](evidence& e) { e.client[0].intended += 1ns; }},
    {"arrivals", "an arrival starts nothing",
     [](evidence& e) {
       const client_fact last = *std::find_if(e.client.rbegin(), e.client.rend(), [](auto& f) {
         return f.what == fact::started && f.instance == 0;
       });
       std::erase_if(e.client, [&](auto& f) { return f.instance == 0 && f.call == last.call; });
       std::erase_if(e.calls,
                     [&](auto& r) { return r.instance.value == 0 && r.call == last.call; });
       std::erase_if(e.attempts,
                     [&](auto& r) { return r.instance.value == 0 && r.call == last.call; });
     }},
    {"pacing", "a paced call is sent at once", send_unpaced},
    {"classification", "a transient end is called persistent",
     [](evidence& e) { retried(e).kind = classification::persistent; }},
    {"classification", "a status comes to another outcome",
     [](evidence& e) { fact_of(e, fact::ended, outcome::overloaded).result = outcome::conflict; }},
    {"decisions", "a persistent end is retried",
     [](evidence& e) {
       first(e.attempts, [](auto& a) { return a.why == stop_reason::persistent; }).decided =
           decision::retry;
     }},
    {"decisions", "a wrong reason to stop",
     [](evidence& e) {
       first(e.attempts, [](auto& a) { return a.why == stop_reason::attempts_used; }).why =
           stop_reason::code_limit;
     }},
    {"decisions", "a call gives up with tries left",
     [](evidence& e) {
       attempt_record& a = retried(e);
       a.decided = decision::fall_back;
       a.why = stop_reason::attempts_used;
     }},
    {"time_budget", "an attempt leaves when time is over",
     [](evidence& e) { fact_of(e, fact::sent).at += 61s; }},
    {"fallback", "a fallback is not called one",
     [](evidence& e) { first(e.attempts, [](auto& a) { return a.fallback; }).fallback = false; }},
    {"fallback", "a retry asks another model",
     [](evidence& e) {
       const attempt_record& a = retried(e);
       first(e.client, [&](auto& f) {
         return f.what == fact::sent && f.instance == a.instance.value && f.call == a.call &&
                f.attempt == a.attempt + 1;
       }).chain = 7;
     }},
    {"waits", "a retry leaves late",
     [](evidence& e) { first(e.attempts, [](auto& a) { return a.attempt == 2; }).sent += 1ns; }},
    {"waits", "a final attempt waits",
     [](evidence& e) { decided(e, decision::deliver).wait = 1s; }},
    {"backoff", "a wait is too long", [](evidence& e) { retried(e).wait += 21s; }},
    {"backoff", "a wait is too short", [](evidence& e) { retried(e).wait = 1ms; }},
    {"backoff", "a wait is below its Retry-After",
     [](evidence& e) { retried(e, wait_reason::retry_after).wait -= 100ms; }},
    {"retry_after", "what is not early is called so",
     [](evidence& e) { e.attempts[0].early = true; }},
    {"retry_after", "an attempt is sent before Retry-After is over",
     [](evidence& e) {
       const attempt_record a = retried(e, wait_reason::retry_after);
       first(e.attempts, [&](auto& n) {
         return n.instance == a.instance && n.call == a.call && n.attempt == a.attempt + 1;
       }).sent = a.ended + 1ms;
     }},
    {"breaker", "a breaker that was not open ends a call",
     [](evidence& e) { fact_of(e, fact::finished).why = stop_reason::breaker; }},
    {"exchanges", "a request arrives too early",
     [](evidence& e) { e.exchanges[5].arrived -= 1ms; }},
    {"exchanges", "an exchange is missing",
     [](evidence& e) { e.exchanges.erase(e.exchanges.begin() + 5); }},
    {"exchanges", "an attempt is counted wrongly", [](evidence& e) { ++e.exchanges[5].attempt; }},
    {"slots", "answers take longer than there are slots",
     [](evidence& e) {
       for (exchange_record& x : e.exchanges)
         if (x.started != never) x.busy += 10s;
     }},
    {"queue", "the queue overflows", [](evidence& e) { e.server[3].queued = 4; }},
    {"queue", "a later request is served first", let_one_pass_another},
    {"queue", "a request is refused though there is room", refuse_without_need},
    {"work", "a slot is idle while somebody waits",
     [](evidence& e) { first(e.server, [](auto& f) { return f.queued > 0; }).running = 1; }},
    {"conservation", "an exchange stays longer", [](evidence& e) { e.exchanges[0].ended += 1ns; }},
    {"conservation", "an answer was worked on longer",
     [](evidence& e) { exchange(e, worked_on).busy += 1ns; }},
    {"fault_gates", "a fault misses what it should take",
     [](evidence& e) { exchange(e, [](auto& x) { return x.fault == 0; }).fault = -1; }},
    {"fault_gates", "a fault takes what came before it",
     [](evidence& e) {
       exchange(e, [](auto& x) { return x.arrived < run_start + 9s; }).fault = 0;
     }},
    {"fault_effects", "an outage answers with another status",
     [](evidence& e) { exchange(e, [](auto& x) { return x.fault == 0; }).status = 500; }},
    {"fault_effects", "the client hears another Retry-After",
     [](evidence& e) {
       first(e.attempts, [](auto& a) { return a.retry_after == 3s; }).retry_after = 4s;
     }},
    {"billing", "a price is wrong", [](evidence& e) { exchange(e, worked_on).charge.value += 1; }},
    {"billing", "a token too many", [](evidence& e) { exchange(e, worked_on).usage.output += 1; }},
    {"ledger", "an attempt is charged too little",
     [](evidence& e) { decided(e, decision::deliver).charge.value -= 1; }},
    {"measures", "a retry is counted twice",
     [](evidence& e) { ++e.numbers.whole.retries.retries; }},
    {"measures", "a group loses a call",
     [](evidence& e) { --e.numbers.groups[1].numbers.calls.calls; }},
};

TEST(FuzzLaws, EveryTamperingBreaksItsLaw) {
  for (const tampering& t : tamperings) {
    evidence seen = lawful();
    t.apply(seen);
    const ruling found = judge_by(t.law, seen);
    EXPECT_GT(found.broken(), 0u) << t.law << ": " << t.what;
    EXPECT_FALSE(found.broken() > 0 && found.first().empty()) << t.law << ": " << t.what;
  }
}

TEST(FuzzLaws, NoLawIsLeftUntampered) {
  std::set<std::string_view> tried;
  for (const tampering& t : tamperings) tried.insert(t.law);
  for (const law& l : laws()) EXPECT_EQ(tried.count(l.name), 1u) << l.name;
}

TEST(FuzzLaws, EachIsInTheDocumentation) {
  std::ifstream file("docs/fuzzing.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const law& l : laws())
    EXPECT_NE(text.find("| `" + std::string(l.name) + "` | " + std::string(l.promise) + " |"),
              std::string::npos)
        << l.name;
}

}  // namespace
}  // namespace stampede
