#include "harness/commands/run_one.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <optional>
#include <vector>

#include "core/config_table.hpp"
#include "core/fingerprint.hpp"
#include "core/units.hpp"
#include "harness/commands/command.hpp"
#include "harness/live/live_run.hpp"
#include "harness/sim/replications.hpp"
#include "reports/text.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

// A line that rewrites itself, on a terminal only.
class progress_line {
 public:
  explicit progress_line(const run_plan& plan) : plan_(plan), shown_(isatty(STDERR_FILENO) != 0) {}
  ~progress_line() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
  }
  void operator()(const live_progress& p) const {
    if (!shown_) return;
    std::cerr << fmt::format("\r\033[K{}: {} of {}, {} calls over, {} attempts", plan_.what.name,
                             to_short_text(p.now - run_start), to_text(plan_.what.length), p.calls,
                             p.attempts)
              << std::flush;
  }

 private:
  const run_plan& plan_;
  bool shown_;
};

// Where a run writes besides its report; null for nowhere.
struct outlets {
  journal_lines* journal = nullptr;
  record_sink* records = nullptr;
};

measures run_on_sockets(const run_plan& plan, const run_options& o, const outlets& to,
                        run_info& info) {
  live_result result;
  {
    const progress_line line(plan);
    result = run_live(
        plan,
        {.speed = o.speed, .stop = &interrupt_flag(), .on_progress = line, .journal = to.journal});
  }
  info.measured = result.measured;
  info.interrupted = result.interrupted;
  info.lateness = result.lateness;
  info.warnings = result.warnings;
  note_faults(info, {result.faults});
  measure_fold fold(fold_options::of(info));
  std::optional<record_tee> both;
  if (to.records) both.emplace(fold, *to.records);
  fold_records(std::move(result.client), std::move(result.server),
               both ? static_cast<record_sink&>(*both) : fold);
  return fold.finish(info.measured);
}

report run_in_virtual_time(const run_plan& plan, const run_options& o, const outlets& to,
                           run_info info) {
  std::vector<replication> runs = run_replications(plan, o.replications,
                                                   {.threads = 0,
                                                    .stop = &interrupt_flag(),
                                                    .journal = to.journal,
                                                    .records = to.records,
                                                    .verify_bytes = o.verify_bytes});
  if (runs.empty()) throw cannot_run("stopped before the first replication was done");
  const sim_result& first = runs.front().result;
  info.measured = first.measured;
  info.interrupted = first.interrupted;
  // Those that are whole are as good as ever: only fewer.
  if (runs.size() < o.replications)
    info.warnings.push_back(fmt::format("stopped after {} of {} replications",
                                        count_text(static_cast<std::int64_t>(runs.size())),
                                        count_text(o.replications)));
  info.fingerprint = fingerprint_text(first.fingerprint);
  std::vector<std::vector<fault_statement>> faults;
  for (const replication& r : runs) faults.push_back(r.result.faults);
  note_faults(info, faults);
  if (runs.size() == 1)
    return make_report(std::move(info), std::move(runs.front().numbers), plan.expectations);
  replication_fold over(plan.expectations);
  for (const replication& one : runs) over.add(one.numbers, info);
  report r = make_report(std::move(info), std::move(runs.front().numbers), plan.expectations);
  r.over = over.finish();
  return r;
}

}  // namespace

run_plan load_plan(const std::string& file, const run_options& o) {
  run_plan plan = build_plan(load_scenario(file, o.changes), o.seed);
  if (plan.groups.empty())
    throw config_error(
        {std::make_shared<std::string>(plan.what.path), 0, 0},
        "there is no [[fleet]], so nobody would call; 'stampede serve' serves such a file");
  const speed_limit limit = speed_limit_of(plan);
  if (o.engine != "sim" && o.speed > limit.most)
    throw config_error(
        {std::make_shared<std::string>(plan.what.path), 0, 0},
        fmt::format("--speed {:g} makes its shortest delay, {}, shorter than 2 ms of wall "
                    "time; the largest speed allowed is {:g}",
                    o.speed, to_text(limit.shortest), limit.most));
  return plan;
}

report run_one(const run_plan& plan, const run_options& o) {
  const double speed = o.engine == "live" ? o.speed : 1;
  const run_info info = info_of(plan, o.engine, speed);
  std::optional<journal> to;
  if (!o.journal.empty()) to.emplace(o.journal, plan, journal_options{o.engine, speed, 0});
  std::optional<record_file> raw;
  if (!o.records.empty()) raw.emplace(o.records, info);
  const outlets also{to ? &*to : nullptr, raw ? &*raw : nullptr};
  report r;
  if (o.engine == "sim") {
    r = run_in_virtual_time(plan, o, also, info);
  } else {
    run_info seen = info;
    const measures numbers = run_on_sockets(plan, o, also, seen);
    r = make_report(std::move(seen), numbers, plan.expectations);
  }
  if (to) to->keep();
  if (raw) raw->keep(r);
  return r;
}

}  // namespace stampede
