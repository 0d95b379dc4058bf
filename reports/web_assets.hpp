// The page's own sources (reports/web/) and Chart.js, embedded at build time by
// cmake/embed.cmake. Use: `fill(web::report_html, ...)`
#pragma once

#include <string_view>

namespace stampede::web {

extern const std::string_view report_html;
extern const std::string_view index_html;
extern const std::string_view report_css;
extern const std::string_view report_js;
extern const std::string_view chart_js;  // Chart.js 3.9, MIT licence, its notice included

}  // namespace stampede::web
