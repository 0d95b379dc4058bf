#include "reports/render_series.hpp"

#include <fmt/format.h>

#include <array>

namespace stampede {
namespace {

struct column {
  const char* name;
  const std::vector<std::int64_t> load_series::*counts;
};

constexpr std::array<column, 7> columns{{{"arrivals", &load_series::arrivals},
                                         {"first_tries", &load_series::first_tries},
                                         {"retries", &load_series::retries},
                                         {"successes", &load_series::successes},
                                         {"rate_limited", &load_series::rate_limited},
                                         {"overloaded", &load_series::overloaded},
                                         {"other_failures", &load_series::other_failures}}};

// `line` is called with the bin's start in milliseconds and its number.
template <class Line>
void each_bin(const load_series& s, Line line) {
  for (std::size_t i = 0; i < s.arrivals.size(); ++i)
    line(to_milliseconds(s.width * static_cast<std::int64_t>(i)), i);
}

}  // namespace

std::string render_series_csv(const report& r) {
  const load_series& s = r.numbers.load;
  std::string out = "from_ms,width_ms";
  for (const column& c : columns) out += fmt::format(",{}", c.name);
  out += "\r\n";
  each_bin(s, [&](double from, std::size_t i) {
    out += fmt::format("{},{}", from, to_milliseconds(s.width));
    for (const column& c : columns) out += fmt::format(",{}", (s.*c.counts)[i]);
    out += "\r\n";
  });
  return out;
}

std::string render_series_ndjson(const report& r) {
  const load_series& s = r.numbers.load;
  std::string out;
  each_bin(s, [&](double from, std::size_t i) {
    out += fmt::format("{{\"from_ms\":{},\"width_ms\":{}", from, to_milliseconds(s.width));
    for (const column& c : columns) out += fmt::format(",\"{}\":{}", c.name, (s.*c.counts)[i]);
    out += "}\n";
  });
  return out;
}

}  // namespace stampede
