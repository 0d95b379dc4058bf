#include "harness/commands/baseline_file.hpp"

#include <filesystem>
#include <system_error>

#include "core/check.hpp"
#include "harness/commands/report_files.hpp"
#include "reports/baseline.hpp"

namespace stampede {

baseline_file::baseline_file(const std::string& path, bool update) {
  std::error_code none;
  if (!update || std::filesystem::exists(path, none)) committed_ = load_run(path, "baseline");
  if (update) next_.emplace(path);
}

void baseline_file::update(const compared_run& next) {
  STAMPEDE_CHECK(next_.has_value());
  next_->write(render_baseline(next));
  next_->keep();
}

}  // namespace stampede
