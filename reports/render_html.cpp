#include "reports/render_html.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <string_view>
#include <utility>

#include "core/check.hpp"
#include "reports/chart_data.hpp"
#include "reports/html_sections.hpp"
#include "reports/text.hpp"
#include "reports/web_assets.hpp"

namespace stampede {
namespace {

using slots = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// `page` with each {{name}} replaced. One pass: what is filled in is not looked at again, so
// a scenario cannot smuggle a slot in.
std::string filled(std::string_view page, slots values) {
  std::string out;
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t open = page.find("{{", at);
    out += page.substr(at, open - at);
    if (open == std::string_view::npos) break;
    const std::size_t close = page.find("}}", open);
    STAMPEDE_CHECK(close != std::string_view::npos);
    const std::string_view name = page.substr(open + 2, close - open - 2);
    bool found = false;
    for (const auto& [slot, value] : values) {
      if (slot != name) continue;
      out += value;
      found = true;
    }
    STAMPEDE_CHECK(found);
    at = close + 2;
  }
  return out;
}

std::string safe(const std::string& text) { return html_escaped(as_utf8(text)); }

}  // namespace

std::string render_html(const report& r) {
  const std::string top = header_html(r) + headline_html(r) + verdicts_html(r) + findings_html(r);
  return filled(web::report_html, {{"title", safe(r.info.scenario)},
                                   {"style", web::report_css},
                                   {"top", top},
                                   {"tables", tables_html(r)},
                                   {"source", source_html(r)},
                                   {"data", chart_data(r)},
                                   {"charts", web::chart_js},
                                   {"script", web::report_js}});
}

index_entry index_entry_for(const report& r, const std::string& link) {
  return {r.info.scenario, link, verdict_summary(r.verdicts), overall(r.verdicts)};
}

std::string render_index_html(const std::vector<index_entry>& entries) {
  std::string list;
  for (const index_entry& e : entries)
    list += fmt::format(
        "<li class=\"{0}\"><span class=\"mark\">{1}</span><a href=\"{2}\">{3}</a>"
        "<span class=\"why\">{4}</span></li>\n",
        e.result == verdict_result::inconclusive ? "unclear" : name_of(e.result), name_of(e.result),
        safe(e.link), safe(e.title), safe(e.summary));
  return filled(web::index_html, {{"style", web::report_css}, {"runs", list}});
}

}  // namespace stampede
