// stampede cost: what a job will cost before it is launched.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "core/config_table.hpp"
#include "core/units.hpp"
#include "harness/commands/command.hpp"
#include "harness/commands/option_checks.hpp"
#include "reports/cost_estimate.hpp"

namespace stampede {
namespace {

struct options {
  job of;
  std::string model = "deepseek-v4-flash";
  std::string date = "2026-04-25";
  std::string hit_rate = "100%";
  std::string retry_rate = "0%";
  bool json = false;
};

double rate_in(const char* option, const std::string& text, double most) {
  const auto percent = parse_percent(text);
  const auto rate = percent ? percent : parse_number(text);
  if (!rate || *rate < 0 || *rate > most)
    throw config_error({}, std::string(option) + " takes a rate, such as 80% or 0.8");
  return *rate;
}

int run(options& o) {
  const auto date = deepseek::parse_date(o.date);
  if (!date)
    throw config_error({}, "--date '" + o.date +
                               "' is no date, such as 2026-04-25 or "
                               "2026-09-01T02:00:00Z");
  if (*date < deepseek::v4_launch)
    throw config_error({}, "--date '" + o.date + "' is before the price list begins, 2026-04-24");
  const auto model = deepseek::resolve_model(o.model, *date);
  if (!model)
    throw config_error({}, "--model '" + o.model + "' is none of the service's on " + o.date);
  o.of.date = *date;
  o.of.model = model->id;
  o.of.hit_rate = rate_in("--cache-hit-rate", o.hit_rate, 1);
  o.of.retry_rate = rate_in("--retry-rate", o.retry_rate, 1000);
  try {
    const cost_estimate e = estimate(o.of);
    std::cout << (o.json ? render_estimate_json(e) : render_estimate_terminal(e));
  } catch (const too_expensive& error) {
    throw config_error({}, error.what());
  }
  return all_hold;
}

}  // namespace

void add_cost(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("cost", "Price a job before it is launched");
  const auto o = std::make_shared<options>();
  const auto count = [command](const char* name, std::int64_t& to, const char* what) {
    command->add_option(name, to, what)
        ->check(whole_number(0, 1'000'000'000'000))
        ->capture_default_str();
  };
  count("--calls", o->of.calls, "how many calls");
  count("--cached-tokens", o->of.cached_tokens, "prompt tokens of a call the cache may serve");
  count("--prompt-tokens", o->of.prompt_tokens, "the other prompt tokens of a call");
  count("--output-tokens", o->of.output_tokens, "tokens of an answer, reasoning included");
  command->add_option("--model", o->model, "a name the service knows on that date")
      ->capture_default_str();
  command->add_option("--date", o->date, "prices of this date")->capture_default_str();
  command->add_option("--cache-hit-rate", o->hit_rate, "of the cached tokens, served by the cache")
      ->capture_default_str();
  command
      ->add_option("--retry-rate", o->retry_rate,
                   "answers billed and asked again, per call: 200s cut short, timeouts")
      ->capture_default_str();
  command->add_flag("--json", o->json, "print JSON");
  command->callback([o, &status] { status = run(*o); });
}

}  // namespace stampede
