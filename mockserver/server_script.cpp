// What is changed while the server serves, by whoever scripts it.
#include <algorithm>
#include <utility>
#include <vector>

#include "mockserver/server_core.hpp"

namespace stampede {

std::optional<std::uint16_t> server_core::add_fault(fault_rule rule) {
  constexpr std::size_t most = 32'767;  // a record's index has 15 bits
  if (faults_.size() >= most) return std::nullopt;
  const auto index = static_cast<std::uint16_t>(faults_.size());
  faults_.push_back(std::move(rule));
  in_force_.push_back(index);
  note_stages();
  return index;
}

void server_core::note_stages() {
  for (auto& of_stage : by_stage_) of_stage.clear();
  for (const std::uint16_t i : in_force_)
    by_stage_[static_cast<std::size_t>(faults_[i].stage())].push_back(i);
}

void server_core::retire(fault_rule&& rule) {
  if (open_ == 0) retired_.clear();
  retired_.push_back(std::move(rule));
}

void server_core::replace_fault(std::uint16_t index, fault_rule rule) {
  retire(std::exchange(faults_[index], std::move(rule)));
  note_stages();
}

void server_core::lift_fault(std::uint16_t index) {
  std::erase(in_force_, index);
  note_stages();
}

void server_core::start_over(instant now) {
  for (const std::uint16_t i : in_force_) {
    replace_fault(i, fault_rule(faults_[i].source(), now));
  }
  const std::size_t used = in_force_.empty() ? 0 : std::size_t{in_force_.back()} + 1;
  const std::size_t kept = std::max(used, own_faults_);
  while (faults_.size() > kept) {
    retire(std::move(faults_.back()));
    faults_.pop_back();
  }
  ledger_ = {};
}

// ---- the face

const std::vector<std::uint16_t>& server_model::faults_in_force() const {
  return core_->in_force();
}
std::optional<std::uint16_t> server_model::add_fault(fault_rule rule) {
  return core_->add_fault(std::move(rule));
}
void server_model::replace_fault(std::uint16_t index, fault_rule rule) {
  core_->replace_fault(index, std::move(rule));
}
void server_model::lift_fault(std::uint16_t index) { core_->lift_fault(index); }
void server_model::start_over(instant now) { core_->start_over(now); }
void server_model::advance_date(std::chrono::seconds by) { core_->advance_date(by); }
deepseek::date server_model::date_at(instant now) const {
  return deepseek::date_at(core_->settings().date, now);
}

}  // namespace stampede
