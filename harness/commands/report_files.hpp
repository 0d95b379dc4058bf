// Where the reports of a run go, and reading them back: what run, compare and report share.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "reports/compare.hpp"
#include "reports/report.hpp"

namespace stampede {

// A scenario's or a variant's name as the name of a folder.
std::string folder_name(const std::string& name);

// report.html, report.txt, run.json, junit.xml, summary.md, series.csv and series.ndjson.
void write_report(const std::filesystem::path& folder, const report& r);
// comparison.html, .txt, .json and .md.
void write_comparison(const std::filesystem::path& folder, const comparison_table& t);

// What the file holds. Throws config_error where it cannot be read.
std::string read_text(const std::filesystem::path& file);

// A run to compare with: a run.json, a baseline, or a folder with a single one of them in it.
compared_run load_run(const std::filesystem::path& path, const std::string& label);
// The files of runs in a folder, sorted, as paths relative to it.
std::vector<std::filesystem::path> runs_in(const std::filesystem::path& folder);

// The exit status of a run's verdicts.
int status_of(const report& r);
// A failed expectation says more than one that could not be judged.
int worse_status(int a, int b);

// "5%" as 0.05. Throws config_error that names the option.
double parse_tolerance(const std::string& option, const std::string& text);

}  // namespace stampede
