// stampede explain [CODE]: what an error code means and what to do, from the guide.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/config_table.hpp"
#include "deepseek/error_codes.hpp"
#include "harness/commands/command.hpp"

namespace stampede {
namespace {

using deepseek::error_code;
using deepseek::remedy;

std::string_view remedy_words(remedy what) {
  switch (what) {
    case remedy::fix: return "fix, do not retry";
    case remedy::retry: return "retry";
    case remedy::retry_limited: return "retry, once or twice";
  }
  return "";
}

void print_code(const error_code& code) {
  std::cout << fmt::format(
      "{} {}\n\n{}\n\nRetry or fix: {}. {}\nFirst action: {}\n\nCheck, in this order:\n",
      code.status, code.name, code.meaning, remedy_words(code.what), code.retry, code.first_action);
  int number = 1;
  for (const auto check : code.checks) std::cout << fmt::format("  {}. {}\n", number++, check);
}

nlohmann::ordered_json to_json(const error_code& code) {
  nlohmann::ordered_json j{{"status", code.status},   {"name", code.name},
                           {"meaning", code.meaning}, {"retry", code.what != remedy::fix},
                           {"how", code.retry},       {"first_action", code.first_action}};
  j["checks"] = nlohmann::ordered_json::array();
  for (const auto check : code.checks) j["checks"].push_back(std::string(check));
  return j;
}

void print_table() {
  std::cout << fmt::format("{:<5} {:<22} {:<22} {}\n", "code", "meaning", "retry or fix",
                           "first action");
  for (const error_code& code : deepseek::error_codes())
    std::cout << fmt::format("{:<5} {:<22} {:<22} {}\n", code.status, code.name,
                             remedy_words(code.what), code.first_action);
}

int explain(std::optional<int> status, bool as_json) {
  if (!status) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const error_code& code : deepseek::error_codes()) all.push_back(to_json(code));
    if (as_json)
      std::cout << all.dump(2) << "\n";
    else
      print_table();
    return all_hold;
  }
  const error_code* code = deepseek::find_error_code(*status);
  if (!code) {
    std::string known;
    for (const error_code& c : deepseek::error_codes())
      known += (known.empty() ? "" : ", ") + std::to_string(c.status);
    throw config_error({},
                       fmt::format("stampede: {} is not an error code the service documents; it "
                                   "documents {}",
                                   *status, known));
  }
  if (as_json)
    std::cout << to_json(*code).dump(2) << "\n";
  else
    print_code(*code);
  return all_hold;
}

}  // namespace

void add_explain(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("explain", "What an error code means, and what to do about it");
  struct options {
    std::optional<int> code;
    bool json = false;
  };
  const auto o = std::make_shared<options>();
  command->add_option("code", o->code, "400, 401, 402, 422, 429, 500 or 503; none: all of them");
  command->add_flag("--json", o->json, "print JSON");
  command->callback([o, &status] { status = explain(o->code, o->json); });
}

}  // namespace stampede
