// The [server] and [[fault]] tables, read a second time: what checkers of the server need.
//
// Read from the scenario's tables, not from the parsed faults, which they judge. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/fuzz/evidence.hpp"

namespace stampede {

// How many answers may be worked on at `t`; nothing: any number.
std::optional<std::uint32_t> promised_slots(const server_settings& settings, instant t);
// The instants at which that, or the speed, may change.
std::vector<instant> capacity_changes(const server_settings& settings);

struct fault_reading {
  std::string kind;
  instant from = run_start;
  instant to = never;
  double ratio = 1;
  std::optional<std::int64_t> count;
  std::optional<std::uint8_t> model;
  std::optional<bool> stream;
  std::optional<std::int64_t> attempt;
  std::optional<std::string> key;
  std::optional<std::int64_t> instance;
  std::optional<std::string> path;
  // status, outage, rate_limit, and what the others say of the same name
  std::int16_t status = 0;
  duration retry_after = no_duration;  // as the client should understand it
  duration remembered = no_duration;   // by a rate_limit, of whoever was told so
  std::string scope = "call";
  std::optional<double> admit;  // a second
  std::int64_t burst = 1;
  bool silent = false;
  std::string then = "answer";
  std::string ending = "clean";
  std::optional<duration> length;  // of hold, add or wait, where it is constant
  bool cuts = false;               // cut_at is there
  std::vector<std::string> lines;  // of a sequence
  std::string per = "call";
  bool repeats = false;

  bool breaks() const { return kind == "reset" || kind == "close"; }
  bool at_the_edge() const { return kind == "outage" || kind == "wrong_type"; }
  bool of_the_answer() const;
  // What it takes may wait for something else than a slot.
  bool delays() const;
  // Whether it takes every request its gate lets through, as far as that can be told.
  bool takes_all(const exchange_record& x) const;
  // The line of a sequence that meets the request; nothing where that cannot be told, and "ok"
  // behind the last.
  std::optional<std::string> line_for(const exchange_record& x) const;
};

std::vector<fault_reading> read_faults(const run_plan& plan);

// The requests of each call, in the order they arrived: the k-th is of attempt k + 1.
class requests_by_call {
 public:
  explicit requests_by_call(const evidence& seen);
  // Serials; empty for a call of which none arrived.
  std::span<const std::uint32_t> of(std::uint32_t instance, std::uint32_t call) const;

 private:
  std::vector<std::uint64_t> calls_;    // sorted, one a request
  std::vector<std::uint32_t> serials_;  // beside them
};

// The exchange of request `serial`; null where none was recorded.
const exchange_record* exchange_of(const evidence& seen, std::uint32_t serial);

}  // namespace stampede
