#include "reports/render_markdown.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/catalogue.hpp"
#include "reports/html_sections.hpp"
#include "reports/markdown.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

using rows = std::vector<std::vector<std::string>>;

std::string verdicts(const report& r) {
  if (r.verdicts.empty()) return {};
  rows table{{"expectation", "result", "value", "95% interval", "margin"}};
  for (const verdict& v : r.verdicts) {
    const std::string result(name_of(v.result));
    table.push_back({name_of(v) + " " + v.limit,
                     v.result == verdict_result::pass ? result : "**" + result + "**", v.value,
                     v.interval, v.margin});
  }
  std::string out = markdown_table(table) + "\n";
  for (const verdict& v : r.verdicts)
    if (!v.why.empty())
      out += fmt::format("- {}: {}\n", markdown_escaped(name_of(v)), markdown_escaped(v.why));
  return out + "\n";
}

std::string findings(const report& r) {
  std::string out;
  for (const finding& f : r.findings)
    out += fmt::format("- **{}** {}\n", markdown_escaped(f.advice), markdown_escaped(f.evidence));
  return out.empty() ? out : "### Findings\n\n" + out + "\n";
}

std::string numbers(const report& r) {
  rows table{{"measure", r.over.replications > 1
                             ? fmt::format("over {} replications", r.over.replications)
                             : "value"}};
  for (const named_measure& m : catalogue()) {
    if (!m.headline) continue;
    const auto over = std::ranges::find(r.over.measures, m.name, &replicated_measure::name);
    const auto value = m.value({r.numbers, r.numbers.whole});
    if (over != r.over.measures.end())
      table.push_back({"`" + m.name + "`", values_text(*over)});
    else if (value)
      table.push_back({"`" + m.name + "`", value_text(m.unit, *value)});
  }
  return markdown_table(table);
}

}  // namespace

std::string render_markdown(const report& r) {
  std::string facts =
      fmt::format("{} engine, seed {}, {} of scenario time, prices of {}", r.info.engine,
                  r.info.seed, time_text(r.info.measured), date_text(r.info.service_date));
  if (!r.info.fingerprint.empty()) facts += ", fingerprint `" + r.info.fingerprint + "`";
  for (const std::string& c : r.info.changes) facts += "\n\nChanged: " + markdown_escaped(c);
  for (const std::string& w : r.info.warnings) facts += "\n\nWarning: " + markdown_escaped(w);
  return fmt::format("## {}: {}\n\n{}\n\n{}{}{}", markdown_escaped(r.info.scenario),
                     verdict_summary(r.verdicts), facts, verdicts(r), findings(r), numbers(r));
}

}  // namespace stampede
