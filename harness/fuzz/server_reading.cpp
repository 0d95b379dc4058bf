#include "harness/fuzz/server_reading.hpp"

#include <algorithm>
#include <numeric>

#include "core/draw.hpp"
#include "core/units.hpp"

namespace stampede {
namespace {

duration whole_seconds(duration d) { return std::chrono::ceil<std::chrono::seconds>(d); }

void read_gate(config_reader& read, fault_reading& f) {
  f.from = run_start + read.time("at").value_or(duration::zero());
  if (const auto length = read.time("for")) f.to = after(f.from, *length);
  f.ratio = read.ratio("ratio").value_or(1.0);
  f.count = read.integer("count", 0, INT64_MAX);
  const config_table* match = read.table("match");
  if (!match) return;
  config_reader inner(*match);
  if (const auto model = inner.text("model"))
    f.model = *model == "deepseek-v4-pro" ? std::uint8_t{1} : std::uint8_t{0};
  f.stream = inner.flag("stream");
  f.attempt = inner.integer("attempt", 0, INT64_MAX);
  f.key = inner.text("key");
  f.instance = inner.integer("instance", 0, INT64_MAX);
  f.path = inner.text("path");
}

// What a client understands of it, and what the server holds it to.
void read_retry_after(const config_table& table, fault_reading& f) {
  config_reader read(table);
  constexpr std::int64_t a_century = 3'200'000'000;
  if (const auto text = read.text("retry_after_text")) {
    if (parse_number(*text)) f.retry_after = std::chrono::seconds(a_century);
    return;
  }
  duration wait = f.kind == "rate_limit" ? std::chrono::seconds(20) : no_duration;
  if (const auto text = read.text("retry_after"))
    wait = *text == "none" ? no_duration : parse_duration(*text).value_or(duration::zero());
  if (const auto text = read.text("retry_after"); text && text->starts_with('-')) {
    f.retry_after = -parse_duration(text->substr(1)).value_or(duration::zero());
    return;  // heard as it is, and held to by nobody
  }
  if (wait == no_duration) return;
  const std::string as = read.text("retry_after_as").value_or("seconds");
  const bool fine = as == "ms" || as == "decimal";
  const duration told =
      fine ? duration{std::chrono::ceil<std::chrono::milliseconds>(wait)} : whole_seconds(wait);
  f.retry_after = told;
  if (told > duration::zero()) f.remembered = told;
}

fault_reading read_fault(const config_table& table) {
  config_reader read(table);
  fault_reading f;
  f.kind = read.text("kind").value_or("");
  read_gate(read, f);
  const std::int64_t usual = f.kind == "outage"       ? 503
                             : f.kind == "rate_limit" ? 429
                             : f.kind == "wrong_type" ? 502
                                                      : 0;
  f.status = static_cast<std::int16_t>(read.integer("status", 0, 999).value_or(usual));
  read_retry_after(table, f);
  f.scope = read.text("scope").value_or("call");
  f.admit = read.rate("admit");
  const auto a_seconds_worth = static_cast<std::int64_t>(f.admit.value_or(1));
  f.burst =
      std::max<std::int64_t>(1, read.integer("burst", 1, INT64_MAX).value_or(a_seconds_worth));
  f.silent = read.flag("silent").value_or(false);
  f.then = read.text("then").value_or("answer");
  f.ending = read.text("ending").value_or("clean");
  const auto length = f.kind == "latency"                           ? read.times("add")
                      : f.kind == "queue_hang" || f.kind == "stall" ? read.times("hold")
                      : f.breaks()                                  ? read.times("wait")
                                                                    : std::nullopt;
  if (length && length->kind == distribution_kind::constant)
    f.length = duration{static_cast<std::int64_t>(length->a + 0.5)};
  if (f.kind == "queue_hang" && !length) f.length = std::chrono::seconds(60);
  if (f.breaks() && !length) f.length = duration::zero();
  f.cuts = read.has("cut_at");
  f.lines = read.texts("sequence");
  f.per = read.text("per").value_or("call");
  f.repeats = read.flag("repeat").value_or(false);
  return f;
}

}  // namespace

bool fault_reading::of_the_answer() const {
  constexpr std::string_view kinds[] = {"truncate",       "empty_content", "insufficient_resource",
                                        "malformed_json", "error_event",   "missing_finish",
                                        "slow_stream",    "stall"};
  return (breaks() && cuts) ||
         std::find(std::begin(kinds), std::end(kinds), kind) != std::end(kinds);
}

bool fault_reading::delays() const {
  return kind == "latency" || kind == "queue_hang" || kind == "sequence" || (breaks() && !cuts);
}

bool fault_reading::takes_all(const exchange_record& x) const {
  if (admit || count) return false;
  return kind != "sequence" || line_for(x).value_or("ok") != "ok";
}

std::optional<std::string> fault_reading::line_for(const exchange_record& x) const {
  if (per != "call") return std::nullopt;
  const std::size_t turn = x.attempt - 1U;
  if (turn >= lines.size() && !repeats) return "ok";
  return lines[turn % lines.size()];
}

std::optional<std::uint32_t> promised_slots(const server_settings& settings, instant t) {
  std::optional<std::uint32_t> slots;
  if (settings.slots > 0) slots = settings.slots;
  for (const capacity_window& w : settings.capacity)
    if (w.slots && t >= w.at && t < after(w.at, w.length)) slots = *w.slots;
  return slots;
}

std::vector<instant> capacity_changes(const server_settings& settings) {
  std::vector<instant> changes;
  for (const capacity_window& w : settings.capacity) {
    changes.push_back(w.at);
    changes.push_back(after(w.at, w.length));
  }
  std::sort(changes.begin(), changes.end());
  return changes;
}

std::vector<fault_reading> read_faults(const run_plan& plan) {
  std::vector<fault_reading> faults;
  for (const config_table& table : plan.what.faults) faults.push_back(read_fault(table));
  return faults;
}

requests_by_call::requests_by_call(const evidence& seen) : serials_(seen.requests.size()) {
  const auto call = [&](std::uint32_t serial) {
    return call_entity(seen.requests[serial].instance, seen.requests[serial].call);
  };
  std::iota(serials_.begin(), serials_.end(), 0u);
  std::stable_sort(serials_.begin(), serials_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return call(a) < call(b); });
  for (const std::uint32_t serial : serials_) calls_.push_back(call(serial));
}

std::span<const std::uint32_t> requests_by_call::of(std::uint32_t instance,
                                                    std::uint32_t call) const {
  const auto [first, last] =
      std::equal_range(calls_.begin(), calls_.end(), call_entity(instance, call));
  return std::span(serials_).subspan(static_cast<std::size_t>(first - calls_.begin()),
                                     static_cast<std::size_t>(last - first));
}

const exchange_record* exchange_of(const evidence& seen, std::uint32_t serial) {
  const auto found = std::lower_bound(
      seen.exchanges.begin(), seen.exchanges.end(), serial,
      [](const exchange_record& x, std::uint32_t wanted) { return x.serial < wanted; });
  return found != seen.exchanges.end() && found->serial == serial ? &*found : nullptr;
}

}  // namespace stampede
