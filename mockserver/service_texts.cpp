#include "mockserver/service_texts.hpp"

#include <array>

namespace stampede {
namespace {

struct row {
  std::int16_t status;
  service_text text;
};

constexpr std::string_view bad = "invalid_request_error";

constexpr std::array<row, 29> rows{{
    {200, {"OK", "", "", ""}},
    {201, {"Created", "", "", ""}},
    {202, {"Accepted", "", "", ""}},
    {300, {"Multiple Choices", "", "", ""}},
    {301, {"Moved Permanently", "", "", ""}},
    {302, {"Found", "", "", ""}},
    {303, {"See Other", "", "", ""}},
    {307, {"Temporary Redirect", "", "", ""}},
    {308, {"Permanent Redirect", "", "", ""}},
    {400, {"Bad Request", "Invalid request", bad, bad}},
    {401, {"Unauthorized", "Authentication Fails", "authentication_error", bad}},
    {402, {"Payment Required", "Insufficient Balance", "unknown_error", bad}},
    {403, {"Forbidden", "Forbidden", bad, bad}},
    {404, {"Not Found", "Not Found", bad, bad}},
    {405, {"Method Not Allowed", "Method Not Allowed", bad, bad}},
    {408, {"Request Timeout", "Request Timeout", bad, bad}},
    {409, {"Conflict", "Conflict", bad, bad}},
    {411, {"Length Required", "The request states no Content-Length", bad, bad}},
    {413, {"Content Too Large", "Request body too large", bad, bad}},
    {414, {"URI Too Long", "Request target too long", bad, bad}},
    {417, {"Expectation Failed", "Only 100-continue is known", bad, bad}},
    {422, {"Unprocessable Entity", "Invalid parameters", bad, bad}},
    // The body of April 2026 is not known; the type is that of later captures.
    {429,
     {"Too Many Requests", "Rate limit reached. Please pace your requests.", "rate_limit_error",
      bad}},
    {431, {"Request Header Fields Too Large", "Request header fields too large", bad, bad}},
    {500, {"Internal Server Error", "Internal Server Error", "internal_error", "internal_error"}},
    {501, {"Not Implemented", "Not Implemented", "internal_error", "internal_error"}},
    {502, {"Bad Gateway", "Bad Gateway", "internal_error", "internal_error"}},
    {503,
     {"Service Unavailable",
      "Service is too busy. We advise users to temporarily switch to alternative LLM API "
      "service providers.",
      "service_unavailable_error", "service_unavailable_error"}},
    {504, {"Gateway Timeout", "Gateway Timeout", "internal_error", "internal_error"}},
}};

// Where in rows each status is, lest every refusal search for its own.
constexpr std::size_t first_status = 200;
constexpr auto places = [] {
  std::array<std::uint8_t, 400> all{};
  all.fill(rows.size());
  for (std::uint8_t i = 0; i < rows.size(); ++i)
    all[static_cast<std::size_t>(rows[i].status) - first_status] = i;
  return all;
}();

}  // namespace

service_text service_text_of(std::int16_t status) {
  const std::size_t at = static_cast<std::size_t>(status) - first_status;
  if (at < places.size() && places[at] < rows.size()) return rows[places[at]].text;
  if (status < 400) return {"OK", "", "", ""};
  if (status < 500) return {"Client Error", "Request refused", bad, bad};
  return {"Server Error", "Server error", "internal_error", "internal_error"};
}

}  // namespace stampede
