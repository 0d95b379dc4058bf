// stampede fuzz: random scenarios in the sim, under the laws every run must keep.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/config_table.hpp"
#include "core/live/wall_clock.hpp"
#include "core/units.hpp"
#include "harness/commands/command.hpp"
#include "harness/commands/option_checks.hpp"
#include "harness/files.hpp"
#include "harness/fuzz/fuzz_run.hpp"

namespace stampede {
namespace {

struct options {
  std::uint64_t seed = 1;
  std::string length;  // --for
  std::uint64_t count = 0;
  std::string keep;
  bool json = false;
};

// An assertion in a machine ends the process: the seed is said with its last breath.
char crash_note[128];

void on_crash(int number) {
  const auto ignored = write(STDERR_FILENO, crash_note, std::strlen(crash_note));
  (void)ignored;
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void watch_for_crash(std::uint64_t seed) {
  const std::string note =
      fmt::format("crashed; again with: stampede fuzz --seed {} --count 1\n", seed);
  note.copy(crash_note, sizeof crash_note - 1);
  for (const int number : {SIGABRT, SIGSEGV, SIGFPE}) std::signal(number, on_crash);
}

std::string again(const fuzz_failure& f) {
  return fmt::format("stampede fuzz --seed {} --count 1", f.seed);
}

// Where the failing scenario was written; empty where nobody asked.
std::string keep(const options& o, const fuzz_failure& f) {
  if (o.keep.empty()) return "";
  const std::filesystem::path file =
      std::filesystem::path(o.keep) / fmt::format("fuzz_{}.toml", f.seed);
  const std::string head =
      fmt::format("# Breaks: {}\n# {}\n# Again: {}\n", f.promise, f.evidence, again(f));
  write_file_atomically(file, head + f.scenario);
  return file.string();
}

template <class Counts>
std::string in_line(const Counts& counts) {
  std::string text;
  for (const auto& [name, n] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, n);
  return text.empty() ? "none" : text;
}

void print_summary(const fuzz_tally& t, const options& o, duration took) {
  if (interrupt_flag()) std::cout << "interrupted\n";
  std::cout << fmt::format(
      "{} scenarios from seed {}, {} calls, {} attempts in {}; {} cut short, {} run twice, {} run "
      "again by bytes\n",
      t.scenarios, o.seed, t.calls, t.attempts, to_short_text(took), t.cut_short, t.run_twice,
      t.run_by_bytes);
  std::cout << "checked by law: " << in_line(t.checked) << "\n";
  std::cout << "requests taken by fault: " << in_line(t.faults) << "\n";
  std::cout << "waits by backoff: " << in_line(t.backoffs) << "\n";
}

void print_failure(const fuzz_failure& f, const std::string& file) {
  std::cout << fmt::format("FAILED: seed {} breaks the law '{}': {}\n  {}\nagain: {}\n", f.seed,
                           f.law, f.promise, f.evidence, again(f));
  if (!file.empty()) std::cout << fmt::format("scenario: {} (stampede run {})\n", file, file);
}

void print_json(const fuzz_tally& t, const options& o, const std::optional<fuzz_failure>& f,
                const std::string& file) {
  nlohmann::ordered_json j = {{"seed", o.seed},
                              {"scenarios", t.scenarios},
                              {"cut_short", t.cut_short},
                              {"calls", t.calls},
                              {"attempts", t.attempts},
                              {"run_twice", t.run_twice},
                              {"run_by_bytes", t.run_by_bytes},
                              {"checked", t.checked},
                              {"faults", t.faults},
                              {"backoffs", t.backoffs},
                              {"failure", nullptr}};
  if (f)
    j["failure"] = {{"seed", f->seed},       {"law", f->law},
                    {"promise", f->promise}, {"evidence", f->evidence},
                    {"again", again(*f)},    {"scenario", f->scenario},
                    {"file", file}};
  std::cout << j.dump(2) << "\n";
}

int fuzz(const options& o) {
  const auto asked = parse_duration(o.length.empty() ? "10s" : o.length);
  if (!asked)
    throw config_error({}, "stampede: --for must be a time such as 30s, not '" + o.length + "'");
  if (!o.keep.empty()) prepare_folder(o.keep);
  const bool timed = o.count == 0 || !o.length.empty();
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const wall_clock clock;
  fuzz_tally tally;
  std::optional<fuzz_failure> failure;
  instant said = run_start;
  for (std::uint64_t i = 0; o.count == 0 || i < o.count; ++i) {
    const instant now = clock.now();
    if ((timed && now - run_start >= *asked) || interrupt_flag()) break;
    if (terminal && now - said >= std::chrono::milliseconds(200)) {
      std::cerr << fmt::format("\r\033[K{} scenarios, {} attempts", tally.scenarios, tally.attempts)
                << std::flush;
      said = now;
    }
    watch_for_crash(o.seed + i);
    failure = fuzz_one(o.seed + i, tally);
    if (failure) break;
  }
  if (terminal) std::cerr << "\r\033[K" << std::flush;
  const std::string file = failure ? keep(o, *failure) : "";
  if (o.json) {
    print_json(tally, o, failure, file);
  } else {
    print_summary(tally, o, clock.now() - run_start);
    if (failure) print_failure(*failure, file);
  }
  return failure ? one_failed : all_hold;
}

}  // namespace

void add_fuzz(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "fuzz", "Run random scenarios in the sim and check what every run must keep");
  const auto o = std::make_shared<options>();
  command->add_option("--seed", o->seed, "of the first scenario; the others follow")
      ->check(whole_number(0, greatest_seed))
      ->capture_default_str();
  command->add_option("--for", o->length, "wall time, such as 1m; 10s where no --count is given");
  command->add_option("--count", o->count, "scenarios at most")
      ->check(whole_number(1, 1'000'000'000));
  command->add_option("--keep", o->keep, "folder for the scenario of a failing seed");
  command->add_flag("--json", o->json, "print JSON");
  command->callback([o, &status] { status = fuzz(*o); });
}

}  // namespace stampede
