#include "reports/html_sections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/units.hpp"
#include "reports/html_tables.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

std::string safe(const std::string& text) { return html_escaped(as_utf8(text)); }

std::string chip(const std::string& text) { return fmt::format("<li>{}</li>\n", safe(text)); }

std::string tile(const std::string& label, const std::string& value, const std::string& note) {
  return fmt::format("<div class=\"tile\"><dt>{}</dt><dd>{}</dd><dd class=\"note\">{}</dd></div>\n",
                     safe(label), safe(value), safe(note));
}

const char* mark_of(verdict_result v) {
  switch (v) {
    case verdict_result::pass: return "pass";
    case verdict_result::fail: return "fail";
    case verdict_result::inconclusive: return "unclear";
  }
  return "";
}

}  // namespace

std::string verdict_summary(const std::vector<verdict>& verdicts) {
  if (verdicts.empty()) return "No expectations";
  const auto with = [&](verdict_result result) {
    return std::count_if(verdicts.begin(), verdicts.end(),
                         [result](const verdict& v) { return v.result == result; });
  };
  const auto failed = with(verdict_result::fail);
  const auto unclear = with(verdict_result::inconclusive);
  const auto n = static_cast<std::int64_t>(verdicts.size());
  if (failed > 0)
    return fmt::format("{} of {} failed", failed, plural(n, "expectation", "expectations"));
  if (unclear > 0)
    return fmt::format("{} of {} inconclusive", unclear, plural(n, "expectation", "expectations"));
  return n == 1 ? "The expectation holds" : fmt::format("All {} expectations hold", n);
}

std::string header_html(const report& r) {
  const run_info& i = r.info;
  std::string html = "<header>\n<p class=\"brand\">stampede</p>\n";
  html += fmt::format("<h1>{}</h1>\n", safe(i.scenario));
  if (!i.description.empty())
    html += fmt::format("<p class=\"lead\">{}</p>\n", safe(i.description));
  html += "<ul class=\"chips\">\n";
  html += chip(i.engine + " engine" + (i.speed > 1 ? " at " + factor_text(i.speed) + "x" : ""));
  html += chip(fmt::format("seed {}", i.seed));
  if (!i.fingerprint.empty()) html += chip("fingerprint " + i.fingerprint);
  html += chip(time_text(i.measured) + " of scenario time");
  html += chip("prices of " + date_text(i.service_date));
  for (const group_info& g : i.groups)
    html += chip(fmt::format("{}: {}, {}, {}", g.name, plural(g.instances, "instance", "instances"),
                             g.policy, g.model));
  for (const fault_window& f : i.faults)
    html += chip(fmt::format("fault {}: {}, {} to {}", f.kind, f.description, moment_text(f.from),
                             f.to == never ? "the end" : moment_text(f.to)));
  html += "</ul>\n";
  if (i.interrupted)
    html += fmt::format("<p class=\"warning\">Interrupted after {} of {}.</p>\n",
                        time_text(i.measured), time_text(i.length));
  for (const std::string& w : i.warnings)
    html += fmt::format("<p class=\"warning\">{}</p>\n", safe(w));
  return html + "</header>\n";
}

std::string headline_html(const report& r) {
  const population& p = r.numbers.whole;
  const auto percent = [](std::optional<double> v) { return v ? percent_text(*v) : "–"; };
  std::string html = "<dl class=\"tiles\">\n";
  html += tile("Success rate", percent(p.success_rate()),
               fmt::format("{} of {}", count_text(p.calls.successes),
                           plural(p.calls.calls, "call", "calls")));
  const auto amplification = p.amplification();
  // Else a figure below 1 would puzzle the reader.
  const std::string refused =
      p.calls.refused_locally > 0
          ? fmt::format("; {} refused locally", plural(p.calls.refused_locally, "call", "calls"))
          : "";
  html += tile("Amplification", amplification ? factor_text(*amplification) + "x" : "–",
               fmt::format("{}, {}{}", plural(p.retries.attempts, "attempt", "attempts"),
                           plural(p.retries.retries, "retry", "retries"), refused));
  html +=
      tile("Retries in the peak minute", count_text(p.retries.peak_minute.count),
           fmt::format("{} above the line of {}",
                       plural(p.retries.minutes_above, "minute", "minutes"), p.retries.alert_line));
  const auto p99 = p.calls.latency.at(990);
  const auto p50 = p.calls.latency.at(500);
  html += tile("Time to outcome, p99", p99 ? time_text(*p99) : "–",
               p50 ? "median " + time_text(*p50) : "");
  const auto peak = r.numbers.herd.peak_to_mean;
  html += tile("Peak to mean arrivals", peak ? factor_text(*peak) : "–",
               "in bins of " + to_text(r.numbers.herd.bin));
  html += tile("Billed", money_text(p.cost.billed),
               p.cost.overhead() ? percent(p.cost.overhead()) + " not useful" : "nothing billed");
  return html + "</dl>\n";
}

std::string verdicts_html(const report& r) {
  std::string html = fmt::format("<section class=\"verdicts {}\">\n<h2>{}</h2>\n",
                                 mark_of(overall(r.verdicts)), verdict_summary(r.verdicts));
  if (r.verdicts.empty())
    return html + "<p class=\"note\">The scenario has no [expect] table.</p>\n</section>\n";
  html += "<ul>\n";
  for (const verdict& v : r.verdicts) {
    html += fmt::format(
        "<li class=\"{0}\"><span class=\"mark\">{1}</span><span class=\"what\">{2}<code>{3}</code> "
        "<span class=\"limit\">{4}</span></span><span class=\"value\">{5}</span>"
        "<span class=\"margin\">{6}</span>",
        mark_of(v.result), name_of(v.result),
        v.of == scope{} ? ""
                        : fmt::format("<span class=\"group\">{}</span> ", safe(scope_text(v.of))),
        safe(v.measure), safe(v.limit), safe(v.value), safe(v.margin));
    const std::string interval =
        v.interval.empty() ? ""
                           : safe("95% interval " + v.interval) + (v.why.empty() ? "" : "<br>");
    if (!interval.empty() || !v.why.empty())
      html += fmt::format("<span class=\"why\">{}{}</span>", interval, safe(v.why));
    html += "</li>\n";
  }
  return html + "</ul>\n</section>\n";
}

std::string findings_html(const report& r) {
  if (r.findings.empty()) return {};
  std::string html = "<section>\n<h2>Findings</h2>\n<ol class=\"findings\">\n";
  for (const finding& f : r.findings)
    html += fmt::format("<li><strong>{}</strong><span>{}</span>{}</li>\n", safe(f.advice),
                        safe(f.evidence), f.guide.empty() ? "" : "<q>" + safe(f.guide) + "</q>");
  return html + "</ol>\n</section>\n";
}

std::string source_html(const report& r) {
  if (r.info.source.empty()) return {};
  std::string changes;
  for (const std::string& c : r.info.changes)
    changes += fmt::format("<p>Changed for this run: <code>{}</code></p>\n", safe(c));
  return fmt::format(
      "<section>\n{}<details>\n<summary>The scenario, {}</summary>\n<pre><code>{}</code></pre>\n"
      "</details>\n</section>\n",
      changes, safe(r.info.path.empty() ? "as it was run" : r.info.path), safe(r.info.source));
}

}  // namespace stampede
