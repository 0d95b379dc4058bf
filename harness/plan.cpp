#include "harness/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"
#include "harness/arrivals.hpp"

namespace stampede {
namespace {

// What an expectation may be about.
expectable names_of(const scenario& what, const server_settings& server) {
  expectable names;
  for (const group_plan& g : what.fleet) {
    names.groups.push_back(g.name);
    names.models.push_back(g.workload.model);
  }
  std::vector<fault_window> windows;
  for (const fault_rule& fault : parse_faults(what.faults))
    windows.push_back({.kind = std::string(fault.kind()), .description = {}});
  if (!server.capacity.empty()) windows.push_back({.kind = "capacity", .description = {}});
  names.faults = fault_kinds(windows);
  return names;
}

// The most attempts any single layer allows over one model; 0 where one has no limit. Layers
// multiply, and that is for a report to find.
int attempts_of_a_layer(const client_policy& policy) {
  std::uint32_t most = policy.max_attempts;
  for (const client_policy& layer : policy.outer) {
    if (most == 0 || layer.max_attempts == 0) return 0;
    most = std::max(most, layer.max_attempts);
  }
  return static_cast<int>(most);
}

// Slots over time: a later window decides where two overlap.
std::vector<slot_change> slots_of(const server_settings& server) {
  if (server.slots == 0) return {};
  std::vector<instant> cuts{run_start};
  for (const capacity_window& w : server.capacity) {
    cuts.push_back(w.at);
    if (w.length != forever) cuts.push_back(after(w.at, w.length));
  }
  std::sort(cuts.begin(), cuts.end());
  std::vector<slot_change> changes;
  for (const instant t : cuts) {
    std::int64_t slots = server.slots;
    for (const capacity_window& w : server.capacity)
      if (w.slots && t >= w.at && (w.length == forever || t < after(w.at, w.length)))
        slots = *w.slots;
    if (changes.empty() || changes.back().slots != slots) changes.push_back({t, slots});
  }
  return changes;
}

// The longest a fault may hold a request before it is answered.
duration longest_hold(const std::vector<fault_rule>& faults) {
  duration longest = std::chrono::seconds(1);
  for (const fault_rule& fault : faults)
    for (const duration d : fault.delays()) longest = std::max(longest, d);
  return longest;
}

void collect(std::vector<duration>& into, const std::vector<duration>& delays) {
  into.insert(into.end(), delays.begin(), delays.end());
}

std::string distribution_words(const distribution& d, bool is_time) {
  const auto value = [&](double v) {
    return is_time ? to_text(duration{static_cast<std::int64_t>(v)}) : fmt::format("{:g}", v);
  };
  switch (d.kind) {
    case distribution_kind::constant: return value(d.a);
    case distribution_kind::exponential: return fmt::format("exponential, mean {}", value(d.a));
    case distribution_kind::lognormal:
      return fmt::format("lognormal, median {}, sigma {:g}", value(d.a), d.b);
    case distribution_kind::uniform: return fmt::format("{} to {}", value(d.a), value(d.b));
  }
  return "";
}

std::string arrival_words(const arrival_plan& a) {
  std::string text;
  switch (a.kind) {
    case arrival_kind::closed_loop:
      text = "each asks again " + distribution_words(a.think_time, true) +
             (a.paced ? " after its last question, or when that is answered if it takes longer"
                      : " after its last answer");
      break;
    case arrival_kind::all_at_once: text = "all ask at " + to_text(a.at.time_since_epoch()); break;
    case arrival_kind::constant:
    case arrival_kind::poisson: {
      text = a.kind == arrival_kind::poisson ? "Poisson arrivals, " : "evenly spaced arrivals, ";
      for (std::size_t i = 0; i < a.rates.size(); ++i)
        text += fmt::format("{}{:g}/s{}", i ? (a.ramp ? ", rising or falling to " : ", ") : "",
                            a.rates[i].per_second,
                            i ? " at " + to_text(a.rates[i].at.time_since_epoch()) : "");
      break;
    }
  }
  if (a.calls > 0) text += fmt::format(", {} call{} each", a.calls, a.calls == 1 ? "" : "s");
  return text;
}

std::string workload_words(const workload_plan& w) {
  std::string text = fmt::format(
      "{}: {} cached and {} fresh prompt tokens, {} output tokens", w.model, w.cached_tokens,
      distribution_words(w.prompt_tokens, false), distribution_words(w.output_tokens, false));
  if (w.turns > 1) text += fmt::format(", conversations of {} turns", w.turns);
  if (w.service_time) text += ", service time " + distribution_words(*w.service_time, true);
  if (w.stream) text += ", streamed";
  if (w.thinking) text += ", thinking";
  if (w.json_mode) text += ", JSON mode";
  return text;
}

}  // namespace

std::uint32_t run_plan::instances() const {
  std::uint32_t sum = 0;
  for (const group_setup& g : groups) sum += g.plan.instances;
  return sum;
}

namespace {

// A fault that can never meet a request is a mistake in the file.
void check_fault_windows(const scenario& what) {
  if (what.fleet.empty()) return;  // served, for as long as somebody likes
  const instant end = after(after(run_start, what.length), what.drain);
  const std::vector<fault_rule> faults = parse_faults(what.faults);
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (faults[i].from() < end) continue;
    const config_entry* at = what.faults[i].find("at");
    throw config_error(
        at ? at->value.place : what.faults[i].place,
        fmt::format("the fault starts at {}, after the end of the run ({} and {} of drain)",
                    to_text(faults[i].from() - run_start), to_text(what.length),
                    to_text(what.drain)));
  }
}

}  // namespace

run_plan build_plan(scenario what, std::optional<std::uint64_t> seed) {
  run_plan plan;
  plan.seed = seed.value_or(what.seed);
  plan.server = parse_server(what.server);
  parse_faults(what.faults);
  check_fault_windows(what);
  plan.expectations = parse_expectations(what.expect, names_of(what, plan.server));
  std::uint32_t first = 0;
  for (const group_plan& g : what.fleet) {
    group_setup setup{g, {}, first};
    if (g.api_key.empty()) setup.plan.api_key = fleet_key(plan);
    setup.client.policy = parse_policy(g.client);
    setup.client.models = model_chain(setup.client.policy, g.workload.model, plan.server.date);
    setup.client.group = static_cast<std::uint16_t>(plan.groups.size());
    setup.client.seed = plan.seed;
    first += g.instances;
    plan.groups.push_back(std::move(setup));
  }
  plan.what = std::move(what);
  return plan;
}

std::string fleet_key(const run_plan& plan) {
  if (!plan.server.accounts.empty()) return plan.server.accounts.front().keys.front();
  return plan.server.api_keys.empty() ? "sk-stampede-fleet" : plan.server.api_keys.front();
}

std::vector<std::string> api_keys_of(const run_plan& plan) {
  std::vector<std::string> keys = plan.server.api_keys;
  for (const account_settings& a : plan.server.accounts) {
    keys.insert(keys.end(), a.keys.begin(), a.keys.end());
    keys.insert(keys.end(), a.revoked.begin(), a.revoked.end());
    for (const key_rotation& r : a.rotations) {
      keys.push_back(r.revoke);
      keys.push_back(r.add);
    }
  }
  for (const group_setup& g : plan.groups) keys.push_back(g.plan.api_key);
  // Where one begins like another, the longer one is meant.
  std::sort(keys.begin(), keys.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  if (!keys.empty() && keys.back().empty()) keys.pop_back();
  return keys;
}

std::string with_keys_masked(std::string_view text, const std::vector<std::string>& keys) {
  constexpr std::string_view begin = "sk-";
  constexpr std::size_t shortest = 4;  // a shorter one is half of many words
  const auto in_key = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  };
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    std::size_t length = 0;
    for (const std::string& key : keys)
      if (length == 0 && key.size() >= shortest && rest.starts_with(key)) length = key.size();
    const bool inside_a_word = at > 0 && in_key(text[at - 1]);  // "task-force"
    if (length == 0 && rest.starts_with(begin) && !inside_a_word)
      for (length = begin.size(); length < rest.size() && in_key(rest[length]);) ++length;
    if (length == 0) {
      out += text[at++];
      continue;
    }
    out += rest.starts_with(begin) ? "sk-****" : "****";
    if (length >= 12) out += rest.substr(length - 4, 4);
    at += length;
  }
  return out;
}

run_info info_of(const run_plan& plan, const std::string& engine, double speed) {
  run_info info;
  info.scenario = plan.what.name;
  info.description = plan.what.description;
  info.path = plan.what.path;
  const std::vector<std::string> keys = api_keys_of(plan);
  info.source = with_keys_masked(plan.what.source, keys);
  for (const std::string& change : plan.what.changes)
    info.changes.push_back(with_keys_masked(change, keys));
  info.engine = engine;
  info.seed = plan.seed;
  info.speed = speed;
  info.length = plan.what.length;
  info.service_date = plan.server.date;
  for (const group_setup& g : plan.groups)
    info.groups.push_back({g.plan.name, g.client.policy.name, g.plan.workload.model,
                           g.plan.instances, attempts_of_a_layer(g.client.policy),
                           static_cast<int>(g.client.models.size())});
  info.slots = slots_of(plan.server);
  info.scopes = scopes_of(plan.expectations);
  for (const fault_rule& fault : plan.make_faults())
    info.faults.push_back({std::string(fault.kind()), fault.describe(), fault.from(), fault.to()});
  for (const capacity_window& w : plan.server.capacity) {
    std::string text = "capacity";
    if (w.speed) text += fmt::format(", speed x {:g}", *w.speed / 1000.0);
    if (w.slots) text += fmt::format(", {} slots", *w.slots);
    info.faults.push_back(
        {"capacity", text, w.at, w.length == forever ? never : after(w.at, w.length)});
  }
  return info;
}

void note_faults(run_info& info, const std::vector<std::vector<fault_statement>>& runs) {
  for (std::size_t i = 0; !runs.empty() && i < runs.front().size(); ++i) {
    fault_window& f = info.faults[i];
    f.taken = runs.front()[i].taken;
    const bool never_met = std::all_of(runs.begin(), runs.end(),
                                       [&](const auto& run) { return !run[i].unmet.empty(); });
    if (!never_met) continue;
    f.unmet = runs.front()[i].unmet;
    info.warnings.push_back(fmt::format("fault {} ({}) {}", i + 1, f.kind, f.unmet));
  }
}

std::vector<std::string> describe(const run_plan& plan) {
  std::vector<std::string> lines;
  const scenario& s = plan.what;
  lines.push_back(fmt::format("{}: {}", s.name, s.description));
  lines.push_back(fmt::format("  new calls start for {}, calls under way may take {} more; seed {}",
                              to_text(s.length), to_text(s.drain), plan.seed));
  lines.push_back("The server:");
  for (const std::string& line : describe(plan.server)) lines.push_back("  " + line);
  for (const group_setup& g : plan.groups) {
    lines.push_back(fmt::format("{} ({} instance{}):", g.plan.name, g.plan.instances,
                                g.plan.instances == 1 ? "" : "s"));
    lines.push_back("  " + arrival_words(g.plan.arrivals));
    lines.push_back("  " + workload_words(g.plan.workload));
    lines.push_back("  policy " + g.client.policy.name + ":");
    for (const std::string& line : describe(g.client.policy)) lines.push_back("    " + line);
  }
  const auto faults = plan.make_faults();
  if (!faults.empty()) lines.push_back("What goes wrong:");
  for (const fault_rule& fault : faults) {
    const std::string until = fault.to() == never ? "the end" : to_text(fault.to() - run_start);
    lines.push_back(fmt::format("  {} to {}: {} ({})", to_text(fault.from() - run_start), until,
                                fault.describe(), fault.kind()));
  }
  if (!plan.expectations.empty()) lines.push_back("What is expected:");
  for (const expectation& e : plan.expectations)
    lines.push_back(fmt::format("  {}{} {}", e.of == scope{} ? "" : scope_text(e.of) + ": ",
                                e.measure, e.text));
  const speed_limit limit = speed_limit_of(plan);
  lines.push_back("On real sockets:");
  lines.push_back(fmt::format("  speed at most {:g} (the shortest delay is {}), about {} sockets",
                              limit.most, to_short_text(limit.shortest), expected_sockets(plan)));
  return lines;
}

speed_limit speed_limit_of(const run_plan& plan) {
  const bool streams = std::any_of(plan.groups.begin(), plan.groups.end(),
                                   [](const group_setup& g) { return g.plan.workload.stream; });
  server_settings server = plan.server;
  // Without a stream nobody sees the gap between two of its batches.
  if (!streams) server.stream_interval = duration::zero();
  std::vector<duration> delays = delays_of(server);
  for (const fault_rule& fault : plan.make_faults()) collect(delays, fault.delays());
  for (const group_setup& g : plan.groups) {
    collect(delays, delays_of(g.client.policy));
    const auto add = [&](const distribution& d) {
      delays.push_back(
          duration{static_cast<std::int64_t>(least_of(d) > 0 ? least_of(d) : mean_of(d))});
    };
    if (g.plan.arrivals.kind == arrival_kind::closed_loop) add(g.plan.arrivals.think_time);
    if (g.plan.workload.service_time) add(*g.plan.workload.service_time);
  }
  std::erase_if(delays, [](duration d) { return d <= duration::zero(); });
  if (delays.empty()) return {1000, forever};
  const duration shortest = *std::min_element(delays.begin(), delays.end());
  const double most = to_milliseconds(shortest) / 2.0;
  return {std::clamp(most, 0.001, 1000.0), shortest};
}

std::uint64_t expected_sockets(const run_plan& plan) {
  const duration longest = longest_hold(plan.make_faults());
  double attempts = 0;
  for (const group_setup& g : plan.groups) {
    const duration timeout = g.client.policy.timeout;
    const double hold =
        to_seconds(timeout > duration::zero() ? std::min(longest, timeout) : longest);
    const arrival_plan& a = g.plan.arrivals;
    const double n = g.plan.instances;
    const double all = n * (a.calls == 0 ? 1e9 : a.calls);
    switch (a.kind) {
      case arrival_kind::closed_loop: attempts += n; break;
      case arrival_kind::all_at_once: attempts += all; break;
      case arrival_kind::constant:
      case arrival_kind::poisson:
        attempts +=
            std::min(all, plan.server.slots + plan.server.queue_places + peak_rate(a) * hold);
        break;
    }
  }
  return static_cast<std::uint64_t>(2 * attempts) + 64;
}

}  // namespace stampede
