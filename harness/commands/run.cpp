// stampede run SCENARIO...: runs scenarios, writes their reports, judges their expectations.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config_table.hpp"
#include "core/fingerprint.hpp"
#include "core/units.hpp"
#include "harness/commands/command.hpp"
#include "harness/commands/option_checks.hpp"
#include "harness/commands/report_files.hpp"
#include "harness/commands/run_both.hpp"
#include "harness/commands/run_clients.hpp"
#include "harness/commands/variants.hpp"
#include "harness/files.hpp"
#include "harness/live/live_run.hpp"
#include "harness/plan.hpp"
#include "harness/sim/replications.hpp"
#include "reports/baseline.hpp"
#include "reports/render_compare.hpp"
#include "reports/render_html.hpp"
#include "reports/render_json.hpp"
#include "reports/render_terminal.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

struct options {
  std::vector<std::string> files;
  std::string engine = "sim";
  std::optional<std::uint64_t> seed;
  double speed = 1;
  std::uint32_t replications = 1;
  std::string out = "stampede-report";
  std::vector<std::string> changes;
  std::string journal;
  std::string records;
  std::string baseline;
  bool update_baseline = false;
  std::vector<std::string> vary;
  std::string fail_on_regression;
  bool verify_bytes = false;
  bool json = false;
  std::string client;
  std::uint32_t instances = 1;
};

run_plan load_plan(const std::string& file, const options& o) {
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

measures run_on_sockets(const run_plan& plan, const options& o, const outlets& to, run_info& info) {
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

report run_in_virtual_time(const run_plan& plan, const options& o, const outlets& to,
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
  info.interrupted = first.interrupted || runs.size() < o.replications;
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

report run_one(const run_plan& plan, const options& o) {
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

void check_outlets(const options& o) {
  if (o.verify_bytes && o.engine != "sim")
    throw config_error({}, "--verify-bytes is for the sim: on sockets every answer is bytes");
  if (o.engine != "sim" && o.replications != 1)
    throw config_error({}, "--replications is for the sim alone");
  if (!o.records.empty() && (o.files.size() != 1 || o.replications != 1 || o.engine == "both"))
    throw config_error({}, "--records is for one scenario, one replication and one engine");
  if (o.engine == "both" && !o.journal.empty())
    throw config_error({}, "--engine both writes its journals beside its reports, as run.journal");
  if (!o.journal.empty() && (o.files.size() != 1 || o.replications != 1))
    throw config_error({}, "a journal is of one scenario and one replication");
  if (o.engine == "sim" && o.speed != 1 && o.client.empty())
    throw config_error({}, "--speed is for real sockets: add --engine live");
  if (!o.baseline.empty() && (o.files.size() != 1 || o.engine == "both" || !o.vary.empty()))
    throw config_error({}, "--baseline is for one scenario, one engine and no --vary");
  if (!o.vary.empty() && (o.engine == "both" || !o.journal.empty() || !o.records.empty()))
    throw config_error({}, "--vary goes with one engine, and without --journal and --records");
  if (!o.fail_on_regression.empty() && o.baseline.empty() && o.vary.empty())
    throw config_error({}, "--fail-on-regression goes with --baseline or --vary");
}

struct finished {
  std::vector<index_entry> index;
  int status = all_hold;
};

double tolerance_of(const options& o) {
  return o.fail_on_regression.empty()
             ? compare_options{}.tolerance
             : parse_tolerance("--fail-on-regression", o.fail_on_regression);
}

// Prints and writes it; the exit status it asks for.
int tell(const comparison_table& t, const options& o, const std::filesystem::path& to) {
  write_comparison(to, t);
  if (o.json)
    std::cout << render_compare_json(t);
  else
    std::cout << render_compare_terminal(t, {.colour = isatty(STDOUT_FILENO) != 0})
              << "comparison: " << (to / "comparison.html").string() << "\n";
  return !o.fail_on_regression.empty() && !t.regressions().empty() ? one_failed : all_hold;
}

// Against what is committed, or for what will be.
int with_baseline(const report& r, const options& o, const std::filesystem::path& to) {
  const compared_run next = compared(r, "new");
  const bool there = std::filesystem::exists(o.baseline);
  int status = all_hold;
  if (there)
    status = tell(compare({load_run(o.baseline, "baseline"), next}, {tolerance_of(o)}), o, to);
  if (!o.update_baseline) return status;
  if (r.info.interrupted) throw cannot_run("an interrupted run makes no baseline");
  write_file_atomically(o.baseline, render_baseline(next));
  std::cerr << "baseline written: " << o.baseline << "\n";
  return all_hold;
}

finished run_in_one(const run_plan& plan, const options& o, const std::filesystem::path& to,
                    const std::string& folder) {
  const report r = run_one(plan, o);
  write_report(to, r);
  const bool compared_too = !o.baseline.empty() && std::filesystem::exists(o.baseline);
  if (o.json && !compared_too)
    std::cout << render_json(r);
  else if (!o.json)
    std::cout << render_terminal(r, {.colour = isatty(STDOUT_FILENO) != 0}) << "\n";
  int status = status_of(r);
  if (!o.baseline.empty()) status = worse_status(status, with_baseline(r, o, to));
  return {{index_entry_for(r, folder + "/report.html")}, status};
}

// One report a variant, in a folder of its own, and one comparison of them all. The first is what
// the others are compared with, and what the exit status is about.
finished run_variants(const std::string& file, const options& o) {
  finished f;
  std::vector<compared_run> runs;
  std::string scenario;
  for (const variant& v : variants_of(o.vary)) {
    options own = o;
    own.changes.insert(own.changes.end(), v.changes.begin(), v.changes.end());
    const run_plan plan = load_plan(file, own);
    scenario = folder_name(plan.what.name);
    if (!o.json) std::cout << fmt::format("{}: {}\n", plan.what.name, v.label) << std::flush;
    const report r = run_one(plan, own);
    const std::string folder = scenario + "/" + folder_name(v.label);
    write_report(std::filesystem::path(o.out) / folder, r);
    f.index.push_back(index_entry_for(r, folder + "/report.html"));
    f.index.back().title += ": " + v.label;
    if (runs.empty()) f.status = status_of(r);
    runs.push_back(compared(r, v.label));
    if (interrupt_flag()) throw cannot_run("stopped before every variant had run");
  }
  const comparison_table table = compare(std::move(runs), {tolerance_of(o)});
  f.status = worse_status(f.status, tell(table, o, std::filesystem::path(o.out) / scenario));
  return f;
}

// Each engine's report and journal go to a folder of their own.
finished run_in_both(const run_plan& plan, const options& o, const std::filesystem::path& to,
                     const std::string& folder) {
  const auto in = [&](const std::string& engine) {
    options own = o;
    own.engine = engine;
    own.journal = (to / engine / "run.journal").string();
    report r = run_one(plan, own);
    write_report(to / engine, r);
    return r;
  };
  const report sim = in("sim");
  const report live = in("live");
  const conformance c = compare_journals(to / "sim/run.journal", to / "live/run.journal");
  std::cout << (o.json ? side_by_side_json(sim, live, c) : side_by_side(sim, live, c) + "\n");
  finished f{{}, worse_status(status_of(sim), status_of(live))};
  for (const report* r : {&sim, &live}) {
    f.index.push_back(index_entry_for(*r, folder + "/" + r->info.engine + "/report.html"));
    f.index.back().title += ", " + r->info.engine;
  }
  if (!c.holds()) f.status = one_failed;
  return f;
}

int run_others(const options& o) {
  if (o.files.size() != 1) throw config_error({}, "--client is for one scenario");
  if (o.replications != 1 || o.speed != 1 || !o.journal.empty() || !o.records.empty() ||
      !o.vary.empty() || !o.baseline.empty()) {
    throw config_error({},
                       "--client runs once, at speed 1, without --journal, --records, --vary and "
                       "--baseline");
  }
  return run_clients({o.files.front(), o.client, o.instances, o.seed, o.changes, o.out, o.json});
}

// Every variant is read before the first one runs.
void check_variants(const options& o) {
  for (const std::string& file : o.files) {
    for (const variant& v : variants_of(o.vary)) {
      options own = o;
      own.changes.insert(own.changes.end(), v.changes.begin(), v.changes.end());
      (void)load_plan(file, own);
    }
  }
}

int run(const options& o) {
  if (!o.client.empty()) return run_others(o);
  check_outlets(o);
  std::vector<run_plan> plans;
  if (o.vary.empty())
    for (const std::string& file : o.files) plans.push_back(load_plan(file, o));
  else
    check_variants(o);
  if (!o.baseline.empty() && !o.update_baseline)
    (void)load_run(o.baseline, "baseline");  // a mistake in it is told before the run
  const std::filesystem::path out = o.out;
  prepare_folder(out);
  std::vector<index_entry> index;
  int status = all_hold;
  std::string place;
  if (!o.vary.empty()) {
    for (const std::string& file : o.files) {
      const finished f = run_variants(file, o);
      index.insert(index.end(), f.index.begin(), f.index.end());
      status = worse_status(status, f.status);
    }
  }
  for (const run_plan& plan : plans) {
    if (!o.json)
      std::cout << fmt::format("{}: seed {}, engine {}{}\n", plan.what.name, plan.seed, o.engine,
                               o.engine == "sim" ? "" : fmt::format(", speed {:g}", o.speed))
                << std::flush;
    const std::string folder = folder_name(plan.what.name);
    const finished f = o.engine == "both" ? run_in_both(plan, o, out / folder, folder)
                                          : run_in_one(plan, o, out / folder, folder);
    index.insert(index.end(), f.index.begin(), f.index.end());
    place = (out / f.index.back().link).string();
    status = worse_status(status, f.status);
    if (interrupt_flag()) break;
  }
  if (index.size() > 1) {
    place = (out / "index.html").string();
    write_file_atomically(place, render_index_html(index));
  }
  if (!o.json) std::cout << "report: " << place << "\n";
  return status;
}

}  // namespace

void add_run(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("run", "Run scenarios and write their reports");
  const auto o = std::make_shared<options>();
  command->add_option("scenario", o->files, "scenario files, or names from the library")
      ->required();
  command
      ->add_option("--engine", o->engine, "sim: virtual time; live: real sockets; both: compared")
      ->check(CLI::IsMember({"sim", "live", "both"}))
      ->capture_default_str();
  add_seed(*command, o->seed);
  command->add_option("--speed", o->speed, "live: scenario seconds in a second of wall time")
      ->check(CLI::Range(0.001, 1000.0))
      ->capture_default_str();
  command
      ->add_option("--replications", o->replications, "sim: runs with other draws, for intervals")
      ->check(whole_number(1, 100'000))
      ->capture_default_str();
  command->add_option("--out", o->out, "folder for the reports")->capture_default_str();
  command->add_option("--set", o->changes, "change a key: --set 'client.preset=\"guide-snippet\"'");
  command->add_option("--journal", o->journal, "write what happened, for 'stampede replay'");
  command->add_option("--records", o->records,
                      "write every attempt, call and exchange to FILE, as NDJSON or (.csv) as CSV");
  command->add_option("--baseline", o->baseline,
                      "compare with this run.json or baseline, written by --update-baseline");
  command
      ->add_flag("--update-baseline", o->update_baseline,
                 "write the file that --baseline names from this run")
      ->needs("--baseline");
  command->add_option(
      "--vary", o->vary,
      "run once for each value and compare: --vary client.preset=guide,guide-snippet");
  command->add_option("--fail-on-regression", o->fail_on_regression,
                      "end with status 1 where a measure is worse by more than this: 5%");
  command->add_flag("--verify-bytes", o->verify_bytes,
                    "sim: render and decode every answer, instead of each shape once");
  command->add_option("--client", o->client,
                      "run this command instead of the scenario's fleet, on real sockets");
  command->add_option("--instances", o->instances, "how many times, each with a key of its own")
      ->needs("--client")
      ->check(whole_number(1, 10'000))
      ->capture_default_str();
  command->add_flag("--json", o->json, "print run.json instead of the table");
  command->callback([o, &status] { status = run(*o); });
}

}  // namespace stampede
