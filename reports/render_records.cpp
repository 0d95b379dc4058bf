#include "reports/render_records.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <nlohmann/json.hpp>

#include "reports/render_json.hpp"

namespace stampede {
namespace {

template <class... Values>
void put(std::string& out, fmt::format_string<Values...> how, Values&&... values) {
  fmt::format_to(std::back_inserter(out), how, std::forward<Values>(values)...);
}

std::string ms(duration d) {
  return fmt::format("{}.{:06}", d.count() / 1'000'000, d.count() % 1'000'000);
}
std::string ms(instant t) { return t == never ? "null" : ms(t - run_start); }
std::string ms_or_null(duration d) { return d == no_duration ? "null" : ms(d); }

std::string usd(pico_usd m) {
  constexpr std::int64_t dollar = 1'000'000'000'000;
  const std::int64_t size = m.value < 0 ? -m.value : m.value;
  return fmt::format("{}{}.{:012}", m.value < 0 ? "-" : "", size / dollar, size % dollar);
}

std::string_view model(std::uint8_t number) {
  return deepseek::name_of(static_cast<deepseek::model_id>(number));
}

void put_usage(std::string& out, const token_usage& u) {
  put(out, R"("hit_tokens":{},"miss_tokens":{},"output_tokens":{},)", u.hit, u.miss, u.output);
}

}  // namespace

std::string record_lines::group(std::uint16_t number) const {
  return number < info_.groups.size() ? nlohmann::json(info_.groups[number].name).dump() : "null";
}

void record_lines::append(std::string& out, const attempt_record& r) const {
  put(out, R"({{"record":"attempt","group":{},"instance":{},"call":{},"attempt":{},)",
      group(r.group), r.instance.value, r.call, r.attempt);
  put(out, R"("model":"{}","fallback":{},"early":{},"sent_ms":{},"first_byte_ms":{},)",
      model(r.model), r.fallback, r.early, ms(r.sent), ms(r.first_byte));
  put(out, R"("first_token_ms":{},"ended_ms":{},"status":{},"outcome":"{}","class":"{}",)",
      ms(r.first_token), ms(r.ended), r.status, name_of(r.result), name_of(r.kind));
  const bool waits = r.decided == decision::retry;
  put(out, R"("decision":"{}","why":"{}","waits_for":"{}","wait_ms":{},"retry_after_ms":{},)",
      name_of(r.decided), waits ? std::string_view("retry") : name_of(r.why), name_of(r.waits_for),
      ms(r.wait), ms_or_null(r.retry_after));
  put_usage(out, r.usage);
  put(out, R"("estimate_usd":{},"charge_usd":{}}})", usd(r.estimate), usd(r.charge));
  out += '\n';
}

void record_lines::append(std::string& out, const call_record& r) const {
  put(out, R"({{"record":"call","group":{},"instance":{},"call":{},"attempts":{},)", group(r.group),
      r.instance.value, r.call, r.attempts);
  put(out, R"("model":"{}","fallback":{},"intended_ms":{},"started_ms":{},"first_token_ms":{},)",
      model(r.model), r.fallback, ms(r.intended), ms(r.started), ms(r.first_token));
  put(out, R"("ended_ms":{},"outcome":"{}","why":"{}","estimate_usd":{}}})", ms(r.ended),
      name_of(r.result), name_of(r.why), usd(r.estimate));
  out += '\n';
}

void record_lines::append(std::string& out, const exchange_record& r) const {
  const auto fault = static_cast<std::size_t>(r.fault);
  const bool known = r.fault >= 0 && fault < info_.faults.size();
  const std::string nobody = r.fault == asked_fault ? "\"asked\"" : "null";
  put(out, R"({{"record":"exchange","serial":{},"call_known_by":"{}","instance":{},"call":{},)",
      r.serial, r.by_header ? "header" : "content", r.instance, r.call);
  put(out, R"("attempt":{},"model":"{}","status":{},"fault":{},"peer_left":{},"whole":{},)",
      r.attempt, model(r.model), r.status,
      known ? nlohmann::json(info_.faults[fault].kind).dump() : nobody, r.peer_left, r.whole);
  put(out, R"("arrived_ms":{},"started_ms":{},"ended_ms":{},"busy_ms":{},)", ms(r.arrived),
      ms(r.started), ms(r.ended), ms(r.busy));
  put_usage(out, r.usage);
  put(out, R"("charge_usd":{}}})", usd(r.charge));
  out += '\n';
}

std::string report_line(const report& r) {
  const nlohmann::ordered_json line{{"record", "report"},
                                    {"report", nlohmann::ordered_json::parse(render_json(r))}};
  return line.dump() + "\n";
}

namespace {

constexpr std::array<const char*, 35> columns{
    "record",     "serial",      "call_known_by",  "group",         "instance",       "call",
    "attempt",    "attempts",    "model",          "fallback",      "early",          "intended_ms",
    "sent_ms",    "arrived_ms",  "started_ms",     "first_byte_ms", "first_token_ms", "ended_ms",
    "busy_ms",    "status",      "outcome",        "class",         "decision",       "why",
    "waits_for",  "wait_ms",     "retry_after_ms", "fault",         "peer_left",      "whole",
    "hit_tokens", "miss_tokens", "output_tokens",  "estimate_usd",  "charge_usd"};

std::string cell(const nlohmann::json& value) {
  if (value.is_null()) return "";
  if (!value.is_string()) return value.dump();
  std::string text = value.get<std::string>();
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::string record_csv_head() {
  std::string out;
  for (const char* c : columns) out += (out.empty() ? "" : ",") + std::string(c);
  return out + "\r\n";
}

std::string record_csv(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const nlohmann::json record = nlohmann::json::parse(lines.substr(0, end));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    bool first = true;
    for (const char* c : columns) {
      if (!first) out += ',';
      first = false;
      if (const auto found = record.find(c); found != record.end()) out += cell(*found);
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace stampede
