#include "storm.hpp"

#include <algorithm>

#include "core/draw.hpp"

namespace stampede::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t instances_per_group = 40;
constexpr instant storm_from = run_start + 60s;
constexpr instant storm_to = run_start + 180s;
constexpr instant run_end = run_start + 300s;
constexpr pico_usd answer_charge{168'000'000};

class storm_client {
 public:
  storm_client(record_sink& sink, std::uint32_t instance)
      : sink_(sink), instance_(instance), pasted_(instance >= instances_per_group) {}

  void run() {
    // The pasted ones are driven by a timer that fires for all of them at once.
    instant at = run_start + (pasted_ ? 0s : uniform_duration(bits(purpose::arrival, 0), 5s));
    for (serial_ = 0; at < run_end; ++serial_) {
      call(at);
      if (pasted_)
        while ((at += 6s) < ended_) continue;
      else
        at = std::max(at + 4s, ended_) + uniform_duration(bits(purpose::think_time, serial_), 4s);
    }
  }

 private:
  std::uint64_t bits(purpose why, std::uint64_t index) const {
    return draw({.seed = 7, .replication = 0, .entity = instance_, .why = why, .index = index});
  }

  void call(instant intended) {
    call_record c;
    c.instance = {instance_};
    c.group = pasted_ ? 1 : 0;
    c.call = serial_;
    c.intended = c.started = intended;
    instant next = intended;
    duration refused_until{0};
    for (std::uint16_t k = 1;; ++k) {
      const attempt_record a = attempt(k, next, refused_until);
      sink_.on_attempt(a);
      server_side(a);
      c.attempts = k;
      c.result = a.result;
      c.ended = a.ended;
      c.estimate += a.estimate;
      if (a.first_token != never) c.first_token = a.first_token;
      if (a.decided == decision::retry) {
        next = a.ended + a.wait;
        refused_until = a.retry_after == no_duration ? duration{0} : a.retry_after;
        continue;
      }
      c.why = a.decided == decision::deliver ? stop_reason::success : stop_reason::attempts_used;
      break;
    }
    ended_ = c.ended;
    sink_.on_call(c);
  }

  attempt_record attempt(std::uint16_t k, instant sent, duration refused_for) {
    const std::uint64_t key = serial_ * 16 + k;
    attempt_record a;
    a.instance = {instance_};
    a.group = pasted_ ? 1 : 0;
    a.call = serial_;
    a.attempt = k;
    a.sent = sent;
    a.early =
        refused_for > duration{0} && pasted_ && uniform_below(bits(purpose::tie, key), 20) == 0;
    const std::uint64_t luck = uniform_below(bits(purpose::fault, key), 1000);
    if (sent >= storm_from && sent < storm_to && luck < 930)
      refuse(a, key);
    else
      answer(a, key, luck);
    return a;
  }

  void refuse(attempt_record& a, std::uint64_t key) const {
    a.status = 429;
    a.result = outcome::rate_limited;
    a.kind = classification::transient;
    a.first_byte = a.ended = a.sent + 40ms;
    a.retry_after = 20s;
    if (a.attempt >= 5) {
      a.decided = decision::give_up;
      return;
    }
    a.decided = decision::retry;
    a.waits_for = wait_reason::retry_after;
    a.wait = pasted_ ? duration{20s} : 20s + uniform_duration(bits(purpose::jitter, key), 15s);
  }

  void answer(attempt_record& a, std::uint64_t key, std::uint64_t luck) const {
    a.status = 200;
    a.first_byte = a.sent + 300ms + uniform_duration(bits(purpose::service_time, key), 900ms);
    a.first_token = a.first_byte;
    a.ended = a.first_byte + 500ms + uniform_duration(bits(purpose::token_rate, key), 3s);
    a.usage = {2000, 200, 300};
    a.charge = a.estimate = answer_charge;
    if (luck % 100 >= 2) return;  // 2 % are cut short
    a.result = outcome::truncated_json;
    a.estimate = {};
    if (pasted_) return;
    a.kind = classification::transient;
    a.decided = decision::retry;
    a.waits_for = wait_reason::backoff;
    a.wait = 1s + uniform_duration(bits(purpose::jitter, key), 1s);
  }

  void server_side(const attempt_record& a) {
    exchange_record e;
    e.instance = instance_;
    e.call = a.call;
    e.attempt = a.attempt;
    e.status = a.status;
    e.arrived = a.sent + 1ms;
    e.ended = a.ended;
    if (a.status == 200) {
      e.started = e.arrived;
      e.busy = e.ended - e.started;
      e.whole = true;
    }
    e.usage = a.usage;
    e.charge = a.charge;
    sink_.on_exchange(e);
  }

  record_sink& sink_;
  std::uint32_t instance_;
  bool pasted_;
  std::uint32_t serial_ = 0;
  instant ended_ = run_start;
};

}  // namespace

run_info storm_info() {
  run_info info;
  info.scenario = "synthetic_storm";
  info.description =
      "Two fleets of 40 clients meet two minutes of 429s with Retry-After 20 s; 2 % of the answers "
      "are cut short.";
  info.path = "tests/unit/reports/storm.cpp";
  info.source = "name = \"synthetic_storm\"\n# <script>alert('not run')</script>\n";
  info.changes = {"client.max_attempts = 5"};
  info.engine = "sim";
  info.seed = 7;
  info.length = 300s;
  info.measured = 360s;
  info.groups = {{"patient", "guide", "deepseek-v4-flash", instances_per_group, 5},
                 {"pasted", "guide-snippet", "deepseek-v4-flash", instances_per_group, 5}};
  info.faults = {{"rate_limit", "429 with Retry-After 20 s", storm_from, storm_to}};
  return info;
}

void feed_storm(record_sink& sink) {
  for (std::uint32_t i = 0; i < 2 * instances_per_group; ++i) storm_client(sink, i).run();
}

report storm_report() {
  const run_info info = storm_info();
  measure_fold fold(fold_options::of(info));
  feed_storm(fold);
  const auto limit = [](std::string group, std::string measure, comparison compare, double value,
                        std::string text) {
    return expectation{{},
                       {.group = std::move(group), .model = {}, .phase = {}},
                       std::move(measure),
                       compare,
                       value,
                       std::move(text)};
  };
  return make_report(info, fold.finish(info.measured),
                     {limit("", "success_rate", comparison::at_least, 0.995, ">= 99.5%"),
                      limit("", "amplification", comparison::at_most, 2, "<= 2"),
                      limit("", "latency.p99", comparison::at_most, 60e9, "<= 60s"),
                      limit("", "retries_per_minute.peak", comparison::at_most, 50, "<= 50"),
                      limit("", "early_retries", comparison::equal, 0, "== 0"),
                      limit("patient", "success_rate", comparison::at_least, 0.95, ">= 95%"),
                      limit("patient", "delivered_unusable", comparison::equal, 0, "== 0"),
                      limit("pasted", "delivered_unusable", comparison::equal, 0, "== 0"),
                      limit("", "cost.overhead", comparison::at_most, 0.03, "<= 3%"),
                      limit("", "refused_locally", comparison::equal, 0, "== 0")});
}

}  // namespace stampede::test
