#include "reports/html_page.hpp"

#include "reports/text.hpp"
#include "reports/web_assets.hpp"

namespace stampede {

std::string html_page(const std::string& title, const std::string& body) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; img-src data:\">\n<link rel=\"icon\" href=\"data:,\">\n<title>";
  page += html_escaped(as_utf8(title)) + " – stampede</title>\n<style>\n";
  page += web::report_css;
  page += "</style>\n</head>\n<body>\n<main>\n" + body;
  return page +
         "<footer><p>stampede. The numbers are defined in docs/measures.md.</p></footer>\n</main>\n"
         "</body>\n</html>\n";
}

}  // namespace stampede
