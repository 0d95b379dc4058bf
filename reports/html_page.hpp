// A self-contained page without script: the style sheet, a title and what is put into it.
// Use: `return html_page("Comparison", body);`
#pragma once

#include <string>

namespace stampede {

// `body` is HTML, the title plain text.
std::string html_page(const std::string& title, const std::string& body);

}  // namespace stampede
