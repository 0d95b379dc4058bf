#include "harness/commands/run_both.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/check.hpp"
#include "core/units.hpp"
#include "reports/render_json.hpp"
#include "reports/text.hpp"
#include "reports/text_table.hpp"

namespace stampede {
namespace {

constexpr const char* headlines[] = {"calls",
                                     "success_rate",
                                     "attempts",
                                     "retry_rate",
                                     "amplification",
                                     "retries_per_minute.peak",
                                     "early_retries",
                                     "latency.p50",
                                     "latency.p99",
                                     "herd.peak_to_mean",
                                     "herd.largest_return",
                                     "cost.total",
                                     "cost.per_success",
                                     "cost.overhead"};

// The first few of each kind say what there is to look at; the journals have the rest.
constexpr std::size_t most_shown = 3;

std::string difference_text(std::optional<double> a, std::optional<double> b) {
  if (!a || !b) return "";
  if (*a == *b) return "=";
  if (*a == 0) return "";
  return fmt::format("{:+.2f} %", (*b - *a) / *a * 100);
}

std::string table(const report& sim, const report& live) {
  text_table rows("lrrr");
  rows.row({"", "sim", "live", "difference"});
  for (const char* name : headlines) {
    const named_measure* m = find_measure(name);
    STAMPEDE_CHECK(m != nullptr);
    const auto a = m->value({sim.numbers, sim.numbers.whole});
    const auto b = m->value({live.numbers, live.numbers.whole});
    const auto text = [&](const std::optional<double>& v) {
      return v ? value_text(m->unit, *v) : std::string("-");
    };
    rows.row({name, text(a), text(b), difference_text(a, b)});
  }
  return rows.text("  ");
}

std::string event_text(const parting& p, std::size_t side) {
  return p.events[side].empty() ? "(nothing more)" : p.events[side] + p.decisions[side];
}

std::string parting_text(const parting& p) {
  std::string out = fmt::format("    instance {}, event {}\n", p.instance, p.event);
  for (std::size_t side = 0; side < 2; ++side)
    out += fmt::format("      {} {:>12}  {}\n", side == 0 ? "sim " : "live",
                       p.at[side] == never ? "" : to_short_text(p.at[side] - run_start),
                       event_text(p, side));
  return out;
}

std::string conformance_text(const conformance& c) {
  std::string out = fmt::format(
      "  {} of {} instances diverged ({}); before that {} events and {} decisions are equal\n",
      c.diverged.size(), c.instances, percent_text(c.diverged_share()),
      count_text(static_cast<std::int64_t>(c.equal_events)),
      count_text(static_cast<std::int64_t>(c.equal_decisions)));
  for (int i = 0; i < divergence_count; ++i) {
    const auto how = static_cast<divergence>(i);
    if (c.count(how) == 0) continue;
    out += fmt::format("  {}: {}, first\n", name_of(how), c.count(how));
    out += parting_text(*std::find_if(c.diverged.begin(), c.diverged.end(),
                                      [how](const parting& p) { return p.how == how; }));
  }
  if (c.violations.empty()) return out;
  out += fmt::format("  FAILED: {} instances decided differently on equal events\n",
                     c.violations.size());
  for (std::size_t i = 0; i < std::min(most_shown, c.violations.size()); ++i)
    out += parting_text(c.violations[i]);
  return out;
}

nlohmann::ordered_json json_of(const std::vector<parting>& partings, bool with_kind) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const parting& p : partings) {
    nlohmann::ordered_json one = {{"instance", p.instance}, {"event", p.event}};
    if (with_kind) one["kind"] = name_of(p.how);
    one["sim"] = event_text(p, 0);
    one["live"] = event_text(p, 1);
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

std::string side_by_side(const report& sim, const report& live, const conformance& c) {
  return table(sim, live) + "\n" + conformance_text(c);
}

std::string side_by_side_json(const report& sim, const report& live, const conformance& c) {
  const auto of = [](const report& r) { return nlohmann::ordered_json::parse(render_json(r)); };
  const nlohmann::ordered_json all = {{"sim", of(sim)},
                                      {"live", of(live)},
                                      {"conformance",
                                       {{"instances", c.instances},
                                        {"diverged", c.diverged.size()},
                                        {"diverged_share", c.diverged_share()},
                                        {"equal_events", c.equal_events},
                                        {"equal_decisions", c.equal_decisions},
                                        {"first_differences", json_of(c.diverged, true)},
                                        {"violations", json_of(c.violations, false)}}}};
  return all.dump(2) + "\n";
}

}  // namespace stampede
