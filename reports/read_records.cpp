#include "reports/read_records.hpp"

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/config_table.hpp"
#include "reports/read_run.hpp"

namespace stampede {
namespace {

using nlohmann::json;

instant moment(const json& ms) {
  return ms.is_null() ? never : run_start + duration{std::llround(ms.get<double>() * 1e6)};
}
duration length(const json& ms) { return duration{std::llround(ms.get<double>() * 1e6)}; }
pico_usd money(const json& usd) { return {std::llround(usd.get<double>() * 1e12)}; }

template <class Enum>
Enum word(const json& value, int count) {
  const auto& text = value.get_ref<const std::string&>();
  for (int i = 0; i < count; ++i)
    if (name_of(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
  throw std::runtime_error("'" + text + "' is not a word of records");
}

std::uint8_t model(const json& value) {
  return static_cast<std::uint8_t>(word<deepseek::model_id>(value, deepseek::model_count));
}

token_usage usage(const json& r) {
  return {r.at("hit_tokens").get<std::int32_t>(), r.at("miss_tokens").get<std::int32_t>(),
          r.at("output_tokens").get<std::int32_t>()};
}

class record_reader {
 public:
  record_reader(const run_info& info, record_sink& to) : info_(info), to_(to) {}

  void read(const json& r) {
    const auto& kind = r.at("record").get_ref<const std::string&>();
    if (kind == "attempt") return to_.on_attempt(attempt(r));
    if (kind == "call") return to_.on_call(call(r));
    if (kind == "exchange") return to_.on_exchange(exchange(r));
    if (kind != "report") throw std::runtime_error("there is no record '" + kind + "'");
  }

 private:
  std::uint16_t group(const json& name) const {
    for (std::size_t i = 0; i < info_.groups.size(); ++i)
      if (name.is_string() && info_.groups[i].name == name.get_ref<const std::string&>())
        return static_cast<std::uint16_t>(i);
    return static_cast<std::uint16_t>(info_.groups.size());
  }

  std::int16_t fault(const json& kind) const {
    for (std::size_t i = 0; i < info_.faults.size(); ++i)
      if (kind.is_string() && info_.faults[i].kind == kind.get_ref<const std::string&>())
        return static_cast<std::int16_t>(i);
    return kind.is_null() ? no_fault : asked_fault;
  }

  attempt_record attempt(const json& r) const {
    attempt_record a;
    a.group = group(r.at("group"));
    a.instance = {r.at("instance").get<std::uint32_t>()};
    a.call = r.at("call").get<std::uint32_t>();
    a.attempt = r.at("attempt").get<std::uint16_t>();
    a.model = model(r.at("model"));
    a.fallback = r.at("fallback").get<bool>();
    a.early = r.at("early").get<bool>();
    a.sent = moment(r.at("sent_ms"));
    a.first_byte = moment(r.at("first_byte_ms"));
    a.first_token = moment(r.at("first_token_ms"));
    a.ended = moment(r.at("ended_ms"));
    a.status = r.at("status").get<std::int16_t>();
    a.result = word<outcome>(r.at("outcome"), outcome_count);
    a.kind = word<classification>(r.at("class"), 3);
    a.decided = word<decision>(r.at("decision"), 5);
    if (a.decided != decision::retry) a.why = word<stop_reason>(r.at("why"), stop_reason_count);
    a.waits_for = word<wait_reason>(r.at("waits_for"), wait_reason_count);
    a.wait = length(r.at("wait_ms"));
    if (!r.at("retry_after_ms").is_null()) a.retry_after = length(r.at("retry_after_ms"));
    a.usage = usage(r);
    a.estimate = money(r.at("estimate_usd"));
    a.charge = money(r.at("charge_usd"));
    return a;
  }

  call_record call(const json& r) const {
    call_record c;
    c.group = group(r.at("group"));
    c.instance = {r.at("instance").get<std::uint32_t>()};
    c.call = r.at("call").get<std::uint32_t>();
    c.attempts = r.at("attempts").get<std::uint16_t>();
    c.model = model(r.at("model"));
    c.fallback = r.at("fallback").get<bool>();
    c.intended = moment(r.at("intended_ms"));
    c.started = moment(r.at("started_ms"));
    c.first_token = moment(r.at("first_token_ms"));
    c.ended = moment(r.at("ended_ms"));
    c.result = word<outcome>(r.at("outcome"), outcome_count);
    c.why = word<stop_reason>(r.at("why"), stop_reason_count);
    c.estimate = money(r.at("estimate_usd"));
    return c;
  }

  exchange_record exchange(const json& r) const {
    exchange_record e;
    e.serial = r.at("serial").get<std::uint32_t>();
    e.by_header = r.at("call_known_by").get_ref<const std::string&>() == "header";
    e.instance = r.at("instance").get<std::uint32_t>();
    e.call = r.at("call").get<std::uint32_t>();
    e.attempt = r.at("attempt").get<std::uint16_t>();
    e.model = model(r.at("model"));
    e.status = r.at("status").get<std::int16_t>();
    e.fault = fault(r.at("fault"));
    e.peer_left = r.at("peer_left").get<bool>();
    e.whole = r.at("whole").get<bool>();
    e.arrived = moment(r.at("arrived_ms"));
    e.started = moment(r.at("started_ms"));
    e.ended = moment(r.at("ended_ms"));
    e.busy = length(r.at("busy_ms"));
    e.usage = usage(r);
    e.charge = money(r.at("charge_usd"));
    return e;
  }

  const run_info& info_;
  record_sink& to_;
};

// The last line that is not empty.
std::string last_line(std::istream& in) {
  std::string line, last;
  while (std::getline(in, line))
    if (!line.empty()) last = line;
  in.clear();
  in.seekg(0);
  return last;
}

}  // namespace

bool is_record_line(std::string_view line) { return line.starts_with("{\"record\":"); }

report read_records(std::istream& in, const std::string& file) {
  const auto named = std::make_shared<const std::string>(file);
  const json end = json::parse(last_line(in), nullptr, false);
  if (!end.is_object() || !end.contains("report"))
    throw config_error(
        {named, 0, 0},
        "the last line of a file of records holds its report; this one is cut short");
  const report as_written = read_run(end.at("report").dump(), file);
  run_info info = as_written.info;
  std::vector<expectation> expectations;
  for (const verdict& v : as_written.verdicts)
    expectations.push_back(expectation_of(v.of, v.measure, v.limit));
  info.scopes = scopes_of(expectations);
  measure_fold fold(fold_options::of(info));
  record_reader reader(info, fold);
  std::string line;
  for (std::uint32_t number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    try {
      reader.read(json::parse(line));
    } catch (const std::exception& error) {
      throw config_error({named, number, 1}, std::string("this is no record: ") + error.what());
    }
  }
  return make_report(info, fold.finish(info.measured), expectations);
}

}  // namespace stampede
