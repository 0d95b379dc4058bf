#include "reports/html_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/units.hpp"
#include "reports/html_sections.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

using rows = std::vector<std::vector<std::string>>;

std::string safe(const std::string& text) { return html_escaped(as_utf8(text)); }
std::string percent(std::optional<double> v) { return v ? percent_text(*v) : "–"; }
std::string factor(std::optional<double> v) { return v ? factor_text(*v) : "–"; }
std::string time(std::optional<duration> v) { return v ? time_text(*v) : "–"; }
std::string usd(std::optional<double> v) { return v ? money_text(*v * 1e12) : "–"; }

// A list of bars drawn by the style sheet alone: how often each outcome occurred.
std::string bars_html(const outcome_counts& counts, std::int64_t of) {
  std::vector<std::pair<std::int64_t, outcome>> parts;
  for (int i = 1; i < outcome_count; ++i)
    if (counts[static_cast<std::size_t>(i)] > 0)
      parts.emplace_back(counts[static_cast<std::size_t>(i)], static_cast<outcome>(i));
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (parts.empty()) return "<p class=\"note\">None.</p>\n";
  std::string html = "<ul class=\"bars\">\n";
  for (const auto& [n, o] : parts)
    html += fmt::format(
        "<li><span class=\"name\">{}</span><span class=\"bar\"><i "
        "style=\"width:{:.1f}%\"></i></span>"
        "<span class=\"count\">{}</span></li>\n",
        name_of(o), 100 * static_cast<double>(n) / static_cast<double>(parts.front().first),
        fmt::format("{} ({})", count_text(n),
                    percent_text(static_cast<double>(n) / static_cast<double>(of))));
  return html + "</ul>\n";
}

std::string failures_html(const population& p) {
  return "<section>\n<h2>Failures by outcome</h2>\n<div class=\"pair\">\n<div>\n<h3>Calls, final "
         "outcome</h3>\n" +
         bars_html(p.calls.by_outcome, std::max<std::int64_t>(1, p.calls.calls)) +
         "</div>\n<div>\n<h3>Attempts</h3>\n" +
         bars_html(p.retries.by_outcome, std::max<std::int64_t>(1, p.retries.attempts)) +
         "</div>\n</div>\n</section>\n";
}

std::string groups_html(const measures& m) {
  rows table{{"Group", "Policy", "Calls", "Success", "Retry rate", "Amplification", "p50", "p99",
              "Billed", "Per success"}};
  for (const group_measures& g : m.groups) {
    const population& p = g.numbers;
    table.push_back({g.info.name, g.info.policy, count_text(p.calls.calls),
                     percent(p.success_rate()), factor(p.retry_rate()), factor(p.amplification()),
                     time(p.calls.latency.at(500)), time(p.calls.latency.at(990)),
                     money_text(p.cost.billed), usd(p.cost.per_success_usd())});
  }
  return "<section>\n<h2>Groups</h2>\n" + html_table(table, 2) + "</section>\n";
}

std::string latency_table(const call_measures& c) {
  rows table{{"Time from the intended start", "p50", "p90", "p99", "p99.9", "max"}};
  const auto add = [&table](const char* name, const quantile_summary& q) {
    if (q.count() == 0) return;
    table.push_back(
        {name, time(q.at(500)), time(q.at(900)), time(q.at(990)), time(q.at(999)), time(q.most())});
  };
  add("to the final outcome", c.latency);
  add("to success", c.success_latency);
  add("to the first token", c.first_token);
  return html_table(table);
}

std::string retry_table(const population& p) {
  const retry_measures& r = p.retries;
  rows table{{"Retries", ""},
             {"retries per call", factor(p.retry_rate())},
             {"attempts per call", factor(p.amplification())},
             {"attempts per call, worst 10 s", factor(p.calls.worst_ten_seconds)},
             {"before Retry-After was over", count_text(r.early)},
             {"of persistent errors", count_text(r.of_persistent)},
             {"calls refused locally", count_text(p.calls.refused_locally)},
             {"unusable answers given as success", count_text(p.calls.delivered_unusable)}};
  for (int i = 1; i < wait_reason_count; ++i) {
    const auto reason = static_cast<wait_reason>(i);
    const wait_measures& w = r.waited(reason);
    if (w.count > 0)
      table.push_back({fmt::format("waits for {}", name_of(reason)),
                       fmt::format("{}, {} in all", count_text(w.count), time_text(w.total))});
  }
  return html_table(table);
}

std::string herd_table(const herd_measures& h) {
  rows table{
      {fmt::format("Herd, bins of {}", to_text(h.bin)), ""},
      {h.at_server ? "arrivals at the server" : "attempts sent", count_text(h.arrivals)},
      {"in the fullest bin", fmt::format("{} at {}", count_text(h.peak), moment_text(h.peak_at))},
      {"peak to mean", factor(h.peak_to_mean)},
      {"index of dispersion", factor(h.dispersion)},
      {"Jain fairness of successes", factor(h.fairness)}};
  for (const return_measures& r : h.returns)
    if (r.victims > 0)
      table.push_back({"back within 1 s: " + r.label(),
                       fmt::format("{} of {} ({})", count_text(r.together.count),
                                   count_text(r.victims), percent(r.share()))});
  return html_table(table);
}

std::string recovery_table(const recovery_measures& m) {
  rows table{{"After what went wrong", ""}};
  for (const disturbance& d : m.disturbances) {
    table.push_back(
        {"goodput back after " + d.name, d.recovered ? time_text(*d.recovered) : "never"});
    if (d.drained) table.push_back({"backlog drained", time_text(*d.drained)});
    if (d.overshoot) table.push_back({"overshoot over the load before", factor(d.overshoot)});
  }
  table.push_back({"metastable", std::string(name_of(m.metastable.result))});
  return "<div>\n" + html_table(table) + "<p class=\"note\">" + safe(m.metastable.why) +
         "</p>\n</div>\n";
}

std::string server_table(const server_measures& s) {
  rows table{{"Server", ""},
             {"utilisation", percent(s.utilisation)},
             {"slots busy on average", factor(s.in_service())},
             {"whole answers a second", factor(s.throughput())},
             {"successful calls a second", factor(s.goodput())},
             {"work for clients that left", percent(s.wasted_work())}};
  if (s.queued > 0) {
    table.push_back({"waiting on average", factor(s.mean_queue())});
    table.push_back({"longest queue", fmt::format("{} at {}", count_text(s.longest_queue),
                                                  moment_text(s.longest_queue_at))});
    table.push_back({"wait for a slot, p99", time(s.queue_wait.at(990))});
  }
  return html_table(table);
}

std::string jitter_table(const measures& m) {
  rows table{{"Spread of waits", "Backoff", "Beyond Retry-After"}};
  const auto cell = [](std::optional<double> spread) {
    if (!spread) return std::string("–");
    return fmt::format("{} ({})", name_of(jitter_measures::judged(spread)), percent_text(*spread));
  };
  for (const group_measures& g : m.groups)
    table.push_back(
        {g.info.name, cell(g.jitter.backoff_spread()), cell(g.jitter.retry_after_spread())});
  return html_table(table);
}

std::string scopes_html(const measures& m) {
  rows table{{"Part", "Calls", "Success", "Retry rate", "Amplification", "p50", "p99", "Billed"}};
  for (const scoped_measures& s : m.scopes) {
    const population& p = s.numbers;
    if (p.calls.calls == 0) continue;
    table.push_back({scope_text(s.of), count_text(p.calls.calls), percent(p.success_rate()),
                     factor(p.retry_rate()), factor(p.amplification()),
                     time(p.calls.latency.at(500)), time(p.calls.latency.at(990)),
                     money_text(p.cost.billed)});
  }
  if (table.size() < 3) return {};
  return "<section>\n<h2>Before, during and after</h2>\n" + html_table(table) + "</section>\n";
}

std::string cost_table(const report& r) {
  const cost_measures& c = r.numbers.whole.cost;
  std::string since;
  for (const priced_model& p : price_list_of(r.info))
    since += (since.empty() ? ", price list of " : ", ") + moment_text(p.since);
  rows table{{"Cost on " + date_text(r.info.service_date) + since, ""},
             {"billed", money_text(c.billed)},
             {"not useful", percent(c.overhead())},
             {"per success", usd(c.per_success_usd())},
             {"per million calls", usd(c.per_million_calls_usd())},
             {"at half the retry rate", money_text(c.at_retry_rate(0.5))},
             {"at double the retry rate", money_text(c.at_retry_rate(2))},
             {"the client's own estimate", money_text(c.estimate)}};
  const ledger_measures& l = r.numbers.ledger;
  if (l.exchanges > 0) {
    table.push_back(
        {fmt::format("cached input, {} tokens", count_text(l.hit_tokens)), money_text(l.hit)});
    table.push_back(
        {fmt::format("input, {} tokens", count_text(l.miss_tokens)), money_text(l.miss)});
    table.push_back(
        {fmt::format("output, {} tokens", count_text(l.output_tokens)), money_text(l.output)});
  }
  return html_table(table);
}

}  // namespace

std::string html_table(const std::vector<std::vector<std::string>>& table, std::size_t texts) {
  std::string html = "<div class=\"scroll\"><table>\n";
  for (std::size_t i = 0; i < table.size(); ++i) {
    html += i == 0 ? "<thead><tr>" : i == 1 ? "<tbody><tr>" : "<tr>";
    for (std::size_t k = 0; k < table[i].size(); ++k) {
      const bool head = i == 0 || k == 0;
      const char* scope = i == 0 ? " scope=\"col\"" : k == 0 ? " scope=\"row\"" : "";
      html += fmt::format("<{0}{1}{2}>{3}</{0}>", head ? "th" : "td", scope,
                          k < texts ? " class=\"text\"" : "", safe(table[i][k]));
    }
    html += i == 0 ? "</tr></thead>\n" : "</tr>\n";
  }
  return html + (table.size() > 1 ? "</tbody>" : "") + "</table></div>\n";
}

namespace {

std::string replications_html(const replicated& over) {
  if (over.replications == 0) return {};
  std::vector<std::vector<std::string>> lines{
      {"measure", "mean, or share of runs, with its 95 % interval"}};
  for (const replicated_measure& m : over.measures)
    if (find_measure(m.name)->headline) lines.push_back({m.name, values_text(m)});
  for (const replicated_verdict& v : over.verdicts) lines.push_back({name_of(v), held_text(v)});
  return fmt::format(
      "<section>\n<h2>Over {} replications</h2>\n<p>All else on this page is of the "
      "first.</p>\n{}</section>\n",
      over.replications, html_table(lines));
}

}  // namespace

std::string tables_html(const report& r) {
  const measures& m = r.numbers;
  std::string html = replications_html(r.over) + failures_html(m.whole);
  html += scopes_html(m);
  if (!m.groups.empty()) html += groups_html(m);
  html += "<section>\n<h2>All numbers</h2>\n" + latency_table(m.whole.calls) +
          "<div class=\"pair three\">\n" + retry_table(m.whole) + herd_table(m.herd) +
          cost_table(r) + recovery_table(m.recovery) + server_table(m.server) + jitter_table(m) +
          "</div>\n</section>\n";
  return html;
}

}  // namespace stampede
