// The fields of run.json, named once: written by render_json, read back by read_run.
//
// Each `fields(archive, part)` visits one part of a report. An archive knows what to do with a
// number, a time (`_ms`), money (`_usd`), an enum's name, a nested object or a list; what can be
// worked out from the rest is `derived` and only written. For .cpp files of reports/ only.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/report.hpp"
#include "reports/text.hpp"

namespace stampede {

inline constexpr auto outcome_at = [](std::size_t i) { return name_of(static_cast<outcome>(i)); };
inline constexpr auto stop_at = [](std::size_t i) { return name_of(static_cast<stop_reason>(i)); };
inline constexpr auto wait_at = [](std::size_t i) { return name_of(static_cast<wait_reason>(i)); };

template <class Archive>
void quantile_summary::fields(Archive& a) {
  a.number("samples", count_);
  static constexpr std::array<const char*, 4> keys{"p50", "p90", "p99", "p99_9"};
  for (std::size_t i = 0; i < keys.size(); ++i)
    a.time(keys[i] + std::string("_ms"), quantiles_[i].value);
  a.time("max_ms", most_);
  a.time("mean_ms", mean_);
  a.number("exact", exact_);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    a.time(keys[i] + std::string("_low_ms"), quantiles_[i].low);
    a.time(keys[i] + std::string("_high_ms"), quantiles_[i].high);
  }
  // The curve as two lists: a limit, and how many samples lie above it.
  std::vector<double> limits;
  std::vector<std::int64_t> above;
  for (const step& s : curve_) {
    limits.push_back(to_milliseconds(s.limit));
    above.push_back(s.above);
  }
  a.number("curve_ms", limits);
  a.number("curve_above", above);
  curve_.resize(std::min(limits.size(), above.size()));
  for (std::size_t i = 0; i < curve_.size(); ++i)
    curve_[i] = {duration{static_cast<std::int64_t>(limits[i] * 1e6 + 0.5)}, above[i]};
}

template <class A>
void fields(A& a, call_measures& c) {
  a.number("calls", c.calls);
  a.number("succeeded", c.successes);
  a.derived("failed", c.failures());
  a.derived("success_rate", c.success_rate());
  a.number("attempts", c.attempts);
  a.number("retries", c.retries);
  a.number("most_attempts", c.most_attempts);
  a.number("layered", c.layered);
  a.number("refused_locally", c.refused_locally);
  a.number("delivered_unusable", c.delivered_unusable);
  a.counts("outcomes", c.by_outcome, outcome_at);
  a.counts("stop_reasons", c.by_stop, stop_at);
  a.object("ends", [&](auto& in) {
    for (std::size_t o = 0; o < c.ends.size(); ++o)
      for (std::size_t s = 0; s < c.ends[o].size(); ++s) {
        call_ends& e = c.ends[o][s];
        in.object_if(e.count != 0, std::string(outcome_at(o)) + "/" + std::string(stop_at(s)),
                     [&e](auto& end) {
                       end.number("count", e.count);
                       end.number("most_attempts", e.most_attempts);
                     });
      }
  });
  a.number("attempts_per_call_worst_10s", c.worst_ten_seconds);
  a.time("worst_10s_from_ms", c.worst_from);
  a.object("latency", [&](auto& in) { c.latency.fields(in); });
  a.object("success_latency", [&](auto& in) { c.success_latency.fields(in); });
  a.object("first_token", [&](auto& in) { c.first_token.fields(in); });
}

template <class A>
void fields(A& a, retry_measures& r) {
  a.number("attempts", r.attempts);
  a.number("retries", r.retries);
  a.number("retries_decided", r.decided);
  a.number("retries_in_peak_minute", r.peak_minute.count);
  a.time("peak_minute_from_ms", r.peak_minute.from);
  a.number("alert_line_per_minute", r.alert_line);
  a.number("minutes_above_alert_line", r.minutes_above);
  a.number("early_retries", r.early);
  a.number("persistent_retries", r.of_persistent);
  a.number("fallbacks", r.fallbacks);
  a.counts("attempts_by_outcome", r.by_outcome, outcome_at);
  a.counts("retried_after", r.retried_after, outcome_at);
  a.object("waits", [&](auto& in) {
    for (std::size_t i = 0; i < r.waits.size(); ++i) {
      wait_measures& w = r.waits[i];
      in.object_if(w.count != 0, std::string(wait_at(i)), [&w](auto& of) {
        of.number("count", w.count);
        of.time("total_ms", w.total);
        of.time("longest_ms", w.longest);
      });
    }
  });
}

template <class A>
void fields(A& a, cost_measures& c) {
  a.money("billed_usd", c.billed);
  for (int i = 0; i < cost_cause_count; ++i) {
    const auto cause = static_cast<cost_cause>(i);
    a.money(std::string(name_of(cause)) + "_usd", c.by_cause[static_cast<std::size_t>(i)]);
  }
  a.derived("overhead", c.overhead());
  a.derived("per_success_usd", c.per_success_usd());
  a.derived("per_million_calls_usd", c.per_million_calls_usd());
  a.money("tried_again_usd", c.tried_again);
  a.derived("at_half_retry_rate_usd", to_usd(c.at_retry_rate(0.5)));
  a.derived("at_double_retry_rate_usd", to_usd(c.at_retry_rate(2)));
  a.number("billed_attempts", c.billed_attempts);
  a.number("calls", c.calls);
  a.number("successes", c.successes);
  a.money("client_estimate_usd", c.estimate);
  a.derived("estimate_error_usd", to_usd(c.estimate_error()));
}

template <class A>
void fields(A& a, population& p) {
  a.object("calls", [&](auto& in) { fields(in, p.calls); });
  a.object("retries", [&](auto& in) {
    fields(in, p.retries);
    in.derived("retry_rate", p.retry_rate());
    in.derived("amplification", p.amplification());
  });
  a.object("cost", [&](auto& in) { fields(in, p.cost); });
}

template <class A>
void fields(A& a, scope& s) {
  a.text_or_null("group", s.group);
  a.text_or_null("model", s.model);
  a.text_or_null("phase", s.phase);
}

template <class A>
void fields(A& a, wait_spread& s) {
  a.number("count", s.count);
  a.time("least_ms", s.least);
  a.time("most_ms", s.most);
  a.time("total_ms", s.total);
}

template <class A>
void fields(A& a, jitter_measures& j) {
  a.derived("backoff", name_of(jitter_measures::judged(j.backoff_spread())));
  a.derived("backoff_spread", j.backoff_spread());
  a.derived("retry_after", name_of(jitter_measures::judged(j.retry_after_spread())));
  a.derived("retry_after_spread", j.retry_after_spread());
  a.object("waits", [&](auto& in) {
    for (std::size_t i = 0; i < j.backoff.size(); ++i)
      in.object_if(j.backoff[i].count != 0, "retry_" + std::to_string(i + 1),
                   [&](auto& of) { fields(of, j.backoff[i]); });
    in.object_if(j.retry_after.count != 0, "beyond_retry_after",
                 [&](auto& of) { fields(of, j.retry_after); });
  });
}

template <class A>
void fields(A& a, herd_measures& h) {
  a.time("bin_ms", h.bin);
  a.either("seen_by", h.at_server, "client", "server");
  a.number("arrivals", h.arrivals);
  a.number("bins", h.bins);
  a.number("mean_per_bin", h.mean);
  a.number("peak_per_bin", h.peak);
  a.time("peak_at_ms", h.peak_at);
  a.number("peak_to_mean", h.peak_to_mean);
  a.number("index_of_dispersion", h.dispersion);
  a.number("jain_fairness", h.fairness);
  a.list("returns", h.returns, [](auto& in, return_measures& r) {
    in.text_or_null("fault", r.fault);
    in.number("victims", r.victims);
    in.number("back_within_1s", r.together.count);
    in.derived("share", r.share());
    in.time("from_ms", r.together.from);
  });
}

template <class A>
void fields(A& a, recovery_measures& m) {
  a.time("bin_ms", m.bin);
  a.list("disturbances", m.disturbances, [](auto& in, disturbance& d) {
    in.text("name", d.name);
    in.time("from_ms", d.from);
    in.time("to_ms", d.to);
    in.time("watched_ms", d.watched);
    in.time("recovered_within_ms", d.recovered);
    in.time("backlog_drained_within_ms", d.drained);
    in.number("overshoot", d.overshoot);
  });
  a.object("metastable", [&](auto& in) {
    metastable_verdict& v = m.metastable;
    in.word("result", v.result, 3);
    in.number("goodput_before", v.before);
    in.number("goodput_in_tail", v.tail);
    in.time("tail_from_ms", v.tail_from);
    in.time("tail_to_ms", v.tail_to);
    in.number("amplification_in_tail", v.tail_amplification);
    in.number("answers_in_tail", v.tail_answers);
    in.text("why", v.why);
  });
}

template <class A>
void fields(A& a, server_measures& s) {
  a.number("exchanges", s.exchanges);
  a.number("answers", s.answers);
  a.number("client_left", s.left);
  a.time("busy_ms", s.busy);
  a.time("busy_for_left_ms", s.busy_for_left);
  a.time("measured_ms", s.measured);
  a.number("successes", s.successes);
  a.number("utilisation", s.utilisation);
  a.derived("wasted_work", s.wasted_work());
  a.derived("throughput_per_s", s.throughput());
  a.derived("goodput_per_s", s.goodput());
  a.derived("slots_busy", s.in_service());
  a.object("queue", [&](auto& in) {
    in.number("queued", s.queued);
    in.time("waited_ms", s.waited);
    in.derived("mean_length", s.mean_queue());
    in.number("longest", s.longest_queue);
    in.time("longest_at_ms", s.longest_queue_at);
    in.object("wait", [&](auto& of) { s.queue_wait.fields(of); });
  });
}

template <class A>
void fields(A& a, ledger_measures& l) {
  a.number("exchanges", l.exchanges);
  a.money("charged_usd", l.charged);
  a.money("cached_input_usd", l.hit);
  a.money("input_usd", l.miss);
  a.money("output_usd", l.output);
  a.number("cached_input_tokens", l.hit_tokens);
  a.number("input_tokens", l.miss_tokens);
  a.number("output_tokens", l.output_tokens);
}

template <class A>
void fields(A& a, load_series& s) {
  a.time("bin_ms", s.width);
  a.number("arrivals", s.arrivals);
  a.number("first_tries", s.first_tries);
  a.number("retries", s.retries);
  a.number("successes", s.successes);
  a.number("rate_limited", s.rate_limited);
  a.number("overloaded", s.overloaded);
  a.number("other_failures", s.other_failures);
}

template <class A>
void fields(A& a, run_info& i) {
  a.texts("changes", i.changes);
  a.text("engine", i.engine);
  a.number("seed", i.seed);
  a.text_or_null("fingerprint", i.fingerprint);
  a.number("speed", i.speed);
  a.date("service_date", i.service_date);
  a.time("duration_ms", i.length);
  a.time("measured_ms", i.measured);
  a.number("interrupted", i.interrupted);
  a.time("wakeup_lateness_p99_ms", i.lateness);
  a.list("faults", i.faults, [](auto& in, fault_window& f) {
    in.text("kind", f.kind);
    in.text("description", f.description);
    in.time("from_ms", f.from);
    in.time("to_ms", f.to);
    in.number("requests_taken", f.taken);
    in.text_or_null("unmet", f.unmet);
  });
  a.list("slots", i.slots, [](auto& in, slot_change& s) {
    in.time("at_ms", s.at);
    in.number("slots", s.slots);
  });
  a.texts("warnings", i.warnings);
}

template <class A>
void fields(A& a, group_info& g) {
  a.text("name", g.name);
  a.text("policy", g.policy);
  a.text("model", g.model);
  a.number("instances", g.instances);
  a.number("max_attempts", g.max_attempts);
  a.number("models", g.models);
}

template <class A>
void fields(A& a, verdict& v) {
  a.text("measure", v.measure);
  fields(a, v.of);
  a.word("result", v.result, 3);
  a.text("limit", v.limit);
  a.text("shown", v.value);
  a.text("interval", v.interval);
  a.measured("value", v.measure, v.has_value, v.raw);
  bool low = v.low.has_value(), high = v.high.has_value();
  double least = v.low.value_or(0), most = v.high.value_or(0);
  a.measured("low", v.measure, low, least);
  a.measured("high", v.measure, high, most);
  if (low) v.low = least;
  if (high) v.high = most;
  a.text("margin", v.margin);
  a.text("why", v.why);
}

template <class A>
void fields(A& a, finding& f) {
  a.text("name", f.name);
  a.text("advice", f.advice);
  a.text("evidence", f.evidence);
  a.text("guide", f.guide);
}

template <class A>
void fields(A& a, interval& i) {
  a.number("mean", i.mean);
  a.number("low", i.low);
  a.number("high", i.high);
}

}  // namespace stampede
