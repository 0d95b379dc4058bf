// stampede validate SCENARIO...: reads scenarios, says what they will do, runs nothing.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/config_table.hpp"
#include "harness/commands/command.hpp"
#include "harness/plan.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

int validate(const std::vector<std::string>& files, bool as_json) {
  int worst = all_hold;
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (const std::string& file : files) {
    try {
      const std::vector<std::string> lines = describe(build_plan(load_scenario(file)));
      results.push_back({{"scenario", file}, {"valid", true}, {"description", lines}});
      if (as_json) continue;
      for (const std::string& line : lines) std::cout << line << "\n";
      if (files.size() > 1) std::cout << "\n";
    } catch (const config_error& error) {
      // The other files are judged all the same: one call shows the first mistake of each.
      worst = bad_input;
      results.push_back({{"scenario", file}, {"valid", false}, {"error", error.what()}});
      if (!as_json) std::cerr << error.what() << "\n";
    }
  }
  if (as_json) std::cout << results.dump(2) << "\n";
  return worst;
}

}  // namespace

void add_validate(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("validate", "Say what a scenario will do; run nothing");
  struct options {
    std::vector<std::string> files;
    bool json = false;
  };
  const auto o = std::make_shared<options>();
  command->add_option("scenario", o->files, "scenario files, or names from the library")
      ->required();
  command->add_flag("--json", o->json, "print JSON");
  command->callback([o, &status] { status = validate(o->files, o->json); });
}

}  // namespace stampede
