// stampede schema run|scenario: the JSON Schemas of what stampede writes and reads.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "harness/commands/command.hpp"
#include "reports/render_schema.hpp"
#include "scenarios/schema.hpp"

namespace stampede {

void add_schema(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("schema", "Print a JSON Schema: of run.json, or of scenarios");
  const auto of = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(true);
  command->add_option("of", *of, "run: run.json; scenario: scenario files, for editors")
      ->required()
      ->check(CLI::IsMember({"run", "scenario"}));
  command->add_flag("--json", *json, "a schema is JSON with or without it");
  command->callback([of, json, &status] {
    std::cout << (*of == "run" ? render_run_schema() : std::string(scenario_schema));
    status = all_hold;
  });
}

}  // namespace stampede
