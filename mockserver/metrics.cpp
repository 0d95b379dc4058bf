#include "mockserver/metrics.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string>

#include "mockserver/accounts.hpp"

namespace stampede {
namespace {

// In a label's quotes.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

class lines {
 public:
  void about(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                   type);
  }
  template <class Value>
  void add(const std::string& labels, Value value) {
    add_to("", labels, value);
  }
  template <class Value>
  void add_to(std::string_view suffix, const std::string& labels, Value value) {
    fmt::format_to(std::back_inserter(text_), "{}{}{} {}\n", name_, suffix,
                   labels.empty() ? "" : "{" + labels + "}", value);
  }
  template <class Value>
  void one(std::string_view name, std::string_view type, std::string_view help, Value value) {
    about(name, type, help);
    add("", value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

double seconds(duration d) { return static_cast<double>(d.count()) / 1e9; }

void put_attempts(lines& out, const attempt_journal& seen) {
  const attempt_journal::totals& all = seen.all();
  out.about("stampede_attempts_total", "counter",
            "Requests answered or left, by status (0: none was sent), outcome and fault.");
  for (const auto& [k, count] : all.by_kind) {
    out.add(fmt::format("status=\"{}\",outcome=\"{}\",fault=\"{}\"", k.status, name_of(k.told),
                        k.by_fault ? fault_kind(k.fault_kind) : ""),
            count);
  }
  out.about("stampede_attempt_duration_seconds", "histogram",
            "From a request's arrival to its end, in scenario time.");
  std::uint64_t up_to = 0;
  for (std::size_t i = 0; i < attempt_journal::time_bounds_s.size(); ++i) {
    up_to += all.by_time[i];
    out.add_to("_bucket", fmt::format("le=\"{}\"", attempt_journal::time_bounds_s[i]), up_to);
  }
  out.add_to("_bucket", "le=\"+Inf\"", all.attempts);
  out.add_to("_sum", "", seconds(all.time));
  out.add_to("_count", "", all.attempts);
  out.about("stampede_tokens_total", "counter", "Tokens billed.");
  out.add("kind=\"prompt_cache_hit\"", all.hit_tokens);
  out.add("kind=\"prompt_cache_miss\"", all.miss_tokens);
  out.add("kind=\"output\"", all.output_tokens);
  out.one("stampede_charged_usd_total", "counter", "Money debited, in US dollars.",
          to_usd(all.charge));
}

void put_load(lines& out, const control_view& v) {
  const server_model& m = v.model;
  out.one("stampede_requests_open", "gauge", "Requests that have come and are not over.", m.open());
  out.one("stampede_requests_in_flight", "gauge", "Requests that hold a slot.", m.in_flight());
  out.one("stampede_requests_queued", "gauge", "Requests that wait for a slot.", m.queued());
  out.one("stampede_requests_held", "gauge", "Requests that a fault holds or delays.", m.held());
  out.one("stampede_slots", "gauge", "Slots, 0 where they have no limit.", m.settings().slots);
  out.one("stampede_connections_open", "gauge", "Connections open.", v.wire.connections);
  out.one("stampede_requests_refused_total", "counter",
          "Requests that were not HTTP, too slow or beyond a limit; no attempt is counted.",
          v.wire.refused);
  out.one("stampede_wakeup_lateness_seconds", "gauge",
          "How late the server's wake-ups come, 99th percentile, in scenario time.",
          seconds(v.wire.lateness));
  out.one("stampede_scenario_time_seconds", "gauge", "Scenario time.", seconds(v.now - run_start));
  out.one("stampede_service_date_seconds", "gauge", "The service's date, in seconds of Unix time.",
          m.date_at(v.now).time_since_epoch().count());
}

void put_faults(lines& out, const control_view& v) {
  out.about("stampede_faults_injected_total", "counter", "Requests a fault in force has taken.");
  for (const std::uint16_t index : v.model.faults_in_force()) {
    const fault_rule& f = v.model.faults()[index];
    out.add(fmt::format("fault=\"{}\",kind=\"{}\"", index, f.kind()), f.injected());
  }
  out.one("stampede_faults_in_force", "gauge", "Faults that have not been lifted.",
          v.model.faults_in_force().size());
}

void put_accounts(lines& out, const control_view& v) {
  const accounts& books = v.model.books();
  const auto each = [&](auto add) {
    for (std::uint32_t i = 0; i < books.size(); ++i) {
      add(i, fmt::format("account=\"{}\"", escaped(books.name_of(i))));
    }
  };
  out.about("stampede_account_spent_usd_total", "counter", "Debits, in US dollars.");
  each([&](std::uint32_t i, const std::string& l) { out.add(l, to_usd(books.spent(i))); });
  out.about("stampede_account_balance_usd", "gauge",
            "Money left, in US dollars; absent where it has no end.");
  each([&](std::uint32_t i, const std::string& l) {
    if (const auto left = books.balance(i, v.now)) out.add(l, to_usd(left->total()));
  });
  out.about("stampede_account_balance_low", "gauge", "1 while less than alert_below is left.");
  each([&](std::uint32_t i, const std::string& l) { out.add(l, books.is_low(i, v.now) ? 1 : 0); });
  out.about("stampede_account_low_balance_alerts_total", "counter",
            "How often a debit took the balance below alert_below.");
  each([&](std::uint32_t i, const std::string& l) { out.add(l, books.alerts_of(i)); });
}

}  // namespace

page metrics_page(const control_view& v) {
  lines out;
  out.about("stampede_info", "gauge", "What is served.");
  out.add(fmt::format(
              "scenario=\"{}\",profile=\"{}\"", escaped(v.scenario),
              v.model.settings().profile == server_profile::observed ? "observed" : "documented"),
          1);
  out.one("stampede_scenario_loads_total", "counter", "Times the scenario was loaded.", v.loads);
  out.one("stampede_scenario_broken", "gauge",
          "1 while the scenario's file is broken and the one before is served.",
          v.problem.empty() ? 0 : 1);
  put_attempts(out, v.seen);
  put_load(out, v);
  put_faults(out, v);
  put_accounts(out, v);
  page p;
  p.content_type = "text/plain; version=0.0.4; charset=utf-8";
  p.body = out.take();
  return p;
}

}  // namespace stampede
