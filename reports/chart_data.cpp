#include "reports/chart_data.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "reports/text.hpp"

namespace stampede {
namespace {

using json = nlohmann::ordered_json;  // keys stay in the order written

constexpr std::size_t most_points = 480;

json summed(const std::vector<std::int64_t>& bins, std::size_t by) {
  json out = json::array();
  for (std::size_t i = 0; i < bins.size(); i += by) {
    std::int64_t sum = 0;
    for (std::size_t k = i; k < std::min(bins.size(), i + by); ++k) sum += bins[k];
    out.push_back(sum);
  }
  return out;
}

json load_data(const load_series& s) {
  const std::size_t by =
      std::max<std::size_t>(1, (s.arrivals.size() + most_points - 1) / most_points);
  const double width = to_seconds(s.width) * static_cast<double>(by);
  return {{"bin_s", width},
          {"first_tries", summed(s.first_tries, by)},
          {"retries", summed(s.retries, by)},
          {"successes", summed(s.successes, by)},
          {"rate_limited", summed(s.rate_limited, by)},
          {"overloaded", summed(s.overloaded, by)},
          {"other_failures", summed(s.other_failures, by)}};
}

// A percentage, finer than a pixel.
double hundredths(std::int64_t part, double whole) {
  return std::round(1e4 * static_cast<double>(part) / whole) / 100;
}

// The share of all calls that had ended, and that had succeeded, within each limit.
json latency_data(const call_measures& c) {
  json seconds = json::array();
  json ended = json::array();
  json succeeded = json::array();
  if (c.latency.count() > 0) {
    const auto all = static_cast<double>(c.latency.count());
    for (const auto& [limit, above] : c.latency.curve()) {
      const std::int64_t done = c.latency.count() - above;
      const std::int64_t good = c.success_latency.count() - c.success_latency.above_on_grid(limit);
      seconds.push_back(to_seconds(limit));
      ended.push_back(hundredths(done, all));
      succeeded.push_back(hundredths(good, all));
    }
  }
  return {{"seconds", seconds}, {"ended", ended}, {"succeeded", succeeded}};
}

json cost_data(const cost_measures& c) {
  json names = json::array();
  json usd = json::array();
  json shown = json::array();
  for (int i = 0; i < cost_cause_count; ++i) {
    const auto cause = static_cast<cost_cause>(i);
    names.push_back(name_of(cause));
    usd.push_back(to_usd(c.of(cause)));
    shown.push_back(money_text(c.of(cause)));
  }
  return {{"causes", names}, {"usd", usd}, {"shown", shown}};
}

json fault_data(const report& r) {
  json faults = json::array();
  const double end = to_seconds(r.numbers.measured);
  for (const fault_window& f : r.info.faults) {
    const double to = f.to == never ? end : std::min(end, to_seconds(f.to));
    if (to_seconds(f.from) >= end) continue;
    faults.push_back({{"kind", as_utf8(f.kind)}, {"from", to_seconds(f.from)}, {"to", to}});
  }
  return faults;
}

// No '<', '>' or '&' reaches the HTML parser, and nothing outside ASCII either.
std::string script_safe(const json& data) {
  const std::string text = data.dump(-1, ' ', true);
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    switch (c) {
      case '<': out += "\\u003c"; break;
      case '>': out += "\\u003e"; break;
      case '&': out += "\\u0026"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::string chart_data(const report& r) {
  return script_safe({{"end_s", to_seconds(r.numbers.measured)},
                      {"alert_line", r.numbers.whole.retries.alert_line},
                      {"faults", fault_data(r)},
                      {"load", load_data(r.numbers.load)},
                      {"latency", latency_data(r.numbers.whole.calls)},
                      {"cost", cost_data(r.numbers.whole.cost)}});
}

}  // namespace stampede
