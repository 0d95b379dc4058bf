#include "mockserver/control_json.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/units.hpp"
#include "mockserver/accounts.hpp"
#include "mockserver/json_table.hpp"

namespace stampede {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t shown_seconds = 120;
constexpr std::size_t shown_attempts = 40;

std::string text_of(const json& j) {
  return j.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

double ms(duration d) { return static_cast<double>(d.count() / 1000) / 1000.0; }
json ms(instant t) { return t == never ? json() : json(ms(t - run_start)); }

json fault_of(const control_view& v, std::uint16_t index) {
  const fault_rule& f = v.model.faults()[index];
  const bool now = f.from() <= v.now && v.now < f.to() && !f.is_used_up();
  json j;
  j["number"] = index;
  j["kind"] = f.kind();
  j["description"] = f.describe();
  j["from_ms"] = ms(f.from());
  j["to_ms"] = ms(f.to());
  j["state"] = v.now < f.from() ? "waiting" : now ? "open" : "over";
  j["injected"] = f.injected();
  j["fault"] = json::parse(json_text(f.source()));
  return j;
}

json faults_of(const control_view& v) {
  json list = json::array();
  for (const std::uint16_t index : v.model.faults_in_force()) list.push_back(fault_of(v, index));
  return list;
}

json entry_of(const control_view& v, const journal_entry& e) {
  const exchange_record& r = e.seen;
  json j;
  j["number"] = e.number;
  j["at_ms"] = ms(r.arrived);
  j["call"] = fmt::format("{}-{}", r.instance, r.call);
  j["call_known_by"] = r.by_header ? "header" : "content";
  j["attempt"] = r.attempt;
  j["route"] = name_of(static_cast<route>(r.route));
  j["model"] = deepseek::name_of(static_cast<deepseek::model_id>(r.model));
  j["stream"] = r.stream;
  const bool known = r.key < v.model.books().keys() && e.number > v.keys_from;
  j["key"] = known ? json(masked_key(v.model.books().key_of({r.key, 0}))) : json();
  j["status"] = r.status;
  j["outcome"] = name_of(r.told);
  j["class"] = name_of(class_of(r));
  j["fault"] = r.fault >= 0 ? json(r.fault) : json();
  j["fault_kind"] = r.fault != no_fault ? json(fault_kind(r.fault_kind)) : json();
  j["peer_left"] = r.peer_left;
  j["retry_after_ms"] = r.retry_after == no_duration ? json() : json(ms(r.retry_after));
  j["waited_ms"] = r.started == never ? json() : json(ms(r.started - r.arrived));
  j["took_ms"] = ms(r.ended - r.arrived);
  j["hit_tokens"] = r.usage.hit;
  j["miss_tokens"] = r.usage.miss;
  j["output_tokens"] = r.usage.output;
  j["charge_usd"] = to_usd(r.charge);
  return j;
}

json entries_of(const control_view& v, std::span<const journal_entry> entries) {
  json list = json::array();
  for (const journal_entry& e : entries) list.push_back(entry_of(v, e));
  return list;
}

json accounts_of(const control_view& v) {
  const accounts& books = v.model.books();
  json list = json::array();
  for (std::uint32_t i = 0; i < books.size(); ++i) {
    const auto left = books.balance(i, v.now);
    json j;
    j["name"] = books.name_of(i);
    j["spent_usd"] = to_usd(books.spent(i));
    j["granted_usd"] = left ? json(to_usd(left->granted)) : json();
    j["topped_up_usd"] = left ? json(to_usd(left->topped_up)) : json();
    j["left_usd"] = left ? json(to_usd(left->total())) : json();
    j["low"] = books.is_low(i, v.now);
    list.push_back(std::move(j));
  }
  return list;
}

std::string date_text(const control_view& v) {
  return fmt::format(
      "{:%Y-%m-%dT%H:%M:%SZ}",
      fmt::gmtime(static_cast<std::time_t>(v.model.date_at(v.now).time_since_epoch().count())));
}

json seconds_of(const control_view& v) {
  json list = json::array();
  for (const attempt_journal::second& s : v.seen.recent(v.now, shown_seconds)) {
    list.push_back({{"at_s", s.at}, {"arrivals", s.arrivals}});
  }
  return list;
}

}  // namespace

std::string error_json(std::string_view message) {
  return text_of({{"error", {{"message", message}}}});
}

std::string faults_json(const control_view& v) { return text_of({{"faults", faults_of(v)}}); }
std::string fault_json(const control_view& v, std::uint16_t index) {
  return text_of(fault_of(v, index));
}
std::string accounts_json(const control_view& v) { return text_of({{"accounts", accounts_of(v)}}); }
std::string date_json(const control_view& v) { return text_of({{"date", date_text(v)}}); }

std::string journal_json(const control_view& v, std::span<const journal_entry> entries) {
  json j;
  j["last"] = v.seen.last_number();
  j["attempts"] = entries_of(v, entries);
  return text_of(j);
}

std::string state_json(const control_view& v) {
  const attempt_journal::totals& all = v.seen.all();
  json j;
  j["scenario"] = {{"name", v.scenario}, {"loads", v.loads}, {"problem", v.problem}};
  j["now_ms"] = ms(v.now);
  j["date"] = date_text(v);
  j["slots"] = v.model.settings().slots;
  j["queue_places"] = v.model.settings().queue_places;
  j["in_flight"] = v.model.in_flight();
  j["queued"] = v.model.queued();
  j["held"] = v.model.held();
  j["open"] = v.model.open();
  j["connections"] = v.wire.connections;
  j["refused"] = v.wire.refused;
  j["attempts_seen"] = all.attempts;
  j["known_by_header"] = all.by_header;
  j["charge_usd"] = to_usd(all.charge);
  json classes = json::array();
  for (int c = 0; c < attempt_class_count; ++c) {
    classes.push_back(name_of(static_cast<attempt_class>(c)));
  }
  j["classes"] = std::move(classes);
  j["seconds"] = seconds_of(v);
  j["faults"] = faults_of(v);
  j["fault_kinds"] = fault_kinds();
  j["accounts"] = accounts_of(v);
  j["attempts"] = entries_of(v, v.seen.latest(shown_attempts));
  return text_of(j);
}

}  // namespace stampede
