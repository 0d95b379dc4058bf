#include "reports/render_terminal.hpp"

#include <fmt/format.h>

#include <optional>

#include "core/units.hpp"
#include "reports/reasons.hpp"
#include "reports/text.hpp"
#include "reports/text_table.hpp"

namespace stampede {
namespace {

std::string factor_or_dash(std::optional<double> value) {
  return value ? factor_text(*value) : "-";
}
std::string percent_or_dash(std::optional<double> value) {
  return value ? percent_text(*value) : "-";
}
std::string time_or_dash(std::optional<duration> value) { return value ? time_text(*value) : "-"; }

class terminal_writer {
 public:
  terminal_writer(const report& r, const terminal_style& style)
      : r_(r), m_(r.numbers), style_(style), width_(static_cast<std::size_t>(style.width)) {}

  std::string write() {
    head();
    verdicts();
    replications();
    findings();
    calls();
    latency();
    retries();
    herd();
    recovery();
    cost();
    server();
    phases();
    groups();
    warnings();
    return std::move(out_);
  }

 private:
  std::string painted(const char* code, const std::string& text) const {
    return style_.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
  }
  std::string dot() const { return style_.utf8 ? " · " : " | "; }
  std::string mark(verdict_result v) const {
    switch (v) {
      case verdict_result::pass: return painted("32", style_.utf8 ? "✓" : "ok  ");
      case verdict_result::fail: return painted("31", style_.utf8 ? "✗" : "FAIL");
      case verdict_result::inconclusive: return painted("33", style_.utf8 ? "?" : "??  ");
    }
    return {};
  }
  void section(const std::string& title) { out_ += "\n" + painted("1", title) + "\n"; }

  void head() {
    const run_info& i = r_.info;
    out_ += painted("1", as_utf8(i.scenario)) + "\n";
    if (!i.description.empty()) out_ += wrapped(as_utf8(i.description), "", width_);
    for (const std::string& c : i.changes) out_ += wrapped("changed: " + as_utf8(c), "", width_);
    std::string facts = i.engine + " engine";
    if (i.speed > 1) facts += fmt::format(" at {}x", factor_text(i.speed));
    facts += fmt::format("{0}seed {1}{0}{2} of scenario time{0}prices of {3}", dot(), i.seed,
                         time_text(i.measured), date_text(i.service_date));
    if (!i.fingerprint.empty()) facts += fmt::format("{}fingerprint {}", dot(), i.fingerprint);
    out_ += facts + "\n";
    if (i.interrupted)
      out_ += painted("33", fmt::format("interrupted after {} of {}", time_text(i.measured),
                                        time_text(i.length))) +
              "\n";
    for (const fault_window& f : i.faults)
      out_ += fmt::format("fault {}: {}, from {} to {}\n", f.kind, as_utf8(f.description),
                          moment_text(f.from), f.to == never ? "the end" : moment_text(f.to));
  }

  void verdicts() {
    if (r_.verdicts.empty()) return;
    std::size_t passed = 0;
    for (const verdict& v : r_.verdicts) passed += v.result == verdict_result::pass ? 1 : 0;
    section(fmt::format("Expectations: {} of {} hold", passed, r_.verdicts.size()));
    // Aligned first, then marked: colour codes have no width.
    text_table table("llrll");
    for (const verdict& v : r_.verdicts)
      table.row({as_utf8(name_of(v)), v.limit, v.value, v.margin,
                 v.interval.empty() ? "" : "(" + v.interval + ")"});
    const std::string lines = table.text("");
    std::size_t at = 0;
    for (const verdict& v : r_.verdicts) {
      const std::size_t end = lines.find('\n', at);
      out_ += "  " + mark(v.result) + " " + lines.substr(at, end - at + 1);
      at = end + 1;
      if (!v.why.empty()) out_ += wrapped(as_utf8(v.why), "      ", width_);
    }
  }

  void replications() {
    if (r_.over.replications == 0) return;
    section(fmt::format("Over {} replications, with 95 % intervals (the rest is of the first)",
                        r_.over.replications));
    text_table table("ll");
    for (const replicated_measure& m : r_.over.measures)
      if (find_measure(m.name)->headline) table.row({m.name, values_text(m)});
    for (const replicated_verdict& v : r_.over.verdicts)
      table.row({as_utf8(name_of(v)), held_text(v)});
    out_ += table.text("  ");
  }

  void findings() {
    if (r_.findings.empty()) return;
    section("Findings");
    for (const finding& f : r_.findings) {
      out_ += wrapped((style_.utf8 ? "• " : "* ") + f.advice, "  ", width_);
      out_ += wrapped(as_utf8(f.evidence), "    ", width_);
      if (!f.guide.empty()) out_ += wrapped("The guide: \"" + f.guide + "\"", "    ", width_);
    }
  }

  void calls() {
    const call_measures& c = m_.whole.calls;
    section("Calls");
    text_table table("lr");
    table.row({"calls", count_text(c.calls)});
    table.row({"succeeded", count_text(c.successes)});
    table.row({"success rate", percent_or_dash(c.success_rate())});
    for (int i = 1; i < outcome_count; ++i) {
      const auto o = static_cast<outcome>(i);
      if (c.with(o) > 0) table.row({fmt::format("failed: {}", name_of(o)), count_text(c.with(o))});
    }
    if (c.delivered_unusable > 0)
      table.row({"unusable, given as success", count_text(c.delivered_unusable)});
    out_ += table.text("  ");
  }

  void latency() {
    const call_measures& c = m_.whole.calls;
    section("Time from the intended start");
    text_table table("lrrrrrr");
    table.row({"", "p50", "p90", "p99", "p99.9", "max", "calls"});
    const auto add = [&table](const char* name, const quantile_summary& q) {
      if (q.count() == 0) return;
      table.row({name, time_or_dash(q.at(500)), time_or_dash(q.at(900)), time_or_dash(q.at(990)),
                 time_or_dash(q.at(999)), time_or_dash(q.most()), count_text(q.count())});
    };
    add("final outcome", c.latency);
    add("success", c.success_latency);
    add("first token", c.first_token);
    out_ += table.text("  ");
  }

  void retries() {
    const population& p = m_.whole;
    const retry_measures& r = p.retries;
    section("Retries");
    text_table table("lrl");
    table.row({"attempts", count_text(r.attempts)});
    table.row({"retries", count_text(r.retries), retry_causes_text(r)});
    table.row({"retry rate", factor_or_dash(p.retry_rate()), "retries per call"});
    table.row({"amplification", factor_or_dash(p.amplification()), "attempts per call"});
    if (p.calls.worst_ten_seconds)
      table.row({"  worst 10 s", factor_text(*p.calls.worst_ten_seconds),
                 "from " + moment_text(p.calls.worst_from)});
    table.row(
        {"retries in peak minute", count_text(r.peak_minute.count),
         fmt::format("from {}, alert line {}", moment_text(r.peak_minute.from), r.alert_line)});
    table.row({"minutes above the line", count_text(r.minutes_above)});
    table.row({"early retries", count_text(r.early), "before Retry-After was over"});
    table.row({"of persistent errors", count_text(r.of_persistent)});
    if (p.calls.refused_locally > 0)
      table.row(
          {"calls refused locally", count_text(p.calls.refused_locally), "breaker or throttle"});
    for (int i = 1; i < wait_reason_count; ++i) {
      const auto reason = static_cast<wait_reason>(i);
      const wait_measures& w = r.waited(reason);
      if (w.count > 0)
        table.row({fmt::format("waits for {}", name_of(reason)), count_text(w.count),
                   fmt::format("{} in all, longest {}", time_text(w.total), time_text(w.longest))});
    }
    for (const group_measures& g : m_.groups)
      if (const std::string text = jitter_text(g.jitter); !text.empty())
        table.row({"spread of waits", "", as_utf8(g.info.name) + ": " + text});
    if (p.calls.layered > 0)
      table.row(
          {"layered calls", count_text(p.calls.layered), "more attempts than their policy allows"});
    out_ += table.text("  ");
  }

  void herd() {
    const herd_measures& h = m_.herd;
    section(fmt::format("Herd, in bins of {}, seen by the {}", to_text(h.bin),
                        h.at_server ? "server" : "client"));
    text_table table("lrl");
    table.row({"arrivals", count_text(h.arrivals)});
    table.row({"peak bin", count_text(h.peak), "at " + moment_text(h.peak_at)});
    table.row({"peak to mean", factor_or_dash(h.peak_to_mean)});
    table.row({"index of dispersion", factor_or_dash(h.dispersion), "1 for Poisson arrivals"});
    table.row({"Jain fairness", factor_or_dash(h.fairness), "successes per instance"});
    for (const return_measures& r : h.returns)
      if (r.victims > 0)
        table.row({"back within 1 s", percent_or_dash(r.share()),
                   fmt::format("{} of {}, {}, from {}", count_text(r.together.count),
                               count_text(r.victims), r.label(), moment_text(r.together.from))});
    out_ += table.text("  ");
  }

  void recovery() {
    const recovery_measures& rec = m_.recovery;
    if (rec.disturbances.empty()) return;
    section("After what went wrong");
    text_table table("lrl");
    for (const disturbance& d : rec.disturbances) {
      table.row({"goodput back", d.recovered ? time_text(*d.recovered) : "never",
                 fmt::format("after {} ended at {}, watched for {}", as_utf8(d.name),
                             moment_text(d.to), time_text(d.watched))});
      if (d.drained)
        table.row(
            {"backlog drained", time_text(*d.drained), "the last call wanted before had ended"});
      if (d.overshoot)
        table.row({"overshoot", factor_text(*d.overshoot), "fullest bin / mean load before"});
    }
    table.row({"metastable", std::string(name_of(rec.metastable.result))});
    out_ += table.text("  ");
    out_ += wrapped(as_utf8(rec.metastable.why), "      ", width_);
  }

  void server() {
    const server_measures& s = m_.server;
    if (s.exchanges == 0) return;
    section("Server");
    text_table table("lrl");
    if (s.utilisation) table.row({"utilisation", percent_text(*s.utilisation), "of its slot time"});
    table.row({"slots busy", factor_or_dash(s.in_service()), "on average"});
    table.row({"throughput", factor_or_dash(s.throughput()), "whole answers a second"});
    table.row({"goodput", factor_or_dash(s.goodput()), "successful calls a second"});
    table.row({"wasted work", percent_or_dash(s.wasted_work()),
               fmt::format("for {} that left first", plural(s.left, "request", "requests"))});
    if (s.queued > 0)
      table.row(
          {"queue", factor_or_dash(s.mean_queue()),
           fmt::format("on average, longest {} at {}; waits: p50 {}, p99 {}",
                       count_text(s.longest_queue), moment_text(s.longest_queue_at),
                       time_or_dash(s.queue_wait.at(500)), time_or_dash(s.queue_wait.at(990)))});
    out_ += table.text("  ");
  }

  void phases() {
    text_table table("lrrrrrr");
    table.row({"", "calls", "success", "amplif.", "p50", "p99", "billed"});
    std::size_t shown = 0;
    for (const scoped_measures& s : m_.scopes) {
      const population& p = s.numbers;
      if (p.calls.calls == 0) continue;
      ++shown;
      table.row({as_utf8(scope_text(s.of)), count_text(p.calls.calls),
                 percent_or_dash(p.success_rate()), factor_or_dash(p.amplification()),
                 time_or_dash(p.calls.latency.at(500)), time_or_dash(p.calls.latency.at(990)),
                 money_text(p.cost.billed)});
    }
    if (shown < 2) return;
    section("Phases and parts");
    out_ += table.text("  ");
  }

  void cost() {
    const cost_measures& c = m_.whole.cost;
    std::string since;
    for (const priced_model& p : price_list_of(r_.info))
      since += fmt::format("{}{} {}", since.empty() ? ", price list of " : ", ",
                           deepseek::name_of(p.model), moment_text(p.since));
    section(fmt::format("Cost, on {}{}", date_text(r_.info.service_date), since));
    const auto usd = [](std::optional<double> value) {
      return value ? money_text(*value * 1e12) : std::string("-");
    };
    text_table table("lrl");
    table.row({"billed", money_text(c.billed)});
    for (int i = 0; i < cost_cause_count; ++i) {
      const auto cause = static_cast<cost_cause>(i);
      if (c.of(cause).value != 0)
        table.row({fmt::format("  {}", name_of(cause)), money_text(c.of(cause)),
                   percent_text(to_usd(c.of(cause)) / to_usd(c.billed))});
    }
    if (c.tried_again.value != 0)
      table.row({"at half the retry rate", money_text(c.at_retry_rate(0.5)),
                 money_text(c.at_retry_rate(2)) + " at double"});
    table.row({"overhead", percent_or_dash(c.overhead()), "of the bill was not useful"});
    table.row({"per success", usd(c.per_success_usd())});
    table.row({"per million calls", usd(c.per_million_calls_usd())});
    table.row(
        {"client's own estimate", money_text(c.estimate), money_text(c.estimate_error()) + " off"});
    out_ += table.text("  ");
  }

  void groups() {
    if (m_.groups.size() < 2) return;
    section("Groups");
    text_table table("llrrrrrr");
    table.row({"", "policy", "calls", "success", "amplif.", "p50", "p99", "billed"});
    for (const group_measures& g : m_.groups) {
      const population& p = g.numbers;
      table.row({as_utf8(g.info.name), as_utf8(g.info.policy), count_text(p.calls.calls),
                 percent_or_dash(p.success_rate()), factor_or_dash(p.amplification()),
                 time_or_dash(p.calls.latency.at(500)), time_or_dash(p.calls.latency.at(990)),
                 money_text(p.cost.billed)});
    }
    out_ += table.text("  ");
    for (const group_measures& g : m_.groups)
      if (g.numbers.calls.failures() > 0)
        out_ += wrapped(
            fmt::format("{}: {}", as_utf8(g.info.name), failed_calls_text(g.numbers.calls, 3)),
            "  ", width_);
  }

  void warnings() {
    if (r_.info.warnings.empty()) return;
    section("Warnings");
    for (const std::string& w : r_.info.warnings) out_ += wrapped(as_utf8(w), "  ", width_);
  }

  const report& r_;
  const measures& m_;
  const terminal_style& style_;
  std::size_t width_;
  std::string out_;
};

}  // namespace

std::string render_terminal(const report& r, const terminal_style& style) {
  return terminal_writer(r, style).write();
}

}  // namespace stampede
