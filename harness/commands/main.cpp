// stampede: the command line. One file a subcommand beside this one.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "core/config_table.hpp"
#include "harness/commands/command.hpp"

namespace {

// Empty where `word` is a command.
std::string unknown_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), word) != names.end()) return "";
  const std::string_view near = stampede::nearest_word(word, {names.begin(), names.end()});
  std::string text = "stampede: there is no command '" + word + "'";
  if (!near.empty()) return text + ", did you mean '" + std::string(near) + "'?";
  text += "; the commands are";
  for (const std::string& name : names) text += (name == names.front() ? " " : ", ") + name;
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace stampede;
  std::signal(SIGPIPE, SIG_IGN);  // a reader that leaves is an error code, not an end

  CLI::App app{"Simulation and chaos testing for programs that call the DeepSeek API", "stampede"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "stampede 0.1.0");
  int status = all_hold;
  add_run(app, status);
  add_replay(app, status);
  add_serve(app, status);
  add_validate(app, status);
  add_call(app, status);
  add_explain(app, status);
  add_fuzz(app, status);
  add_compare(app, status);
  add_report(app, status);
  add_cost(app, status);
  add_schema(app, status);
  if (argc > 1 && argv[1][0] != '-')
    if (const std::string complaint = unknown_command(app, argv[1]); !complaint.empty()) {
      std::cerr << complaint << "\n";
      return bad_input;
    }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);  // --help and --version
  } catch (const CLI::ParseError& error) {
    std::cerr << "stampede: " << error.what() << "\n"
              << "Run 'stampede --help', or a command with --help, to see how it is used.\n";
    return bad_input;
  } catch (const config_error& error) {
    std::cerr << error.what() << "\n";
    return bad_input;
  } catch (const std::exception& error) {
    std::cerr << "stampede: " << error.what() << "\n";
    return could_not_run;
  }
  if (!std::cout.flush()) {
    std::cerr << "stampede: cannot write to standard output\n";
    return could_not_run;
  }
  return status;
}
