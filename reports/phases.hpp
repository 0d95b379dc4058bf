// The phases of a run: before, during and after what went wrong.
//
// `before` is the time until the first fault window opens, `during` while one is open, `after`
// all other time; where there are faults of several kinds, `<kind>.before` and so on take only
// the windows of that kind. Time is cut into pieces that no phase divides, so that a record is
// counted once and a phase is a sum of pieces. Deterministic.
//
// Use: `phase_plan plan(info.faults); cell[plan.piece_at(call.intended)].add(call);`
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/instant.hpp"
#include "reports/run_info.hpp"

namespace stampede {

class phase_plan {
 public:
  explicit phase_plan(const std::vector<fault_window>& faults);

  // Which piece an instant lies in, from 0.
  std::size_t piece_at(instant t) {
    if (t < last_from_ || t >= last_to_) find_piece(t);
    return last_piece_;
  }
  std::size_t pieces() const { return members_.empty() ? 1 : members_.size(); }

  // "before", "during", "after", then those of each kind where there are several. Empty where
  // nothing goes wrong.
  const std::vector<std::string>& names() const { return names_; }
  // The pieces a phase consists of; none for a name the plan does not have.
  std::vector<std::size_t> pieces_of(std::string_view phase) const;

 private:
  void find_piece(instant t);

  std::vector<std::string> names_;
  std::vector<std::vector<bool>> members_;  // of each piece: the phases it belongs to
  std::vector<instant> cuts_;               // where one span of time ends and the next begins
  std::vector<std::size_t> piece_of_span_;
  instant last_from_ = run_start, last_to_ = run_start;
  std::size_t last_piece_ = 0;
};

// The kinds of faults a run has, each once, in order.
std::vector<std::string> fault_kinds(const std::vector<fault_window>& faults);

}  // namespace stampede
