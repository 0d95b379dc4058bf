#include "reports/render_json.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "reports/catalogue.hpp"
#include "reports/text.hpp"

namespace stampede {

namespace {

using json = nlohmann::ordered_json;  // keys stay in the order written

json in_ms(duration d) { return to_milliseconds(d); }
json in_ms(instant t) { return t == never ? json(nullptr) : in_ms(t.time_since_epoch()); }
json in_ms(std::optional<duration> d) { return d ? in_ms(*d) : json(nullptr); }
json in_usd(pico_usd amount) { return to_usd(amount); }
json or_null(std::optional<double> value) { return value ? json(*value) : json(nullptr); }

template <std::size_t N, class Name>
json non_zero(const std::array<std::int64_t, N>& counts, Name name, std::size_t from = 0) {
  json result = json::object();
  for (std::size_t i = from; i < N; ++i)
    if (counts[i] != 0) result[std::string(name(i))] = counts[i];
  return result;
}

std::string_view outcome_name(std::size_t i) { return name_of(static_cast<outcome>(i)); }
std::string_view stop_name(std::size_t i) { return name_of(static_cast<stop_reason>(i)); }

json quantiles_json(const quantile_fold& q) {
  return {{"samples", q.count()},         {"p50_ms", in_ms(q.at(500))},
          {"p90_ms", in_ms(q.at(900))},   {"p99_ms", in_ms(q.at(990))},
          {"p99_9_ms", in_ms(q.at(999))}, {"max_ms", in_ms(q.most())},
          {"mean_ms", in_ms(q.mean())},   {"exact", q.exact()}};
}

json calls_json(const call_measures& c) {
  return {{"calls", c.calls},
          {"succeeded", c.successes},
          {"failed", c.failures()},
          {"success_rate", or_null(c.success_rate())},
          {"refused_locally", c.refused_locally},
          {"delivered_unusable", c.delivered_unusable},
          {"failures_by_outcome", non_zero(c.by_outcome, outcome_name, 1)},
          {"stop_reasons", non_zero(c.by_stop, stop_name)},
          {"latency", quantiles_json(c.latency)},
          {"success_latency", quantiles_json(c.success_latency)},
          {"first_token", quantiles_json(c.first_token)}};
}

json waits_json(const retry_measures& r) {
  json waits = json::object();
  for (int i = 0; i < wait_reason_count; ++i) {
    const auto reason = static_cast<wait_reason>(i);
    const wait_measures& w = r.waited(reason);
    if (w.count == 0) continue;
    waits[std::string(name_of(reason))] = {
        {"count", w.count}, {"total_ms", in_ms(w.total)}, {"longest_ms", in_ms(w.longest)}};
  }
  return waits;
}

json retries_json(const population& p) {
  const retry_measures& r = p.retries;
  const call_measures& c = p.calls;
  return {{"attempts", r.attempts},
          {"retries", r.retries},
          {"retries_decided", r.decided},
          {"retry_rate", or_null(p.retry_rate())},
          {"amplification", or_null(p.amplification())},
          {"amplification_worst_10s", or_null(c.worst_ten_seconds)},
          {"worst_10s_from_ms", c.worst_ten_seconds ? in_ms(c.worst_from) : json(nullptr)},
          {"retries_in_peak_minute", r.peak_minute.count},
          {"peak_minute_from_ms", in_ms(r.peak_minute.from)},
          {"alert_line_per_minute", r.alert_line},
          {"minutes_above_alert_line", r.minutes_above},
          {"early_retries", r.early},
          {"persistent_retries", r.of_persistent},
          {"fallbacks", r.fallbacks},
          {"attempts_by_outcome", non_zero(r.by_outcome, outcome_name)},
          {"retried_after", non_zero(r.retried_after, outcome_name)},
          {"waits", waits_json(r)}};
}

json cost_json(const cost_measures& c) {
  json result{{"billed_usd", in_usd(c.billed)}};
  for (int i = 0; i < cost_cause_count; ++i) {
    const auto cause = static_cast<cost_cause>(i);
    result[std::string(name_of(cause)) + "_usd"] = in_usd(c.of(cause));
  }
  result["overhead"] = or_null(c.overhead());
  result["per_success_usd"] = or_null(c.per_success_usd());
  result["per_million_calls_usd"] = or_null(c.per_million_calls_usd());
  result["billed_attempts"] = c.billed_attempts;
  result["client_estimate_usd"] = in_usd(c.estimate);
  result["estimate_error_usd"] = in_usd(c.estimate_error());
  return result;
}

json population_json(const population& p) {
  return {
      {"calls", calls_json(p.calls)}, {"retries", retries_json(p)}, {"cost", cost_json(p.cost)}};
}

json herd_json(const herd_measures& h) {
  json returns = json::array();
  for (const return_measures& r : h.returns)
    returns.push_back({{"fault", r.fault.empty() ? json(nullptr) : json(as_utf8(r.fault))},
                       {"victims", r.victims},
                       {"back_within_1s", r.together.count},
                       {"share", or_null(r.share())},
                       {"from_ms", in_ms(r.together.from)}});
  return {{"bin_ms", in_ms(h.bin)},
          {"seen_by", h.at_server ? "server" : "client"},
          {"arrivals", h.arrivals},
          {"bins", h.bins},
          {"mean_per_bin", h.mean},
          {"peak_per_bin", h.peak},
          {"peak_at_ms", in_ms(h.peak_at)},
          {"peak_to_mean", or_null(h.peak_to_mean)},
          {"index_of_dispersion", or_null(h.dispersion)},
          {"jain_fairness", or_null(h.fairness)},
          {"returns", returns}};
}

json ledger_json(const ledger_measures& l) {
  return {{"exchanges", l.exchanges},          {"charged_usd", in_usd(l.charged)},
          {"cached_input_usd", in_usd(l.hit)}, {"input_usd", in_usd(l.miss)},
          {"output_usd", in_usd(l.output)},    {"cached_input_tokens", l.hit_tokens},
          {"input_tokens", l.miss_tokens},     {"output_tokens", l.output_tokens}};
}

json load_json(const load_series& s) {
  return {{"bin_ms", in_ms(s.width)},     {"arrivals", s.arrivals},
          {"first_tries", s.first_tries}, {"retries", s.retries},
          {"successes", s.successes},     {"rate_limited", s.rate_limited},
          {"overloaded", s.overloaded},   {"other_failures", s.other_failures}};
}

json run_json(const run_info& info) {
  json faults = json::array();
  for (const fault_window& f : info.faults)
    faults.push_back({{"kind", as_utf8(f.kind)},
                      {"description", as_utf8(f.description)},
                      {"from_ms", in_ms(f.from)},
                      {"to_ms", in_ms(f.to)}});
  json warnings = json::array();
  for (const std::string& w : info.warnings) warnings.push_back(as_utf8(w));
  return {{"engine", info.engine},
          {"seed", info.seed},
          {"fingerprint", info.fingerprint.empty() ? json() : json(info.fingerprint)},
          {"speed", info.speed},
          {"service_date", date_text(info.service_date)},
          {"duration_ms", in_ms(info.length)},
          {"measured_ms", in_ms(info.measured)},
          {"interrupted", info.interrupted},
          {"wakeup_lateness_p99_ms", to_milliseconds(info.lateness)},
          {"faults", faults},
          {"warnings", warnings}};
}

json verdict_json(const verdict& v) {
  json result{{"measure", v.measure},
              {"group", v.group.empty() ? json(nullptr) : json(as_utf8(v.group))},
              {"result", name_of(v.result)},
              {"limit", v.limit},
              {"shown", v.value}};
  const named_measure* measure = find_measure(v.measure);
  const measure_unit unit = measure ? measure->unit : measure_unit::count;
  const json none(nullptr);
  if (unit == measure_unit::time)
    result["value_ms"] = v.has_value ? json(v.raw / 1e6) : none;
  else if (unit == measure_unit::money)
    result["value_usd"] = v.has_value ? json(v.raw / 1e12) : none;
  else
    result["value"] = v.has_value ? json(v.raw) : none;
  result["margin"] = v.margin;
  result["why"] = as_utf8(v.why);
  return result;
}

}  // namespace

namespace {

json interval_json(const interval& i) {
  return {{"mean", i.mean}, {"low", i.low}, {"high", i.high}};
}

// Null where there was one run. Measures are in base units: shares, counts, nanoseconds,
// pico-dollars, as an expectation's limit.
json replications_json(const replicated& over) {
  if (over.replications == 0) return {};
  json measures = json::array();
  for (const replicated_measure& m : over.measures) {
    json row{{"measure", m.name}, {"samples", m.samples}};
    row.update(interval_json(m.over));
    measures.push_back(std::move(row));
  }
  json verdicts = json::array();
  for (const replicated_verdict& v : over.verdicts) {
    json row{{"group", as_utf8(v.group)},
             {"measure", v.measure},
             {"limit", v.limit},
             {"held", v.held},
             {"judged", v.judged}};
    if (v.judged > 0) row["share"] = interval_json(v.share);
    verdicts.push_back(std::move(row));
  }
  return {{"count", over.replications},
          {"confidence", confidence},
          {"measures", measures},
          {"verdicts", verdicts}};
}

}  // namespace

std::string render_json(const report& r) {
  json verdicts = json::array();
  for (const verdict& v : r.verdicts) verdicts.push_back(verdict_json(v));
  json findings = json::array();
  for (const finding& f : r.findings)
    findings.push_back({{"name", f.name}, {"advice", f.advice}, {"evidence", as_utf8(f.evidence)}});
  json groups = json::array();
  for (const group_measures& g : r.numbers.groups) {
    json group{{"name", as_utf8(g.info.name)},
               {"policy", as_utf8(g.info.policy)},
               {"model", as_utf8(g.info.model)},
               {"instances", g.info.instances},
               {"max_attempts", g.info.max_attempts}};
    group.update(population_json(g.numbers));
    groups.push_back(std::move(group));
  }
  json all{{"schema_version", run_schema_version},
           {"scenario",
            {{"name", as_utf8(r.info.scenario)},
             {"description", as_utf8(r.info.description)},
             {"path", as_utf8(r.info.path)}}},
           {"run", run_json(r.info)},
           {"result", name_of(overall(r.verdicts))},
           {"verdicts", verdicts},
           {"replications", replications_json(r.over)},
           {"findings", findings},
           {"fleet", population_json(r.numbers.whole)},
           {"herd", herd_json(r.numbers.herd)},
           {"ledger", ledger_json(r.numbers.ledger)},
           {"groups", groups},
           {"series", load_json(r.numbers.load)}};
  return all.dump(2) + "\n";
}

}  // namespace stampede
