#include "mockserver/faults/registry.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"
#include "mockserver/faults/options.hpp"

// One row a fault: `name` is its kind in scenarios, and make_<name> is what its file defines.
#define STAMPEDE_FAULTS(row)                                                             \
  row(empty_content) row(insufficient_resource) row(latency) row(outage) row(queue_hang) \
      row(rate_limit) row(status) row(truncate)

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
  read.done();
  return match;
}

std::string find_kind(const config_table& table) {
  config_reader read(table);
  read.need("kind");
  const std::string kind = read.text("kind").value_or("");
  const auto known = [&](const row& r) { return r.kind == kind; };
  if (std::none_of(std::begin(rows), std::end(rows), known)) {
    const std::string_view near = nearest_word(kind, fault_kinds());
    read.fail("kind", near.empty()
                          ? fmt::format("no fault is called '{}'; there are {}", kind,
                                        fmt::join(fault_kinds(), ", "))
                          : fmt::format("no fault is called '{}', did you mean '{}'?", kind, near));
  }
  return kind;
}

}  // namespace

fault_rule::fault_rule(std::string kind, const config_table& table) : kind_(std::move(kind)) {
  config_reader read(table);
  read.text("kind");
  from_ = after(run_start, read.time("at").value_or(duration::zero()));
  to_ = after(from_, read.time("for", duration{1}).value_or(forever));
  ratio_ = read.ratio("ratio").value_or(1.0);
  if (const auto n = read.integer("count", 1, 1'000'000'000'000)) {
    most_ = static_cast<std::uint64_t>(*n);
  }
  if (const config_table* match = read.table("match")) match_ = parse_match(*match);
  const auto found =
      std::find_if(std::begin(rows), std::end(rows), [&](const row& r) { return r.kind == kind_; });
  STAMPEDE_CHECK(found != std::end(rows));
  fault_ = found->make(read);
  read.done();
}

bool fault_rule::gate_is_open(const fault_case& request) const {
  if (request.now < from_ || request.now >= to_) return false;
  if (most_ && injected_ >= *most_) return false;
  if (match_.model && (!request.chat || *match_.model != request.model)) return false;
  if (match_.stream && (!request.chat || *match_.stream != request.stream)) return false;
  if (match_.attempt && *match_.attempt != request.attempt) return false;
  if (match_.key && *match_.key != request.key) return false;
  return ratio_ >= 1 || unit_interval(draw(request.randomness)) < ratio_;
}

std::optional<plan_edit> fault_rule::consider(const fault_case& request) {
  std::optional<plan_edit> edit = fault_->recall(request);
  if (!edit && gate_is_open(request)) edit = fault_->apply(request);
  if (edit) ++injected_;
  return edit;
}

std::string fault_rule::describe() const {
  std::string text = fault_->describe();
  if (ratio_ < 1) text += fmt::format(", for {:g} % of requests", ratio_ * 100);
  if (most_) text += fmt::format(", at most {} times", *most_);
  if (match_.model) text += fmt::format(", only {}", deepseek::name_of(*match_.model));
  if (match_.stream) text += *match_.stream ? ", only streams" : ", only non-streams";
  if (match_.attempt) text += fmt::format(", only attempt {} of a call", *match_.attempt);
  if (match_.key) text += ", only one API key";
  return text;
}

std::vector<duration> fault_rule::delays() const {
  std::vector<duration> all = fault_->delays();
  if (to_ != never) all.push_back(to_ - from_);
  return all;
}

std::vector<std::string_view> fault_kinds() {
  std::vector<std::string_view> kinds;
  for (const row& r : rows) kinds.push_back(r.kind);
  return kinds;
}

std::vector<fault_rule> parse_faults(const std::vector<config_table>& tables) {
  std::vector<fault_rule> rules;
  rules.reserve(tables.size());
  for (const config_table& table : tables) rules.emplace_back(find_kind(table), table);
  return rules;
}

}  // namespace stampede
