#include "harness/live/served_scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "reports/measures.hpp"
#include "scenarios/loader.hpp"

namespace stampede {

served_scenario::served_scenario(run_plan plan, std::string file, const serve_settings& settings)
    : plan_(std::move(plan)),
      file_(std::move(file)),
      seed_(settings.seed),
      records_(settings.keep_records) {
  loaded_ = seen_ = stamp_of_file();
  const mock_service_options options{
      .seed = plan_.seed,
      .replication = 0,
      .speed = 1,
      .listen = settings.listen,
      .observer = settings.observer,
      .control = control_options{settings.token, {}, plan_.what.name}};
  service_ = std::make_unique<mock_service>(plan_.server, plan_.make_faults(), options, records_);
}

served_scenario::stamp served_scenario::stamp_of_file() const {
  std::error_code missing;
  stamp s;
  if (file_.empty()) return s;
  s.written = std::filesystem::last_write_time(file_, missing);
  if (!missing) s.size = std::filesystem::file_size(file_, missing);
  return missing ? stamp{} : s;
}

// A file is read once it has looked the same twice: an editor may still be at it.
std::vector<std::string> served_scenario::look_at_file() {
  if (file_.empty()) return {};
  const stamp now = stamp_of_file();
  const bool settled = std::exchange(seen_, now) == now;
  if (!settled || now == loaded_) return {};
  loaded_ = now;
  return load_again();
}

std::vector<std::string> served_scenario::load_again() {
  try {
    run_plan next = build_plan(load_scenario(file_), seed_);
    service_->replace(next.server, next.what.faults, next.what.name);
    plan_ = std::move(next);
    ++loads_;
    return {fmt::format("{} loaded again: {} fault{}, its windows begin anew", file_,
                        plan_.what.faults.size(), plan_.what.faults.size() == 1 ? "" : "s")};
  } catch (const std::exception& why) {
    service_->keep(why.what());
    return {why.what(), "the server goes on with the scenario it had"};
  }
}

report served_scenario::finish(bool interrupted, const std::string& group,
                               std::vector<std::string> warnings) {
  const instant end = service_->clock().now();
  service_->stop();
  run_info info = info_of(plan_, "served", 1);
  info.measured = info.length = end - run_start;
  info.interrupted = interrupted;
  info.lateness = service_->lateness(0.99);
  // The scenario's own; those added over the control API come behind them.
  std::vector<fault_statement> faults = service_->fault_statements();
  faults.resize(std::min(faults.size(), plan_.what.faults.size()));
  note_faults(info, {faults});
  record_log seen;
  const observed o = observe_calls(std::move(records_.exchanges), seen);
  const auto model = deepseek::name_of(static_cast<deepseek::model_id>(o.model));
  info.groups = {{group, "the clients' own", std::string(model), o.instances, 0}};
  info.warnings.push_back(fmt::format(
      "calls are put together from what the server saw: {} known by the header x-stampede-call, {} "
      "by key, path and body",
      o.calls_by_header, o.calls_by_content));
  if (loads_ > 1) {
    info.warnings.push_back(fmt::format(
        "the scenario was loaded {} times while it was served: faults are named as it was at last",
        loads_));
  }
  for (std::string& warning : warnings) info.warnings.push_back(std::move(warning));
  measure_fold fold(fold_options::of(info));
  for (const attempt_record& a : seen.attempts) fold.on_attempt(a);
  for (const call_record& c : seen.calls) fold.on_call(c);
  for (const exchange_record& e : seen.exchanges) fold.on_exchange(e);
  const measures numbers = fold.finish(info.measured);
  return make_report(std::move(info), numbers, plan_.expectations);
}

}  // namespace stampede
