#include "mockserver/faults/registry.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"
#include "mockserver/faults/options.hpp"

// One row a fault: `name` is its kind in scenarios, and make_<name> is what its file defines.
#define STAMPEDE_FAULTS(row)                                                              \
  row(close) row(empty_content) row(error_event) row(insufficient_resource) row(latency)  \
      row(malformed_json) row(missing_finish) row(outage) row(queue_hang) row(rate_limit) \
          row(reset) row(sequence) row(slow_stream) row(stall) row(status) row(truncate)  \
              row(wrong_type)

namespace stampede {

#define STAMPEDE_DECLARE(name) fault_maker make_##name;
STAMPEDE_FAULTS(STAMPEDE_DECLARE)
#undef STAMPEDE_DECLARE

namespace {

struct row {
  std::string_view kind;
  fault_maker* make;
};

#define STAMPEDE_ROW(name) {#name, make_##name},
constexpr row rows[] = {STAMPEDE_FAULTS(STAMPEDE_ROW)};
#undef STAMPEDE_ROW

fault_match parse_match(const config_table& table) {
  config_reader read(table);
  fault_match match;
  if (const auto name = read.text("model")) {
    const auto model = deepseek::resolve_model(*name, deepseek::default_date);
    if (!model) {
      read.fail("model", fmt::format("no model is called '{}'; there are {} and {}", *name,
                                     deepseek::name_of(deepseek::model_id::v4_flash),
                                     deepseek::name_of(deepseek::model_id::v4_pro)));
    }
    match.model = model->id;
  }
  match.stream = read.flag("stream");
  if (const auto n = read.integer("attempt", 1, 65535))
    match.attempt = static_cast<std::uint16_t>(*n);
  match.key = read.text("key");
  if (const auto n = read.integer("instance", 0, 0xffffffff))
    match.instance = static_cast<std::uint32_t>(*n);
  match.path = read.text("path");
  if (match.path && !match.path->starts_with('/')) {
    read.fail("path", "'path' must be like \"/chat/completions\"");
  }
  read.done();
  return match;
}

// The number of the table's kind.
std::uint8_t find_kind(const config_table& table) {
  config_reader read(table);
  if (table.find("sequence") && !table.find("kind")) return fault_kind_number("sequence");
  read.need("kind");
  const std::string kind = read.text("kind").value_or("");
  const auto* const found =
      std::find_if(std::begin(rows), std::end(rows), [&](const row& r) { return r.kind == kind; });
  if (found == std::end(rows)) {
    const std::string_view near = nearest_word(kind, fault_kinds());
    read.fail("kind", near.empty()
                          ? fmt::format("no fault is called '{}'; there are {}", kind,
                                        fmt::join(fault_kinds(), ", "))
                          : fmt::format("no fault is called '{}', did you mean '{}'?", kind, near));
  }
  return static_cast<std::uint8_t>(found - std::begin(rows));
}

}  // namespace

fault_rule::fault_rule(const config_table& table, instant origin)
    : kind_(find_kind(table)), source_(table), origin_(origin) {
  config_reader read(table);
  read.text("kind");
  from_ = after(origin, read.time("at").value_or(duration::zero()));
  to_ = after(from_, read.time("for", duration{1}).value_or(forever));
  ratio_ = read.ratio("ratio").value_or(1.0);
  if (const auto n = read.integer("count", 1, 1'000'000'000'000)) {
    most_ = static_cast<std::uint64_t>(*n);
  }
  if (const config_table* match = read.table("match")) match_ = parse_match(*match);
  fault_ = rows[kind_].make(read);
  read.done();
}

bool fault_rule::gate_is_open(const fault_case& request) const {
  if (request.now < from_ || request.now >= to_) return false;
  if (most_ && injected_ >= *most_) return false;
  if (match_.model && (!request.chat || *match_.model != request.model)) return false;
  if (match_.stream && (!request.chat || *match_.stream != request.stream)) return false;
  if (match_.attempt && *match_.attempt != request.attempt) return false;
  if (match_.key && *match_.key != request.key) return false;
  if (match_.instance) {
    const call_identity& who = request.identity;
    if (!who.by_header || who.instance != *match_.instance) return false;
  }
  if (match_.path && *match_.path != request.path) return false;
  return ratio_ >= 1 || unit_interval(draw(request.randomness)) < ratio_;
}

const plan_edit* fault_rule::consider(const fault_case& request) {
  const plan_edit* edit = fault_->recall(request);
  if (!edit && gate_is_open(request)) edit = fault_->apply(request);
  if (edit) ++injected_;
  return edit;
}

std::uint8_t fault_rule::taken_as() const {
  const std::string_view inner = fault_->taken_as();
  return inner.empty() ? kind_ : fault_kind_number(inner);
}

std::string fault_rule::unmet() const {
  if (injected_ == 0) return "never took a request";
  if (most_ && injected_ < *most_) return fmt::format("took {} of {}", injected_, *most_);
  return fault_->unmet();
}

std::string fault_rule::describe() const {
  std::string text = fault_->describe();
  if (ratio_ < 1) text += fmt::format(", for {:g} % of requests", ratio_ * 100);
  if (most_) text += fmt::format(", at most {} times", *most_);
  if (match_.model) text += fmt::format(", only {}", deepseek::name_of(*match_.model));
  if (match_.stream) text += *match_.stream ? ", only streams" : ", only non-streams";
  if (match_.attempt) text += fmt::format(", only attempt {} of a call", *match_.attempt);
  if (match_.key) text += ", only one API key";
  if (match_.instance) text += fmt::format(", only instance {}", *match_.instance);
  if (match_.path) text += ", only " + *match_.path;
  return text;
}

std::vector<duration> fault_rule::delays() const {
  std::vector<duration> all = fault_->delays();
  if (to_ != never) all.push_back(to_ - from_);
  return all;
}

std::string_view fault_rule::kind() const { return rows[kind_].kind; }

std::string_view fault_kind(std::uint8_t number) { return rows[number].kind; }

std::uint8_t fault_kind_number(std::string_view kind) {
  const auto* const found =
      std::find_if(std::begin(rows), std::end(rows), [&](const row& r) { return r.kind == kind; });
  STAMPEDE_CHECK(found != std::end(rows));
  return static_cast<std::uint8_t>(found - std::begin(rows));
}

std::vector<std::string_view> fault_kinds() {
  std::vector<std::string_view> kinds;
  for (const row& r : rows) kinds.push_back(r.kind);
  return kinds;
}

std::vector<fault_statement> statements(const std::vector<fault_rule>& faults) {
  std::vector<fault_statement> all;
  for (const fault_rule& f : faults) all.push_back({f.injected(), f.unmet()});
  return all;
}

made_fault make_fault(const config_table& table) {
  const row& found = rows[find_kind(table)];
  config_reader read(table);
  read.text("kind");
  made_fault made{found.kind, found.make(read)};
  read.done();
  return made;
}

std::vector<fault_rule> parse_faults(const std::vector<config_table>& tables, instant origin) {
  std::vector<fault_rule> rules;
  rules.reserve(tables.size());
  for (const config_table& table : tables) rules.emplace_back(table, origin);
  return rules;
}

}  // namespace stampede
