#include "reports/render_records.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

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
  put(out, R"({{"record":"exchange","serial":{},"call_known_by":"{}","instance":{},"call":{},)",
      r.serial, r.by_header ? "header" : "content", r.instance, r.call);
  put(out, R"("attempt":{},"model":"{}","status":{},"fault":{},"peer_left":{},"whole":{},)",
      r.attempt, model(r.model), r.status,
      known ? nlohmann::json(info_.faults[fault].kind).dump() : "null", r.peer_left, r.whole);
  put(out, R"("arrived_ms":{},"started_ms":{},"ended_ms":{},"busy_ms":{},)", ms(r.arrived),
      ms(r.started), ms(r.ended), ms(r.busy));
  put_usage(out, r.usage);
  put(out, R"("charge_usd":{}}})", usd(r.charge));
  out += '\n';
}

}  // namespace stampede
