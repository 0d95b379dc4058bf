#include "reports/catalogue.hpp"

#include <cmath>

#include "reports/text.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;

constexpr duration untimed{0};

using reader = std::function<std::optional<double>(const measure_view&)>;
using unit = measure_unit;

// A count as a measure: nothing where there was no call to count in.
reader counted(std::int64_t (*count)(const population&)) {
  return [count](const measure_view& v) -> std::optional<double> {
    if (v.numbers.calls.calls == 0) return std::nullopt;
    return static_cast<double>(count(v.numbers));
  };
}

reader paid(pico_usd (*amount)(const cost_measures&)) {
  return [amount](const measure_view& v) -> std::optional<double> {
    if (v.numbers.calls.calls == 0) return std::nullopt;
    return static_cast<double>(amount(v.numbers.cost).value);
  };
}

std::optional<double> in_pico(std::optional<double> usd) {
  return usd ? std::optional(*usd * 1e12) : std::nullopt;
}

std::optional<double> in_ns(std::optional<duration> d) {
  return d ? std::optional(static_cast<double>(d->count())) : std::nullopt;
}

void add_calls(std::vector<named_measure>& rows) {
  rows.push_back({"calls", unit::count, "calls made", untimed, true,
                  [](const measure_view& v) -> std::optional<double> {
                    return static_cast<double>(v.numbers.calls.calls);
                  }});
  rows.push_back({"success_rate", unit::share, "calls that succeeded", untimed, true,
                  [](const measure_view& v) { return v.numbers.success_rate(); }});
  rows.push_back({"failures", unit::count, "calls that failed", untimed, true,
                  counted([](const population& p) { return p.calls.failures(); })});
  rows.push_back({"refused_locally", unit::count, "calls an open breaker refused", untimed, true,
                  counted([](const population& p) { return p.calls.refused_locally; })});
  rows.push_back({"delivered_unusable", unit::count, "unusable answers taken for successes",
                  untimed, true,
                  counted([](const population& p) { return p.calls.delivered_unusable; })});
}

void add_latency(std::vector<named_measure>& rows, const std::string& prefix,
                 const std::string& what, const quantile_fold call_measures::*fold) {
  static constexpr std::pair<const char*, int> quantiles[] = {
      {"p50", 500}, {"p90", 900}, {"p99", 990}, {"p99.9", 999}, {"max", 1000}};
  for (const auto& [name, per_mille] : quantiles) {
    rows.push_back({prefix + "." + name, unit::time, what + ", " + name, untimed, true,
                    [fold, p = per_mille](const measure_view& v) {
                      return in_ns((v.numbers.calls.*fold).at(p));
                    }});
  }
}

void add_retries(std::vector<named_measure>& rows) {
  rows.push_back({"attempts", unit::count, "attempts sent", untimed, true,
                  counted([](const population& p) { return p.retries.attempts; })});
  rows.push_back({"retries", unit::count, "attempts after a call's first", untimed, true,
                  counted([](const population& p) { return p.retries.retries; })});
  rows.push_back({"retry_rate", unit::ratio, "retries per call", untimed, true,
                  [](const measure_view& v) { return v.numbers.retry_rate(); }});
  rows.push_back({"amplification", unit::factor, "attempts per call", untimed, true,
                  [](const measure_view& v) { return v.numbers.amplification(); }});
  rows.push_back({"amplification.worst_10s", unit::factor,
                  "attempts per call of the worst ten seconds", 10s, true,
                  [](const measure_view& v) { return v.numbers.calls.worst_ten_seconds; }});
  rows.push_back({"retries_per_minute.peak", unit::count, "retries in the worst minute", 60s, true,
                  counted([](const population& p) { return p.retries.peak_minute.count; })});
  rows.push_back({"retries_per_minute.minutes_above", unit::count, "minutes above the alert line",
                  60s, true, counted([](const population& p) { return p.retries.minutes_above; })});
  rows.push_back({"early_retries", unit::count, "retries before Retry-After was over", untimed,
                  true, counted([](const population& p) { return p.retries.early; })});
  rows.push_back({"persistent_retries", unit::count, "retries of errors no retry can mend", untimed,
                  true, counted([](const population& p) { return p.retries.of_persistent; })});
  rows.push_back({"fallbacks", unit::count, "attempts on a fallback model", untimed, true,
                  counted([](const population& p) { return p.retries.fallbacks; })});
}

void add_herd(std::vector<named_measure>& rows) {
  rows.push_back({"herd.peak_to_mean", unit::factor, "fullest bin of arrivals over the mean", 1s,
                  false, [](const measure_view& v) { return v.all.herd.peak_to_mean; }});
  rows.push_back({"herd.dispersion", unit::factor, "variance of arrivals per bin over the mean", 1s,
                  false, [](const measure_view& v) { return v.all.herd.dispersion; }});
  rows.push_back({"herd.fairness", unit::factor, "Jain fairness of successes per instance", untimed,
                  false, [](const measure_view& v) { return v.all.herd.fairness; }});
  rows.push_back({"herd.largest_return", unit::share, "victims of one fault back within one second",
                  1s, false, [](const measure_view& v) -> std::optional<double> {
                    if (v.all.whole.calls.calls == 0) return std::nullopt;
                    const return_measures* r = v.all.herd.largest_return();
                    return r ? r->share() : std::optional(0.0);
                  }});
}

void add_cost(std::vector<named_measure>& rows) {
  rows.push_back({"cost.total", unit::money, "billed", untimed, true,
                  paid([](const cost_measures& c) { return c.billed; })});
  rows.push_back({"cost.overhead", unit::share, "share of the bill that was not useful", untimed,
                  true, [](const measure_view& v) { return v.numbers.cost.overhead(); }});
  rows.push_back({"cost.per_success", unit::money, "billed per successful call", untimed, true,
                  [](const measure_view& v) { return in_pico(v.numbers.cost.per_success_usd()); }});
  rows.push_back(
      {"cost.per_million_calls", unit::money, "billed per million calls", untimed, true,
       [](const measure_view& v) { return in_pico(v.numbers.cost.per_million_calls_usd()); }});
  rows.push_back({"cost.estimate_error", unit::money, "the client's estimate minus the ledger",
                  untimed, true, paid([](const cost_measures& c) { return c.estimate_error(); })});
  for (int i = 0; i < cost_cause_count; ++i) {
    const auto cause = static_cast<cost_cause>(i);
    rows.push_back({"cost." + std::string(name_of(cause)), unit::money,
                    "billed as " + std::string(name_of(cause)), untimed, true,
                    [cause](const measure_view& v) -> std::optional<double> {
                      if (v.numbers.calls.calls == 0) return std::nullopt;
                      return static_cast<double>(v.numbers.cost.of(cause).value);
                    }});
  }
}

// One row for each outcome of calls and of attempts, and for each reason to stop.
void add_families(std::vector<named_measure>& rows) {
  const auto add = [&rows](const std::string& name, const std::string& what, auto count) {
    rows.push_back({name, unit::count, what, untimed, true,
                    [count](const measure_view& v) -> std::optional<double> {
                      if (v.numbers.calls.calls == 0) return std::nullopt;
                      return static_cast<double>(count(v.numbers));
                    }});
  };
  for (int i = 1; i < outcome_count; ++i) {
    const auto o = static_cast<outcome>(i);
    const std::string name(name_of(o));
    add("failures." + name, "calls that ended in " + name,
        [o](const population& p) { return p.calls.with(o); });
  }
  for (int i = 0; i < outcome_count; ++i) {
    const auto o = static_cast<outcome>(i);
    const std::string name(name_of(o));
    add("outcomes." + name, "attempts that came to " + name,
        [o](const population& p) { return p.retries.with(o); });
  }
  for (int i = 0; i < stop_reason_count; ++i) {
    const auto s = static_cast<stop_reason>(i);
    const std::string name(name_of(s));
    add("stops." + name, "calls that stopped for " + name,
        [s](const population& p) { return p.calls.stopped(s); });
  }
}

std::vector<named_measure> all_rows() {
  std::vector<named_measure> rows;
  add_calls(rows);
  add_latency(rows, "latency", "time to the final outcome", &call_measures::latency);
  add_latency(rows, "latency.success", "time to success", &call_measures::success_latency);
  add_latency(rows, "first_token", "time to first token", &call_measures::first_token);
  add_retries(rows);
  add_herd(rows);
  add_cost(rows);
  add_families(rows);
  return rows;
}

}  // namespace

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
  switch (of) {
    case unit::share: return percent_text(value);
    case unit::ratio:
    case unit::factor: return factor_text(value);
    case unit::count: return count_text(static_cast<std::int64_t>(std::llround(value)));
    case unit::time: return time_text(duration{static_cast<std::int64_t>(std::llround(value))});
    case unit::money: return money_text(value);
  }
  return {};
}

}  // namespace stampede
