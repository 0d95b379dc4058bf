#include "reports/catalogue.hpp"

#include <cmath>
#include <limits>

#include "reports/intervals.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

using reader = std::function<std::optional<double>(const measure_view&)>;
using unit = measure_unit;

// A number that is there wherever a call was made.
template <class Read>
reader counted(Read read) {
  return [read](const measure_view& v) -> std::optional<double> {
    if (v.numbers.calls.calls == 0) return std::nullopt;
    return static_cast<double>(read(v.numbers));
  };
}

reader paid(pico_usd (*amount)(const cost_measures&)) {
  return counted([amount](const population& p) { return amount(p.cost).value; });
}

std::optional<double> in_pico(std::optional<double> usd) {
  return usd ? std::optional(*usd * 1e12) : std::nullopt;
}

// Infinite for what never came.
std::optional<double> in_ns(std::optional<duration> d) {
  if (!d) return std::nullopt;
  if (*d == forever) return std::numeric_limits<double>::infinity();
  return static_cast<double>(d->count());
}

std::optional<sample_interval> order_statistics(const quantile_summary& q, int per_mille) {
  if (q.count() == 0) return std::nullopt;
  const auto& of = q.of(per_mille);
  return sample_interval{q.count(), in_ns(of.low), in_ns(of.high), per_mille};
}

std::optional<sample_interval> wilson(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  const interval i = wilson_interval(part, whole);
  return sample_interval{whole, i.low, i.high, 0};
}

class table {
 public:
  std::vector<named_measure> rows;

  named_measure& add(std::string name, unit of, std::string meaning, better wanted, reader value) {
    rows.push_back({.name = std::move(name),
                    .unit = of,
                    .meaning = std::move(meaning),
                    .value = std::move(value),
                    .wanted = wanted});
    return rows.back();
  }
  // Of the whole run only.
  named_measure& add_run(std::string name, unit of, std::string meaning, better wanted,
                         reader value) {
    named_measure& m = add(std::move(name), of, std::move(meaning), wanted, std::move(value));
    m.per_group = false;
    return m;
  }
};

void add_calls(table& t) {
  t.add("calls", unit::count, "calls made", better::neither,
        [](const measure_view& v) -> std::optional<double> {
          return static_cast<double>(v.numbers.calls.calls);
        });
  named_measure& rate = t.add("success_rate", unit::share, "calls that succeeded", better::higher,
                              [](const measure_view& v) { return v.numbers.success_rate(); });
  rate.headline = true;
  rate.interval = [](const measure_view& v) {
    return wilson(v.numbers.calls.successes, v.numbers.calls.calls);
  };
  t.add("failures", unit::count, "calls that failed", better::lower,
        counted([](const population& p) { return p.calls.failures(); }));
  t.add("refused_locally", unit::count, "calls a breaker or a throttle refused", better::lower,
        counted([](const population& p) { return p.calls.refused_locally; }));
  t.add("delivered_unusable", unit::count, "unusable answers taken for successes", better::lower,
        counted([](const population& p) { return p.calls.delivered_unusable; }));
}

void add_quantiles(table& t, const std::string& prefix, const std::string& what,
                   const std::function<const quantile_summary&(const measure_view&)>& of,
                   bool per_group) {
  static constexpr std::pair<const char*, int> quantiles[] = {
      {"p50", 500}, {"p90", 900}, {"p99", 990}, {"p99.9", 999}, {"max", 1000}};
  for (const auto& [name, per_mille] : quantiles) {
    named_measure& m =
        t.add(prefix + "." + name, unit::time, what + ", " + name, better::lower,
              [of, p = per_mille](const measure_view& v) { return in_ns(of(v).at(p)); });
    m.per_group = per_group;
    m.headline = prefix == "latency" && (per_mille == 500 || per_mille == 990);
    if (per_mille < 1000)
      m.interval = [of, p = per_mille](const measure_view& v) {
        return order_statistics(of(v), p);
      };
  }
}

void add_latencies(table& t) {
  const auto of = [](const quantile_summary call_measures::*which) {
    return [which](const measure_view& v) -> const quantile_summary& {
      return v.numbers.calls.*which;
    };
  };
  add_quantiles(t, "latency", "time to the final outcome", of(&call_measures::latency), true);
  add_quantiles(t, "latency.success", "time to success", of(&call_measures::success_latency), true);
  add_quantiles(t, "first_token", "time to first token", of(&call_measures::first_token), true);
}

void add_retries(table& t) {
  const auto count = [&t](const char* name, const char* meaning, auto read) -> named_measure& {
    return t.add(name, unit::count, meaning, better::lower, counted(read));
  };
  count("attempts", "attempts sent", [](const population& p) { return p.retries.attempts; });
  count("retries", "attempts after a call's first",
        [](const population& p) { return p.retries.retries; });
  t.add("retry_rate", unit::ratio, "retries per call", better::lower, [](const measure_view& v) {
     return v.numbers.retry_rate();
   }).headline = true;
  t.add("amplification", unit::factor, "attempts per call", better::lower,
        [](const measure_view& v) { return v.numbers.amplification(); })
      .headline = true;
  t.add("amplification.worst_10s", unit::factor, "attempts per call of the worst ten seconds",
        better::lower, [](const measure_view& v) { return v.numbers.calls.worst_ten_seconds; })
      .span = 10s;
  named_measure& peak = count("retries_per_minute.peak", "retries in the worst minute",
                              [](const population& p) { return p.retries.peak_minute.count; });
  peak.span = 60s;
  peak.headline = true;
  count("retries_per_minute.minutes_above", "minutes above the alert line",
        [](const population& p) { return p.retries.minutes_above; })
      .span = 60s;
  count("early_retries", "retries before Retry-After was over", [](const population& p) {
    return p.retries.early;
  }).headline = true;
  count("persistent_retries", "retries of errors no retry can mend",
        [](const population& p) { return p.retries.of_persistent; });
  count("layered_calls", "calls with more attempts than their policy allows",
        [](const population& p) { return p.calls.layered; });
  count("fallbacks", "attempts on a fallback model", [](const population& p) {
    return p.retries.fallbacks;
  }).wanted = better::neither;
}

void add_herd(table& t) {
  named_measure& peak =
      t.add_run("herd.peak_to_mean", unit::factor, "fullest bin of arrivals over the mean",
                better::lower, [](const measure_view& v) { return v.all.herd.peak_to_mean; });
  peak.span = 1s;
  peak.headline = true;
  t.add_run("herd.dispersion", unit::factor, "variance of arrivals per bin over the mean",
            better::lower, [](const measure_view& v) { return v.all.herd.dispersion; })
      .span = 1s;
  t.add_run("herd.fairness", unit::factor, "Jain fairness of successes per instance",
            better::higher, [](const measure_view& v) { return v.all.herd.fairness; });
  named_measure& together =
      t.add_run("herd.largest_return", unit::share, "victims of one fault back within one second",
                better::lower, [](const measure_view& v) -> std::optional<double> {
                  if (v.all.whole.calls.calls == 0) return std::nullopt;
                  const return_measures* r = v.all.herd.largest_return();
                  return r ? r->share() : std::optional(0.0);
                });
  together.span = 1s;
  together.headline = true;
}

void add_recovery(table& t) {
  t.add_run("herd.overshoot", unit::factor, "fullest bin after a fault over the load before",
            better::lower, [](const measure_view& v) { return v.all.recovery.largest_overshoot(); })
      .span = 1s;
  named_measure& recovered = t.add_run(
      "recovered_within", unit::time, "time after a fault until goodput was back", better::lower,
      [](const measure_view& v) { return in_ns(v.all.recovery.slowest()); });
  recovered.bare = comparison::at_most;
  recovered.headline = true;
  t.add_run("backlog_drained_within", unit::time,
            "time after a fault until its last waiting call had ended", better::lower,
            [](const measure_view& v) { return in_ns(v.all.recovery.slowest_drain()); })
      .bare = comparison::at_most;
  named_measure& storm =
      t.add_run("metastable", unit::flag, "a retry storm outlived its cause", better::lower,
                [](const measure_view& v) -> std::optional<double> {
                  const metastability m = v.all.recovery.metastable.result;
                  if (m == metastability::undetermined) return std::nullopt;
                  return m == metastability::yes ? 1.0 : 0.0;
                });
  storm.bare = comparison::equal;
  storm.headline = true;
}

void add_cost(table& t) {
  t.add("cost.total", unit::money, "billed", better::lower,
        paid([](const cost_measures& c) { return c.billed; }));
  t.add("cost.overhead", unit::share, "share of the bill that was not useful", better::lower,
        [](const measure_view& v) { return v.numbers.cost.overhead(); })
      .headline = true;
  t.add("cost.per_success", unit::money, "billed per successful call", better::lower,
        [](const measure_view& v) { return in_pico(v.numbers.cost.per_success_usd()); })
      .headline = true;
  t.add("cost.per_million_calls", unit::money, "billed per million calls", better::lower,
        [](const measure_view& v) { return in_pico(v.numbers.cost.per_million_calls_usd()); });
  t.add("cost.tried_again", unit::money, "billed for attempts that were tried again", better::lower,
        paid([](const cost_measures& c) { return c.tried_again; }));
  t.add("cost.at_half_retry_rate", unit::money, "the bill at half the retry rate", better::lower,
        paid([](const cost_measures& c) { return c.at_retry_rate(0.5); }));
  t.add("cost.at_double_retry_rate", unit::money, "the bill at double the retry rate",
        better::lower, paid([](const cost_measures& c) { return c.at_retry_rate(2); }));
  t.add("cost.estimate_error", unit::money, "the client's estimate minus the ledger",
        better::neither, paid([](const cost_measures& c) { return c.estimate_error(); }));
  for (int i = 0; i < cost_cause_count; ++i) {
    const auto cause = static_cast<cost_cause>(i);
    t.add("cost." + std::string(name_of(cause)), unit::money,
          "billed as " + std::string(name_of(cause)),
          cause == cost_cause::useful ? better::neither : better::lower,
          counted([cause](const population& p) { return p.cost.of(cause).value; }));
  }
}

void add_server(table& t) {
  const auto of = [&t](const char* name, unit in, const char* meaning, better wanted,
                       std::optional<double> (server_measures::*read)() const) -> named_measure& {
    return t.add_run(name, in, meaning, wanted,
                     [read](const measure_view& v) { return (v.all.server.*read)(); });
  };
  t.add_run("server.utilisation", unit::share, "slot time in use", better::neither,
            [](const measure_view& v) { return v.all.server.utilisation; });
  of("server.wasted_work", unit::share, "slot time spent for clients that had left", better::lower,
     &server_measures::wasted_work);
  of("server.throughput", unit::per_second, "whole answers a second", better::neither,
     &server_measures::throughput);
  of("server.goodput", unit::per_second, "successful calls a second", better::higher,
     &server_measures::goodput)
      .headline = true;
  of("server.queue_length.mean", unit::factor, "requests waiting for a slot, on average",
     better::lower, &server_measures::mean_queue);
  t.add_run("server.queue_length.max", unit::count, "most requests waiting for a slot",
            better::lower,
            [](const measure_view& v) -> std::optional<double> {
              if (v.all.server.exchanges == 0) return std::nullopt;
              return static_cast<double>(v.all.server.longest_queue);
            })
      .span = 1s;
  add_quantiles(
      t, "server.queue_wait", "wait for a slot, of those that waited",
      [](const measure_view& v) -> const quantile_summary& { return v.all.server.queue_wait; },
      false);
}

// One row for each outcome of calls and of attempts, and for each reason to stop.
void add_families(table& t) {
  for (int i = 1; i < outcome_count; ++i) {
    const auto o = static_cast<outcome>(i);
    const std::string name(name_of(o));
    t.add("failures." + name, unit::count, "calls that ended in " + name, better::lower,
          counted([o](const population& p) { return p.calls.with(o); }));
  }
  for (int i = 0; i < outcome_count; ++i) {
    const auto o = static_cast<outcome>(i);
    const std::string name(name_of(o));
    t.add("outcomes." + name, unit::count, "attempts that came to " + name, better::neither,
          counted([o](const population& p) { return p.retries.with(o); }));
  }
  for (int i = 0; i < stop_reason_count; ++i) {
    const auto s = static_cast<stop_reason>(i);
    const std::string name(name_of(s));
    t.add("stops." + name, unit::count, "calls that stopped for " + name, better::neither,
          counted([s](const population& p) { return p.calls.stopped(s); }));
  }
}

std::vector<named_measure> all_rows() {
  table t;
  add_calls(t);
  add_latencies(t);
  add_retries(t);
  add_herd(t);
  add_recovery(t);
  add_cost(t);
  add_server(t);
  add_families(t);
  return std::move(t.rows);
}

}  // namespace

std::string_view suffix_of(measure_unit of) {
  switch (of) {
    case unit::time: return "_ms";
    case unit::money: return "_usd";
    case unit::per_second: return "_per_s";
    default: return "";
  }
}

double scale_of(measure_unit of) { return of == unit::time ? 1e6 : of == unit::money ? 1e12 : 1; }

const std::vector<named_measure>& catalogue() {
  static const std::vector<named_measure> rows = all_rows();
  return rows;
}

const named_measure* find_measure(std::string_view name) {
  for (const named_measure& m : catalogue())
    if (m.name == name) return &m;
  return nullptr;
}

std::string value_text(measure_unit of, double value) {
  if (std::isinf(value)) return "never";
  switch (of) {
    case unit::share: return percent_text(value);
    case unit::ratio:
    case unit::factor: return factor_text(value);
    case unit::count: return count_text(static_cast<std::int64_t>(std::llround(value)));
    case unit::time: return time_text(duration{static_cast<std::int64_t>(std::llround(value))});
    case unit::money: return money_text(value);
    case unit::per_second: return factor_text(value) + "/s";
    case unit::flag: return value > 0.5 ? "yes" : "no";
  }
  return {};
}

}  // namespace stampede
