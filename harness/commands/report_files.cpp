#include "harness/commands/report_files.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>

#include "core/config_table.hpp"
#include "core/units.hpp"
#include "harness/commands/command.hpp"
#include "harness/files.hpp"
#include "reports/baseline.hpp"
#include "reports/render_compare.hpp"
#include "reports/render_html.hpp"
#include "reports/render_json.hpp"
#include "reports/render_junit.hpp"
#include "reports/render_markdown.hpp"
#include "reports/render_series.hpp"
#include "reports/render_terminal.hpp"

namespace stampede {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(const fs::path& file, const std::string& message) {
  throw config_error({std::make_shared<const std::string>(file.string()), 0, 0}, message);
}

}  // namespace

std::string folder_name(const std::string& name) {
  std::string folder = name;
  for (char& c : folder)
    if (c == '/' || c == '\\' || static_cast<unsigned char>(c) <= ' ') c = '_';
  return folder.front() == '.' ? "_" + folder : folder;
}

void write_report(const fs::path& folder, const report& r) {
  write_file_atomically(folder / "report.html", render_html(r));
  write_file_atomically(folder / "run.json", render_json(r));
  write_file_atomically(folder / "report.txt", render_terminal(r));
  write_file_atomically(folder / "junit.xml", render_junit(r));
  write_file_atomically(folder / "summary.md", render_markdown(r));
  write_file_atomically(folder / "series.csv", render_series_csv(r));
  write_file_atomically(folder / "series.ndjson", render_series_ndjson(r));
}

void write_comparison(const fs::path& folder, const comparison_table& t) {
  write_file_atomically(folder / "comparison.html", render_compare_html(t));
  write_file_atomically(folder / "comparison.txt", render_compare_terminal(t));
  write_file_atomically(folder / "comparison.json", render_compare_json(t));
  write_file_atomically(folder / "comparison.md", render_compare_markdown(t));
}

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) refuse(file, "this file cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> runs_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& e : fs::recursive_directory_iterator(folder)) {
    const std::string name = e.path().filename().string();
    if (e.is_regular_file() && (name == "run.json" || name == "baseline.json"))
      found.push_back(fs::relative(e.path(), folder));
  }
  std::sort(found.begin(), found.end());
  return found;
}

compared_run load_run(const fs::path& path, const std::string& label) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return read_baseline(read_text(path), path.string(), label);
  const std::vector<fs::path> runs = runs_in(path);
  if (runs.size() == 1) return load_run(path / runs.front(), label);
  refuse(path, runs.empty() ? "there is no run.json in this folder"
                            : "there are several runs in this folder: name one");
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

int worse_status(int a, int b) {
  if (a == one_failed || b == one_failed) return one_failed;
  return std::max(a, b);
}

double parse_tolerance(const std::string& option, const std::string& text) {
  const auto share = parse_percent(text);
  if (!share || *share < 0) throw config_error({}, option + " takes a percentage, such as 5%");
  return *share;
}

}  // namespace stampede
