// What the subcommands share: their registration, exit statuses, the Ctrl-C flag.
#pragma once

#include <CLI/App.hpp>
#include <atomic>

namespace stampede {

// 0: all expectations hold; 1: one failed; 2: bad input or usage; 3: could not run, or a
// verdict is inconclusive.
enum exit_status : int { all_hold = 0, one_failed = 1, bad_input = 2, could_not_run = 3 };

// Each adds its subcommand to `app` and writes the exit status when it has run.
void add_run(CLI::App& app, int& status);
void add_replay(CLI::App& app, int& status);
void add_serve(CLI::App& app, int& status);
void add_validate(CLI::App& app, int& status);
void add_call(CLI::App& app, int& status);
void add_explain(CLI::App& app, int& status);
void add_fuzz(CLI::App& app, int& status);
void add_compare(CLI::App& app, int& status);
void add_report(CLI::App& app, int& status);
void add_cost(CLI::App& app, int& status);
void add_schema(CLI::App& app, int& status);

// True from the first Ctrl-C (or SIGTERM) on; a second Ctrl-C ends the process at once.
const std::atomic<bool>& interrupt_flag();

}  // namespace stampede
