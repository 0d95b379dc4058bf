// stampede compare BASE NEW: two runs, or two folders of runs, side by side.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config_table.hpp"
#include "harness/commands/command.hpp"
#include "harness/commands/report_files.hpp"
#include "harness/files.hpp"
#include "reports/render_compare.hpp"

namespace stampede {
namespace {

namespace fs = std::filesystem;

struct options {
  std::string base;
  std::string next;
  std::string fail_on_regression;
  std::string out;
  bool json = false;
};

// Runs of one scenario, found by its name.
using by_scenario = std::map<std::string, std::vector<compared_run>>;

by_scenario runs_of(const fs::path& folder, const std::string& label) {
  by_scenario found;
  for (const fs::path& file : runs_in(folder)) {
    compared_run run = load_run(folder / file, label);
    found[run.scenario].push_back(std::move(run));
  }
  if (found.empty())
    throw config_error({std::make_shared<const std::string>(folder.string()), 0, 0},
                       "there is no run.json in this folder");
  return found;
}

// Files at the same place in both folders belong together; otherwise runs of one scenario under
// several seeds are one sample.
std::vector<comparison_table> compare_folders(const options& o, const compare_options& how) {
  std::vector<comparison_table> tables;
  if (runs_in(o.base) == runs_in(o.next) && !runs_in(o.base).empty()) {
    for (const fs::path& file : runs_in(o.base)) {
      comparison_table t =
          compare({load_run(o.base / file, "base"), load_run(o.next / file, "new")}, how);
      if (file.has_parent_path() && file.parent_path() != folder_name(t.scenario))
        t.scenario += " (" + file.parent_path().string() + ")";
      tables.push_back(std::move(t));
    }
    return tables;
  }
  const by_scenario base = runs_of(o.base, "base");
  by_scenario next = runs_of(o.next, "new");
  for (const auto& [name, runs] : base) {
    const auto same = next.find(name);
    if (same == next.end()) {
      std::cerr << fmt::format("{}: only in {}\n", name, o.base);
      continue;
    }
    tables.push_back(compare({together(runs, "base"), together(same->second, "new")}, how));
    next.erase(same);
  }
  for (const auto& [name, runs] : next) std::cerr << fmt::format("{}: only in {}\n", name, o.next);
  return tables;
}

int run(const options& o) {
  compare_options how;
  if (!o.fail_on_regression.empty())
    how.tolerance = parse_tolerance("--fail-on-regression", o.fail_on_regression);
  std::error_code ignored;
  const bool folders = fs::is_directory(o.base, ignored) && fs::is_directory(o.next, ignored);
  std::vector<comparison_table> tables;
  if (folders)
    tables = compare_folders(o, how);
  else
    tables.push_back(compare({load_run(o.base, "base"), load_run(o.next, "new")}, how));
  if (tables.empty()) throw config_error({}, "no scenario has a run in both folders");
  int status = all_hold;
  std::string json;
  for (const comparison_table& t : tables) {
    if (o.json)
      json += (json.empty() ? "" : ",\n") + render_compare_json(t);
    else
      std::cout << render_compare_terminal(t, {.colour = isatty(STDOUT_FILENO) != 0}) << "\n";
    if (!o.out.empty())
      write_comparison(
          tables.size() == 1 ? fs::path(o.out) : o.out / fs::path(folder_name(t.scenario)), t);
    if (!o.fail_on_regression.empty() && !t.regressions().empty()) status = one_failed;
  }
  if (o.json) std::cout << (tables.size() == 1 ? json : "[" + json + "]\n");
  return status;
}

}  // namespace

void add_compare(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("compare", "Set two runs, or two folders of runs, side by side");
  const auto o = std::make_shared<options>();
  command->add_option("base", o->base, "a run.json, a baseline, or a folder of runs")->required();
  command->add_option("new", o->next, "the same, to be compared with it")->required();
  command->add_option("--fail-on-regression", o->fail_on_regression,
                      "end with status 1 where a measure is worse by more than this: 5%");
  command->add_option("--out", o->out, "write comparison.html, .md, .json and .txt to this folder");
  command->add_flag("--json", o->json, "print JSON instead of the table");
  command->callback([o, &status] { status = run(*o); });
}

}  // namespace stampede
