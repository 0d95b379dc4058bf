// A request for one of the mock's own pages (control API, metrics, live page) and its answer:
// what the listener passes on unread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/instant.hpp"
#include "mockserver/request.hpp"

namespace stampede {

struct page_request {
  std::string_view method;
  std::string_view target;
  std::span<const header_field> headers;
  std::string_view body;
};

struct page {
  std::int16_t status = 200;
  std::string_view content_type = "application/json";
  std::string body;
  std::string_view allow;  // with 405
};

// What only the listener knows.
struct wire_facts {
  std::uint64_t connections = 0;
  std::uint64_t refused = 0;  // requests that were not HTTP, or beyond a limit
  duration lateness{0};       // of wake-ups, 99th percentile
};

class server_model;

// Answers requests for the mock's own pages.
class page_source {
 public:
  virtual ~page_source() = default;
  virtual bool takes(std::string_view target) const = 0;
  virtual page answer(const page_request&, server_model&, const wire_facts&, instant now) = 0;
};

// The value of the header `name` (lower case), "" where it is absent.
std::string_view header_of(const page_request& request, std::string_view name);

}  // namespace stampede
