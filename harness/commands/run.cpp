// stampede run SCENARIO...: runs scenarios, writes their reports, judges their expectations.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config_table.hpp"
#include "harness/commands/baseline_file.hpp"
#include "harness/commands/command.hpp"
#include "harness/commands/report_files.hpp"
#include "harness/commands/run_both.hpp"
#include "harness/commands/run_clients.hpp"
#include "harness/commands/run_one.hpp"
#include "harness/commands/run_options.hpp"
#include "harness/commands/variants.hpp"
#include "harness/files.hpp"
#include "harness/live/live_run.hpp"
#include "reports/render_compare.hpp"
#include "reports/render_html.hpp"
#include "reports/render_json.hpp"
#include "reports/render_terminal.hpp"

namespace stampede {
namespace {

namespace fs = std::filesystem;

struct planned_run {
  std::string label;   // of a variant; empty without --vary
  std::string folder;  // of its report, below --out
  run_plan plan;
};
using variants = std::vector<planned_run>;  // of one file: without --vary there is one

// Every file and variant is read, and given its folder, before the first one runs.
std::vector<variants> planned(const run_options& o) {
  std::vector<variants> all;
  std::map<std::string, std::string> taken;  // folders, and by what
  for (const std::string& file : o.files) {
    all.emplace_back();
    for (const variant& v : variants_of(o.vary)) {
      run_options own = o;
      own.changes.insert(own.changes.end(), v.changes.begin(), v.changes.end());
      run_plan plan = load_plan(file, own);
      std::string folder = folder_name(plan.what.name);
      std::string by = file;
      if (!v.label.empty()) {
        folder += "/" + folder_name(v.label);
        by += " with " + v.label;
      }
      const auto [at, free] = taken.emplace(folder, by);
      if (!free)
        throw config_error({}, fmt::format("the reports of {} and of {} would both go to {}",
                                           at->second, by, (fs::path(o.out) / folder).string()));
      all.back().push_back({v.label, std::move(folder), std::move(plan)});
    }
  }
  return all;
}

class run_command {
 public:
  explicit run_command(const run_options& o) : o_(o), out_(o.out) {
    if (!o.baseline.empty()) baseline_.emplace(o.baseline, o.update_baseline);
  }

  int run(const std::vector<variants>& files) {
    prepare_folder(out_);
    for (const variants& of_file : files) {
      if (!o_.vary.empty())
        in_variants(of_file);
      else if (o_.engine == "both")
        in_both(of_file.front());
      else
        in_one(of_file.front());
      if (interrupt_flag()) break;
    }
    std::string place = (out_ / index_.back().link).string();
    if (index_.size() > 1) {
      place = (out_ / "index.html").string();
      write_file_atomically(place, render_index_html(index_));
    }
    if (o_.json)
      std::cout << (files.size() == 1 ? documents_ : "[" + documents_ + "]\n");
    else
      std::cout << "report: " << place << "\n";
    return status_;
  }

 private:
  // Several files make a list of documents, so that the whole is JSON.
  void document(const std::string& json) { documents_ += (documents_.empty() ? "" : ",\n") + json; }

  void announce(const run_plan& plan) const {
    if (o_.json) return;
    std::cout << fmt::format("{}: seed {}, engine {}{}\n", plan.what.name, plan.seed, o_.engine,
                             o_.engine == "sim" ? "" : fmt::format(", speed {:g}", o_.speed))
              << std::flush;
  }

  void add(const report& r, const std::string& folder, const std::string& title_end = "") {
    write_report(out_ / folder, r);
    index_.push_back(index_entry_for(r, folder + "/report.html"));
    index_.back().title += title_end;
  }

  // Prints and writes it; the exit status it asks for.
  int tell(const comparison_table& t, const fs::path& to) {
    write_comparison(to, t);
    if (o_.json)
      document(render_compare_json(t));
    else
      std::cout << render_compare_terminal(t, {.colour = isatty(STDOUT_FILENO) != 0})
                << "comparison: " << (to / "comparison.html").string() << "\n";
    return !o_.fail_on_regression.empty() && !t.regressions().empty() ? one_failed : all_hold;
  }

  // Against what is committed, or for what will be.
  int with_baseline(const report& r, const fs::path& to) {
    const compared_run next = compared(r, "new");
    int status = all_hold;
    if (baseline_->committed())
      status = tell(compare({*baseline_->committed(), next}, o_.comparison), to);
    if (!baseline_->is_updated()) return status;
    if (interrupt_flag()) throw cannot_run("an interrupted run makes no baseline");
    baseline_->update(next);
    std::cerr << "baseline written: " << o_.baseline << "\n";
    return all_hold;
  }

  void in_one(const planned_run& p) {
    announce(p.plan);
    const report r = run_one(p.plan, o_);
    add(r, p.folder);
    if (!o_.json)
      std::cout << render_terminal(r, {.colour = isatty(STDOUT_FILENO) != 0}) << "\n";
    else if (!baseline_ || !baseline_->committed())
      document(render_json(r));
    status_ = worse_status(status_, status_of(r));
    if (baseline_) status_ = worse_status(status_, with_baseline(r, out_ / p.folder));
  }

  // One report a variant, in a folder of its own, and one comparison of them all. The first is
  // what the others are compared with, and what the exit status is about.
  void in_variants(const variants& all) {
    std::vector<compared_run> runs;
    for (const planned_run& p : all) {
      if (!o_.json) std::cout << fmt::format("{}: {}\n", p.plan.what.name, p.label) << std::flush;
      const report r = run_one(p.plan, o_);
      add(r, p.folder, ": " + p.label);
      if (runs.empty()) status_ = worse_status(status_, status_of(r));
      runs.push_back(compared(r, p.label));
      if (interrupt_flag()) throw cannot_run("stopped before every variant had run");
    }
    const comparison_table table = compare(std::move(runs), o_.comparison);
    status_ = worse_status(status_, tell(table, out_ / folder_name(all.back().plan.what.name)));
  }

  // Each engine's report and journal go to a folder of their own.
  void in_both(const planned_run& p) {
    announce(p.plan);
    const auto in = [&](const std::string& engine) {
      run_options own = o_;
      own.engine = engine;
      own.journal = (out_ / p.folder / engine / "run.journal").string();
      report r = run_one(p.plan, own);
      add(r, p.folder + "/" + engine, ", " + engine);
      return r;
    };
    const report sim = in("sim");
    const report live = in("live");
    const conformance c =
        compare_journals(out_ / p.folder / "sim/run.journal", out_ / p.folder / "live/run.journal");
    if (o_.json)
      document(side_by_side_json(sim, live, c));
    else
      std::cout << side_by_side(sim, live, c) << "\n";
    status_ = worse_status(status_, worse_status(status_of(sim), status_of(live)));
    if (!c.holds()) status_ = one_failed;
  }

  const run_options& o_;
  const fs::path out_;
  std::optional<baseline_file> baseline_;
  std::vector<index_entry> index_;
  std::string documents_;
  int status_ = all_hold;
};

int run(const run_options& asked) {
  const run_options o = checked(asked);
  if (!o.client.empty())
    return run_clients({o.files.front(), o.client, o.instances, o.seed, o.changes, o.out, o.json});
  const std::vector<variants> files = planned(o);
  return run_command(o).run(files);
}

}  // namespace

void add_run(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("run", "Run scenarios and write their reports");
  const auto o = std::make_shared<run_options>();
  add_options(*command, *o);
  command->callback([o, &status] { status = run(*o); });
}

}  // namespace stampede
