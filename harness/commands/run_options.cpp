#include "harness/commands/run_options.hpp"

#include <CLI/CLI.hpp>

#include "core/config_table.hpp"
#include "harness/commands/option_checks.hpp"
#include "harness/commands/report_files.hpp"

namespace stampede {
namespace {

void check_outlets(const run_options& o) {
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
  if (o.engine == "sim" && o.speed != 1)
    throw config_error({}, "--speed is for real sockets: add --engine live");
  if (!o.baseline.empty() && (o.files.size() != 1 || o.engine == "both" || !o.vary.empty()))
    throw config_error({}, "--baseline is for one scenario, one engine and no --vary");
  if (!o.vary.empty() && (o.engine == "both" || !o.journal.empty() || !o.records.empty()))
    throw config_error({}, "--vary goes with one engine, and without --journal and --records");
  if (!o.fail_on_regression.empty() && o.baseline.empty() && o.vary.empty())
    throw config_error({}, "--fail-on-regression goes with --baseline or --vary");
}

// A fleet of processes meets the server once, at its own pace, and nobody sees inside it.
void check_for_client(const run_options& o) {
  if (o.files.size() != 1) throw config_error({}, "--client is for one scenario");
  if (!o.engine.empty() && o.engine != "live")
    throw config_error({}, "--client runs on real sockets, without --engine " + o.engine);
  if (o.replications != 1 || o.speed != 1 || !o.journal.empty() || !o.records.empty() ||
      !o.vary.empty() || !o.baseline.empty() || !o.fail_on_regression.empty() || o.verify_bytes)
    throw config_error({},
                       "--client runs once, at speed 1, without --journal, --records, --vary, "
                       "--baseline, --fail-on-regression and --verify-bytes");
}

}  // namespace

run_options checked(run_options o) {
  if (!o.client.empty()) {
    check_for_client(o);
    return o;
  }
  if (o.engine.empty()) o.engine = "sim";
  check_outlets(o);
  if (!o.fail_on_regression.empty())
    o.comparison.tolerance = parse_tolerance("--fail-on-regression", o.fail_on_regression);
  return o;
}

void add_options(CLI::App& command, run_options& o) {
  command.add_option("scenario", o.files, "scenario files, or names from the library")->required();
  command.add_option("--engine", o.engine, "sim: virtual time; live: real sockets; both: compared")
      ->check(CLI::IsMember({"sim", "live", "both"}))
      ->default_str("sim");
  add_seed(command, o.seed);
  command.add_option("--speed", o.speed, "live: scenario seconds in a second of wall time")
      ->check(CLI::Range(0.001, 1000.0))
      ->capture_default_str();
  command.add_option("--replications", o.replications, "sim: runs with other draws, for intervals")
      ->check(whole_number(1, 100'000))
      ->capture_default_str();
  command.add_option("--out", o.out, "folder for the reports")->capture_default_str();
  command.add_option("--set", o.changes, "change a key: --set 'client.preset=\"guide-snippet\"'");
  command.add_option("--journal", o.journal, "write what happened, for 'stampede replay'");
  command.add_option("--records", o.records,
                     "write every attempt, call and exchange to FILE, as NDJSON or (.csv) as CSV");
  command.add_option("--baseline", o.baseline,
                     "compare with this run.json or baseline, written by --update-baseline");
  command
      .add_flag("--update-baseline", o.update_baseline,
                "write the file that --baseline names from this run")
      ->needs("--baseline");
  command.add_option(
      "--vary", o.vary,
      "run once for each value and compare: --vary client.preset=guide,guide-snippet");
  command.add_option("--fail-on-regression", o.fail_on_regression,
                     "end with status 1 where a measure is worse by more than this: 5%");
  command.add_flag("--verify-bytes", o.verify_bytes,
                   "sim: render and decode every answer, instead of each shape once");
  command.add_option("--client", o.client,
                     "run this command instead of the scenario's fleet, on real sockets");
  command.add_option("--instances", o.instances, "how many times, each with a key of its own")
      ->needs("--client")
      ->check(whole_number(1, 10'000))
      ->capture_default_str();
  command.add_flag("--json", o.json, "print run.json instead of the table");
}

}  // namespace stampede
