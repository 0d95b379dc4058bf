// stampede report RUN: a report rendered again, from its run.json or from the records of the run.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "core/config_table.hpp"
#include "harness/commands/command.hpp"
#include "harness/commands/report_files.hpp"
#include "reports/read_records.hpp"
#include "reports/read_run.hpp"
#include "reports/render_html.hpp"
#include "reports/render_json.hpp"
#include "reports/render_junit.hpp"
#include "reports/render_markdown.hpp"
#include "reports/render_series.hpp"
#include "reports/render_terminal.hpp"

namespace stampede {
namespace {

namespace fs = std::filesystem;

struct options {
  std::string run;
  std::string format = "terminal";
  std::string out;
  bool json = false;
};

const std::map<std::string, std::string (*)(const report&)>& renderers() {
  static const std::map<std::string, std::string (*)(const report&)> all{
      {"terminal",
       [](const report& r) { return render_terminal(r, {.colour = isatty(STDOUT_FILENO) != 0}); }},
      {"html", [](const report& r) { return render_html(r); }},
      {"json", [](const report& r) { return render_json(r); }},
      {"junit", [](const report& r) { return render_junit(r); }},
      {"markdown", [](const report& r) { return render_markdown(r); }},
      {"csv", [](const report& r) { return render_series_csv(r); }},
      {"ndjson", [](const report& r) { return render_series_ndjson(r); }}};
  return all;
}

report load(fs::path path) {
  std::error_code ignored;
  if (fs::exists(path / "run.json", ignored)) {  // its variants may lie below it
    path /= "run.json";
  } else if (fs::is_directory(path, ignored)) {
    const auto runs = runs_in(path);
    if (runs.size() != 1)
      throw config_error({std::make_shared<const std::string>(path.string()), 0, 0},
                         runs.empty() ? "there is no run.json in this folder"
                                      : "there are several runs in this folder: name one");
    path /= runs.front();
  }
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw config_error({std::make_shared<const std::string>(path.string()), 0, 0},
                       "this file cannot be read");
  std::string first;
  std::getline(in, first);
  in.clear();
  in.seekg(0);
  return is_record_line(first) ? read_records(in, path.string())
                               : read_run(read_text(path), path.string());
}

int run(const options& o) {
  const report r = load(o.run);
  if (!o.out.empty()) write_report(o.out, r);
  std::cout << renderers().at(o.json ? "json" : o.format)(r);
  return status_of(r);
}

}  // namespace

void add_report(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("report", "Render the report of a run again");
  const auto o = std::make_shared<options>();
  command->add_option("run", o->run, "a run.json, its folder, or a file of records (NDJSON)")
      ->required();
  command
      ->add_option("--format", o->format,
                   "what to print: terminal, html, json, junit, markdown, csv or ndjson")
      ->check(CLI::IsMember({"terminal", "html", "json", "junit", "markdown", "csv", "ndjson"}))
      ->capture_default_str();
  command->add_option("--out", o->out, "write every file of a report to this folder, too");
  command->add_flag("--json", o->json, "the same as --format json");
  command->callback([o, &status] { status = run(*o); });
}

}  // namespace stampede
