// The faults by name, and the gate each one stands behind.
//
// A [[fault]] table has `kind`, the keys of the gate, and the fault's own:
//   at    = "10s"   start of the window (default "0s")
//   for   = "30s"   its length (default: to the end)
//   ratio = 0.5     share of the requests it takes, drawn for (call, attempt) (default 1)
//   count = 100     most requests it takes (default: no limit)
//   match = { model = "deepseek-v4-flash", stream = true, attempt = 1, key = "sk-...",
//             instance = 3, path = "/v1/chat/completions" }
// A table with `sequence` needs no kind.
//
// Use: `std::vector<fault_rule> faults = parse_faults(scenario.faults);`
// Errors: config_error; an unknown kind or key names the nearest right word.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config_table.hpp"
#include "mockserver/faults/fault.hpp"

namespace stampede {

struct fault_match {
  std::optional<deepseek::model_id> model;
  std::optional<bool> stream;
  std::optional<std::uint16_t> attempt;
  std::optional<std::string> key;
  std::optional<std::uint32_t> instance;  // as x-stampede-call says; nobody's where it does not
  std::optional<std::string> path;
};

// One [[fault]]. Remembers what it did, so each replication needs its own.
class fault_rule {
 public:
  // Its window counts from `origin`.
  explicit fault_rule(const config_table& table, instant origin = run_start);

  // What this fault makes of the plan for `request`, as fault::apply says; null where it does not
  // take it. `request.randomness` must be of the call, attempt and this fault.
  const plan_edit* consider(const fault_case& request);

  void prefetch(const call_identity& call) const { fault_->prefetch(call); }

  std::string_view kind() const;
  // The kind, as a number, of its edit to the last request it took: a sequence's is that of its
  // line.
  std::uint8_t taken_as() const;
  fault_stage stage() const { return fault_->stage(); }
  instant from() const { return from_; }
  instant to() const { return to_; }  // never: to the end of the run
  std::string describe() const;       // the fault and its gate, in plain words
  std::vector<duration> delays() const;
  std::uint64_t injected() const { return injected_; }  // requests it took
  std::string unmet() const;  // what of it no request met, in plain words; "" for nothing
  bool is_used_up() const { return most_ && injected_ >= *most_; }
  const config_table& source() const { return source_; }  // what it was read from
  instant origin() const { return origin_; }

 private:
  bool gate_is_open(const fault_case& request) const;

  std::uint8_t kind_ = 0;
  config_table source_;
  instant origin_{};
  instant from_{};
  instant to_ = never;
  double ratio_ = 1;
  std::optional<std::uint64_t> most_;
  fault_match match_;
  std::unique_ptr<fault> fault_;
  std::uint64_t injected_ = 0;
};

// What came of a fault by the end of a run.
struct fault_statement {
  std::uint64_t taken = 0;  // requests
  std::string unmet;        // as fault_rule says
};
std::vector<fault_statement> statements(const std::vector<fault_rule>& faults);

// A fault without a gate.
struct made_fault {
  std::string_view kind;
  std::unique_ptr<fault> does;
};
made_fault make_fault(const config_table& table);

// `origin`: when the server starts, or the fault is added.
std::vector<fault_rule> parse_faults(const std::vector<config_table>& tables,
                                     instant origin = run_start);
std::vector<std::string_view> fault_kinds();
std::string_view fault_kind(std::uint8_t number);  // in that list
std::uint8_t fault_kind_number(std::string_view kind);

}  // namespace stampede
