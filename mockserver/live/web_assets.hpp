// The live page's source (mockserver/live/web/), embedded at build time by cmake/embed.cmake.
// Use: `control desk({.live_page = web::live_html}, seen);`
#pragma once

#include <string_view>

namespace stampede::web {

extern const std::string_view live_html;

}  // namespace stampede::web
