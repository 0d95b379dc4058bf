// The file that `run --baseline` names: what was committed, and what will be.
//
// Everything that can be wrong with it is told when it is opened, before a run that may be long.
// Use: baseline_file b("ci/storm.json", true); ... b.update(next);
#pragma once

#include <optional>
#include <string>

#include "harness/files.hpp"
#include "reports/compare.hpp"

namespace stampede {

class baseline_file {
 public:
  // Throws config_error where it is no baseline, or is not there and not to be written either;
  // std::system_error where it is to be written and cannot be.
  baseline_file(const std::string& path, bool update);

  const std::optional<compared_run>& committed() const { return committed_; }
  bool is_updated() const { return next_.has_value(); }
  void update(const compared_run& next);

 private:
  std::optional<compared_run> committed_;
  std::optional<atomic_file> next_;
};

}  // namespace stampede
