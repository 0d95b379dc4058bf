#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/html_page.hpp"
#include "reports/render_compare.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

std::string safe(const std::string& text) { return html_escaped(as_utf8(text)); }

const char* class_of(const compared_cell& c) {
  switch (c.result) {
    case change::better: return "better";
    case change::worse: return "worse";
    default: return "";
  }
}

// Arrivals over time, all runs to one scale: the picture of a herd. Summed to 160 points.
std::string shape_html(const compared_run& r, std::int64_t most, std::size_t longest) {
  if (r.arrivals.empty() || most == 0) return {};
  constexpr std::size_t points = 160;
  const std::size_t by = std::max<std::size_t>(1, (longest + points - 1) / points);
  std::string path;
  for (std::size_t i = 0; i * by < r.arrivals.size(); ++i) {
    std::int64_t peak = 0;
    for (std::size_t k = i * by; k < std::min(r.arrivals.size(), (i + 1) * by); ++k)
      peak = std::max(peak, r.arrivals[k]);
    const double x = 320.0 * static_cast<double>(i * by) / static_cast<double>(longest);
    const double y = 60 - 58.0 * static_cast<double>(peak) / static_cast<double>(most);
    path += fmt::format("{}{:.1f} {:.1f}", i == 0 ? "M" : "L", x, y);
  }
  return fmt::format(
      "<figure class=\"shape\"><figcaption>{}</figcaption><svg viewBox=\"0 0 320 62\" role=\"img\" "
      "aria-label=\"Arrivals over time, at most {} in a bin\" preserveAspectRatio=\"none\"><path "
      "d=\"{}\"/></svg></figure>\n",
      safe(r.label), most, path);
}

std::string shapes_html(const comparison_table& t) {
  std::int64_t most = 0;
  std::size_t longest = 0;
  for (const compared_run& r : t.runs) {
    for (const std::int64_t n : r.arrivals) most = std::max(most, n);
    longest = std::max(longest, r.arrivals.size());
  }
  std::string html;
  for (const compared_run& r : t.runs) html += shape_html(r, most, longest);
  if (html.empty()) return {};
  return fmt::format(
      "<section>\n<h2>Arrivals over time</h2>\n<p class=\"note\">All to one scale; the top is {} "
      "in a "
      "bin.</p>\n<div class=\"shapes\">\n{}</div>\n</section>\n",
      most, html);
}

// One block a headline: a bar for each run, as long as its value.
std::string bars_html(const comparison_table& t, const compared_row& row) {
  double most = 0;
  for (const compared_cell& c : row.cells)
    if (c.value && std::isfinite(*c.value)) most = std::max(most, std::abs(*c.value));
  if (row.unit == measure_unit::share) most = 1;
  std::string html = fmt::format(
      "<div class=\"measure\"><h3>{}</h3><p class=\"note\">{}</p>\n"
      "<ul class=\"bars\">\n",
      safe(row.name), safe(row.meaning));
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const compared_cell& c = row.cells[i];
    double width = 0;
    if (c.value && most > 0) width = std::isinf(*c.value) ? 100 : 100 * std::abs(*c.value) / most;
    html += fmt::format(
        "<li class=\"{}\"><span class=\"name\">{}</span><span class=\"bar\"><i "
        "style=\"width:{:.1f}%\"></i></span><span class=\"count\" title=\"{}\">{}</span></li>\n",
        class_of(c), safe(t.runs[i].label), std::min(100.0, width), safe(c.text), safe(c.brief));
  }
  return html + "</ul></div>\n";
}

// The value, and its interval in a line below.
std::string two_lines(const std::string& brief, const std::string& text) {
  const bool more = text.size() > brief.size() && text.starts_with(brief);
  return safe(brief.empty() ? text : brief) +
         (more ? "<small>" + safe(text.substr(brief.size() + 1)) + "</small>" : "");
}

std::string table_html(const comparison_table& t, bool gates) {
  std::string head =
      "<th scope=\"col\">Measure</th><th scope=\"col\">" + safe(t.runs[0].label) + "</th>";
  for (std::size_t i = 1; i < t.runs.size(); ++i)
    head += fmt::format("<th scope=\"col\">{}</th><th scope=\"col\">difference</th>",
                        safe(t.runs[i].label));
  std::string body;
  for (const compared_row& row : t.rows) {
    if (row.gates != gates) continue;
    body += fmt::format("<tr><th scope=\"row\" title=\"{}\">{}</th><td>{}</td>", safe(row.meaning),
                        safe(row.name), two_lines(row.cells[0].brief, row.cells[0].text));
    for (std::size_t i = 1; i < row.cells.size(); ++i) {
      const compared_cell& c = row.cells[i];
      const std::string word =
          c.result == change::same
              ? ""
              : fmt::format("<b>{}</b> ", c.regression ? "regression" : name_of(c.result));
      body += fmt::format("<td>{}</td><td class=\"{}\">{}{}</td>", two_lines(c.brief, c.text),
                          class_of(c), word, two_lines(c.brief_difference, c.difference_text));
    }
    body += "</tr>\n";
  }
  if (body.empty()) return {};
  return fmt::format(
      "<div class=\"scroll\"><table "
      "class=\"compared\">\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>"
      "</table></div>\n",
      head, body);
}

std::string verdict_html(const comparison_table& t) {
  const std::vector<std::string> regressions = t.regressions();
  std::string html =
      fmt::format("<section class=\"verdicts {}\">\n<h2>{}</h2>\n",
                  regressions.empty() ? "pass" : "fail", safe(regression_summary(t)));
  if (!regressions.empty()) {
    html += fmt::format("<details{}>\n<summary>Which</summary>\n<ul class=\"plain\">\n",
                        regressions.size() <= 4 ? " open" : "");
    for (const std::string& r : regressions) html += "<li>" + safe(r) + "</li>\n";
    html += "</ul>\n</details>\n";
  }
  for (const std::string& note : t.notes) html += "<p class=\"note\">" + safe(note) + "</p>\n";
  return html + "</section>\n";
}

}  // namespace

std::string render_compare_html(const comparison_table& t) {
  std::string body =
      fmt::format("<header>\n<p class=\"brand\">stampede</p>\n<h1>{}</h1>\n", safe(t.scenario));
  body += "<ul class=\"chips\">\n";
  for (std::size_t i = 0; i < t.runs.size(); ++i)
    body += "<li>" + safe((i == 0 ? "base: " : "") + t.runs[i].label) + "</li>\n";
  body += "</ul>\n</header>\n" + verdict_html(t);
  std::string bars;
  for (const compared_row& row : t.rows)
    if (row.gates && row.unit != measure_unit::flag) bars += bars_html(t, row);
  body +=
      "<section>\n<h2>At a glance</h2>\n<div class=\"measures\">\n" + bars + "</div>\n</section>\n";
  body += shapes_html(t);
  body += "<section>\n<h2>Every measure</h2>\n" + table_html(t, true);
  if (const std::string others = table_html(t, false); !others.empty())
    body += "<details>\n<summary>The other measures</summary>\n" + others + "</details>\n";
  body += "</section>\n";
  return html_page("Comparison: " + t.scenario, body);
}

}  // namespace stampede
