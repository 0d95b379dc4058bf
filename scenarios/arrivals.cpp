#include "scenarios/arrivals.hpp"

#include <algorithm>
#include <array>

#include "core/units.hpp"

namespace stampede {
namespace {

using enum arrival_kind;

constexpr std::int64_t most_calls = 1'000'000'000;
constexpr std::int64_t most_calls_at_once = 1'000'000;
// An instance that is refused locally (its breaker is open) asks again after its think time;
// without one it would do so for ever within one instant.
constexpr duration least_think_time = std::chrono::milliseconds{1};

std::string_view name_of(arrival_kind kind) {
  static constexpr std::array<std::string_view, 4> names{"closed_loop", "constant", "poisson",
                                                         "all_at_once"};
  return names[static_cast<std::size_t>(kind)];
}

struct owned_key {
  std::string_view key;
  std::string_view owners;  // for the message
  bool closed;
  bool open;
  bool at_once;
};

constexpr std::array<owned_key, 9> keys{{
    {"kind", "", true, true, true},
    {"calls", "", true, true, true},
    {"think_time", "\"closed_loop\"", true, false, false},
    {"pace", "\"closed_loop\"", true, false, false},
    {"spread", "\"closed_loop\"", true, false, false},
    {"rate", "\"constant\" or \"poisson\"", false, true, false},
    {"steps", "\"constant\" or \"poisson\"", false, true, false},
    {"ramp", "\"constant\" or \"poisson\"", false, true, false},
    {"at", "\"all_at_once\"", false, false, true},
}};

bool belongs(const owned_key& key, arrival_kind kind) {
  if (kind == closed_loop) return key.closed;
  return kind == all_at_once ? key.at_once : key.open;
}

std::optional<arrival_kind> read_kind(config_reader& read) {
  return read.choice<arrival_kind>("kind", {{"closed_loop", closed_loop},
                                            {"constant", constant},
                                            {"poisson", poisson},
                                            {"all_at_once", all_at_once}});
}

void refuse_keys_of_other_kinds(const config_table& table, arrival_kind kind) {
  for (const config_entry& entry : table.entries) {
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const owned_key& k) { return k.key == entry.key; });
    if (key == keys.end() || belongs(*key, kind)) continue;
    throw config_error(entry.place, "'" + entry.key + "' is for arrivals of kind " +
                                        std::string(key->owners) + "; these are \"" +
                                        std::string(name_of(kind)) + "\"" +
                                        (table.find("kind") ? "" : ", the default"));
  }
}

// A rate, or the text "0/s": nobody comes.
double read_rate_or_zero(config_reader& read, const config_table& table) {
  if (!read.has("rate")) read.fail("rate", "missing key 'rate', such as rate = \"20/s\"");
  const auto* text = std::get_if<std::string>(&table.find("rate")->value.data);
  if (text && *text == "0/s") return 0;
  return *read.rate("rate");
}

void read_points(config_reader& read, std::string_view key, duration length, arrival_plan& plan) {
  for (const config_table* point : read.tables(key)) {
    config_reader inner(*point);
    inner.need("at");
    const instant at = after(run_start, *inner.time("at"));
    if (at <= plan.rates.back().at)
      inner.fail("at", plan.rates.size() == 1
                           ? "'at' must be above 0s; the rate from the start on is 'rate'"
                           : "'at' must be later than that of the point before it, " +
                                 to_text(plan.rates.back().at.time_since_epoch()));
    if (at >= run_start + length)
      inner.fail("at", "'at' must be before the end of the run, " + to_text(length));
    const double per_second = read_rate_or_zero(inner, *point);
    inner.done();
    plan.rates.push_back({at, per_second});
  }
  if (plan.rates.size() == 1) read.fail(key, "'" + std::string(key) + "' must not be empty");
}

void read_open_loop(config_reader& read, duration length, arrival_plan& plan) {
  plan.rates.push_back({run_start, read_rate_or_zero(read, read.source())});
  const bool steps = read.has("steps");
  plan.ramp = read.has("ramp");
  if (steps && plan.ramp) read.fail("ramp", "'steps' and 'ramp' exclude each other; keep one");
  if (steps || plan.ramp) read_points(read, steps ? "steps" : "ramp", length, plan);
  const bool anybody = std::any_of(plan.rates.begin(), plan.rates.end(),
                                   [](const rate_point& p) { return p.per_second > 0; });
  if (!anybody) read.fail("rate", "'rate' must be above 0/s, at first or in a later step");
}

void read_closed_loop(config_reader& read, arrival_plan& plan) {
  plan.paced = read.has("pace");
  if (plan.paced && read.has("think_time"))
    read.fail("pace", "'think_time' and 'pace' exclude each other; keep one");
  const std::string key = plan.paced ? "pace" : "think_time";
  plan.think_time = read.times(key).value_or(distribution{distribution_kind::constant, 1e9, 0});
  if (mean_of(plan.think_time) < static_cast<double>(least_think_time.count()))
    read.fail(key, "'" + key + "' must be at least 1ms on average");
  plan.spread = read.time("spread").value_or(duration::zero());
}

// Token counts stay within the model's context, so that sums over a conversation of a
// thousand turns fit 32 bits.
distribution read_tokens(config_reader& read, std::string_view key, double otherwise) {
  constexpr double most = 1'048'576;
  const auto found = read.counts(key);
  if (!found) return {distribution_kind::constant, otherwise, 0};
  const bool uniform = found->kind == distribution_kind::uniform;
  if (found->a > most || (uniform && found->b > most))
    read.fail(key, "'" + std::string(key) + "' must be at most 1048576, the model's context");
  return *found;
}

}  // namespace

config_table merged_arrivals(const config_table& base, const config_table& over) {
  config_reader of_base(base);
  config_reader of_over(over);
  const auto kind = read_kind(of_over);
  if (kind && *kind != read_kind(of_base).value_or(closed_loop)) return over;
  return base.merged_with(over);
}

arrival_plan read_arrivals(const config_table& table, duration length) {
  config_reader read(table);
  arrival_plan plan;
  plan.kind = read_kind(read).value_or(closed_loop);
  check_arrival_keys(table);
  refuse_keys_of_other_kinds(table, plan.kind);
  const bool at_once = plan.kind == all_at_once;
  plan.calls = static_cast<std::uint32_t>(
      read.integer("calls", at_once ? 1 : 0, at_once ? most_calls_at_once : most_calls)
          .value_or(at_once ? 1 : 0));
  switch (plan.kind) {
    case closed_loop: read_closed_loop(read, plan); break;
    case constant:
    case poisson: read_open_loop(read, length, plan); break;
    case all_at_once:
      plan.at = after(run_start, read.time("at").value_or(duration::zero()));
      if (plan.at >= run_start + length)
        read.fail("at", "'at' must be before the end of the run, " + to_text(length));
      break;
  }
  return plan;
}

void check_arrival_keys(const config_table& table) {
  config_reader read(table);
  for (const owned_key& key : keys) read.has(key.key);
  read.done();
}

workload_plan read_workload(const config_table& table) {
  config_reader read(table);
  workload_plan plan;
  plan.model = read.text("model").value_or(plan.model);
  if (plan.model.empty()) read.fail("model", "'model' must not be empty");
  plan.turns = static_cast<std::uint32_t>(read.integer("turns", 1, 1000).value_or(1));
  plan.cached_tokens =
      static_cast<std::int32_t>(read.integer("cached_tokens", 0, 1'048'576).value_or(0));
  plan.prompt_tokens = read_tokens(read, "prompt_tokens", 200);
  plan.output_tokens = read_tokens(read, "output_tokens", 300);
  plan.service_time = read.times("service_time");
  plan.stream = read.flag("stream").value_or(false);
  plan.thinking = read.flag("thinking").value_or(false);
  plan.json_mode = read.flag("json_mode").value_or(false);
  read.done();
  return plan;
}

}  // namespace stampede
