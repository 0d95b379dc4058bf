#include "reports/phases.hpp"

#include <algorithm>

namespace stampede {
namespace {

// Before, during or after the windows of one kind, or of all.
struct watch {
  std::vector<const fault_window*> windows;
  instant first = never;

  int phase_at(instant t) const {
    if (t < first) return 0;
    const bool open = std::any_of(windows.begin(), windows.end(),
                                  [t](const fault_window* w) { return t >= w->from && t < w->to; });
    return open ? 1 : 2;
  }
};

watch watch_of(const std::vector<fault_window>& faults, const std::string& kind) {
  watch w;
  for (const fault_window& f : faults) {
    if (!kind.empty() && f.kind != kind) continue;
    w.windows.push_back(&f);
    w.first = std::min(w.first, f.from);
  }
  return w;
}

}  // namespace

std::vector<std::string> fault_kinds(const std::vector<fault_window>& faults) {
  std::vector<std::string> kinds;
  for (const fault_window& f : faults)
    if (std::ranges::count(kinds, f.kind) == 0) kinds.push_back(f.kind);
  return kinds;
}

phase_plan::phase_plan(const std::vector<fault_window>& faults) {
  if (faults.empty()) return;
  const std::vector<std::string> kinds = fault_kinds(faults);
  std::vector<watch> watches{watch_of(faults, "")};
  names_ = {"before", "during", "after"};
  if (kinds.size() > 1) {
    for (const std::string& kind : kinds) {
      watches.push_back(watch_of(faults, kind));
      for (const char* phase : {".before", ".during", ".after"}) names_.push_back(kind + phase);
    }
  }
  cuts_ = {run_start};
  for (const fault_window& f : faults) {
    cuts_.push_back(f.from);
    if (f.to != never) cuts_.push_back(f.to);
  }
  std::ranges::sort(cuts_);
  cuts_.erase(std::unique(cuts_.begin(), cuts_.end()), cuts_.end());
  for (const instant from : cuts_) {
    std::vector<bool> in(names_.size());
    for (std::size_t i = 0; i < watches.size(); ++i)
      in[3 * i + static_cast<std::size_t>(watches[i].phase_at(from))] = true;
    const auto same = std::ranges::find(members_, in);
    piece_of_span_.push_back(static_cast<std::size_t>(same - members_.begin()));
    if (same == members_.end()) members_.push_back(std::move(in));
  }
}

void phase_plan::find_piece(instant t) {
  if (cuts_.empty()) {
    last_to_ = never;
    return;
  }
  const auto next = std::upper_bound(cuts_.begin(), cuts_.end(), t);
  const auto span = static_cast<std::size_t>(next - cuts_.begin()) - 1;
  last_from_ = cuts_[span];
  last_to_ = next == cuts_.end() ? never : *next;
  last_piece_ = piece_of_span_[span];
}

std::vector<std::size_t> phase_plan::pieces_of(std::string_view phase) const {
  std::vector<std::size_t> pieces;
  const auto at = std::ranges::find(names_, phase);
  if (at == names_.end()) return pieces;
  for (std::size_t i = 0; i < members_.size(); ++i)
    if (members_[i][static_cast<std::size_t>(at - names_.begin())]) pieces.push_back(i);
  return pieces;
}

}  // namespace stampede
