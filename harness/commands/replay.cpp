// stampede replay FILE...: feeds journals of runs to fresh machines and compares decisions.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/config_table.hpp"
#include "harness/commands/command.hpp"
#include "harness/journal_text.hpp"
#include "harness/replay.hpp"
#include "reports/text.hpp"

namespace stampede {
namespace {

nlohmann::ordered_json json_of(const std::string& file, const replay_result& r) {
  nlohmann::ordered_json out = {{"journal", file},          {"scenario", r.scenario},
                                {"engine", r.engine},       {"events", r.events},
                                {"decisions", r.decisions}, {"equal", r.equal()}};
  if (r.difference)
    out["difference"] = {{"line", r.difference->line},
                         {"event", r.difference->event},
                         {"expected", r.difference->expected},
                         {"got", r.difference->got}};
  return out;
}

std::string text_of(const std::string& file, const replay_result& r) {
  if (r.equal())
    return fmt::format("{}: {} events, {} decisions: equal", r.scenario,
                       count_text(static_cast<std::int64_t>(r.events)),
                       count_text(static_cast<std::int64_t>(r.decisions)));
  const replay_difference& d = *r.difference;
  return fmt::format("{}:{}: the decisions differ\n  event     {}\n  expected  {}\n  got       {}",
                     file, d.line, d.event, d.expected, d.got);
}

int run(const std::vector<std::string>& files, bool as_json) {
  int status = all_hold;
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  const auto refused = [&](const std::string& file, const std::string& why) {
    status = bad_input;
    results.push_back({{"journal", file}, {"error", why}});
    std::cerr << why << "\n";
  };
  for (const std::string& file : files) {
    try {
      const replay_result r = replay(file);
      if (!r.equal() && status == all_hold) status = one_failed;
      results.push_back(json_of(file, r));
      if (!as_json) std::cout << text_of(file, r) << "\n";
    } catch (const journal_error& error) {
      refused(file, error.what());
    } catch (const config_error& error) {
      refused(file, fmt::format("{}: its scenario: {}", file, error.what()));
    }
  }
  if (as_json) std::cout << results.dump(2) << "\n";
  return status;
}

}  // namespace

void add_replay(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("replay", "Feed the journal of a run to fresh machines");
  struct options {
    std::vector<std::string> files;
    bool json = false;
  };
  const auto o = std::make_shared<options>();
  command->add_option("journal", o->files, "files that 'stampede run --journal' wrote")->required();
  command->add_flag("--json", o->json, "print JSON");
  command->callback([o, &status] { status = run(o->files, o->json); });
}

}  // namespace stampede
