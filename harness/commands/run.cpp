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
#include "harness/commands/run_both.hpp"
#include "harness/files.hpp"
#include "harness/live/live_run.hpp"
#include "harness/plan.hpp"
#include "harness/sim/replications.hpp"
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
  bool verify_bytes = false;
  bool json = false;
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
  if (raw) raw->keep();
  return r;
}

std::string folder_name(const std::string& name) {
  std::string folder = name;
  for (char& c : folder)
    if (c == '/' || c == '\\' || static_cast<unsigned char>(c) <= ' ') c = '_';
  return folder.front() == '.' ? "_" + folder : folder;
}

void write_report(const std::filesystem::path& folder, const report& r) {
  write_file_atomically(folder / "report.html", render_html(r));
  write_file_atomically(folder / "run.json", render_json(r));
  write_file_atomically(folder / "report.txt", render_terminal(r));
}

int status_of(const report& r) {
  // With replications every one of them must hold: one bad seed in twenty is a finding.
  for (const replicated_verdict& v : r.over.verdicts)
    if (v.held < v.judged) return one_failed;
  switch (overall(r.verdicts)) {
    case verdict_result::pass: return all_hold;
    case verdict_result::fail: return one_failed;
    case verdict_result::inconclusive: return could_not_run;
  }
  return could_not_run;
}

// A failed expectation says more than one that could not be judged.
int worse(int a, int b) {
  if (a == one_failed || b == one_failed) return one_failed;
  return std::max(a, b);
}

void check_outlets(const options& o) {
  if (o.verify_bytes && o.engine != "sim")
    throw config_error({}, "--verify-bytes is for the sim: on sockets every answer is bytes");
  if (!o.records.empty() && (o.files.size() != 1 || o.replications != 1 || o.engine == "both"))
    throw config_error({}, "--records is for one scenario, one replication and one engine");
  if (o.engine == "both" && !o.journal.empty())
    throw config_error({}, "--engine both writes its journals beside its reports, as run.journal");
  const bool journals = o.engine == "both" || !o.journal.empty();
  if (journals && o.replications != 1) throw config_error({}, "a journal is of one replication");
  if (!o.journal.empty() && o.files.size() != 1)
    throw config_error({}, "--journal is for one scenario");
}

struct finished {
  std::vector<index_entry> index;
  int status = all_hold;
};

finished run_in_one(const run_plan& plan, const options& o, const std::filesystem::path& to,
                    const std::string& folder) {
  const report r = run_one(plan, o);
  write_report(to, r);
  if (o.json)
    std::cout << render_json(r);
  else
    std::cout << render_terminal(r, {.colour = isatty(STDOUT_FILENO) != 0}) << "\n";
  return {{index_entry_for(r, folder + "/report.html")}, status_of(r)};
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
  finished f{{}, worse(status_of(sim), status_of(live))};
  for (const report* r : {&sim, &live}) {
    f.index.push_back(index_entry_for(*r, folder + "/" + r->info.engine + "/report.html"));
    f.index.back().title += ", " + r->info.engine;
  }
  if (!c.holds()) f.status = one_failed;
  return f;
}

int run(const options& o) {
  check_outlets(o);
  std::vector<run_plan> plans;
  for (const std::string& file : o.files) plans.push_back(load_plan(file, o));
  const std::filesystem::path out = o.out;
  prepare_folder(out);
  std::vector<index_entry> index;
  int status = all_hold;
  std::string place;
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
    status = worse(status, f.status);
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
  command->add_option("--seed", o->seed, "instead of the scenario's");
  command->add_option("--speed", o->speed, "live: scenario seconds in a second of wall time")
      ->check(CLI::Range(0.001, 1000.0))
      ->capture_default_str();
  command
      ->add_option("--replications", o->replications, "sim: runs with other draws, for intervals")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--out", o->out, "folder for the reports")->capture_default_str();
  command->add_option("--set", o->changes, "change a key: --set 'client.preset=\"guide-snippet\"'");
  command->add_option("--journal", o->journal,
                      "write what every machine was told and decided, for 'stampede replay'");
  command->add_option("--records", o->records,
                      "write every attempt, call and exchange to FILE, as NDJSON");
  command->add_flag("--verify-bytes", o->verify_bytes,
                    "sim: render and decode every answer, instead of each shape once");
  command->add_flag("--json", o->json, "print run.json instead of the table");
  command->callback([o, &status] { status = run(*o); });
}

}  // namespace stampede
