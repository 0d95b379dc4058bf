// Scenarios read right: defaults, groups over defaults, order and places kept, the library.
#include "scenarios/loader.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace stampede {
namespace {

using namespace std::chrono_literals;
using enum distribution_kind;

scenario parse(const std::string& body) {
  return parse_scenario("name = \"x\"\nduration = \"5m\"\n" + body, "storm.toml");
}

group_plan only_group(const std::string& body) {
  const scenario s = parse(body);
  EXPECT_EQ(s.fleet.size(), 1u);
  return s.fleet.at(0);
}

std::string refusal(const std::string& path_or_name) {
  try {
    load_scenario(path_or_name);
  } catch (const config_error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Loader, DefaultsOfAScenario) {
  const scenario s = parse("");
  EXPECT_EQ(s.path, "storm.toml");
  EXPECT_EQ(s.source, "name = \"x\"\nduration = \"5m\"\n");
  EXPECT_EQ(s.name, "x");
  EXPECT_EQ(s.description, "");
  EXPECT_EQ(s.seed, 1u);
  EXPECT_EQ(s.length, 5min);
  EXPECT_EQ(s.drain, 5min);
  EXPECT_EQ(s.network_delay, 0s);
  EXPECT_TRUE(s.fleet.empty());
  EXPECT_TRUE(s.faults.empty());
  EXPECT_TRUE(s.server.entries.empty());
  EXPECT_TRUE(s.expect.entries.empty());
}

TEST(Loader, TopLevelKeys) {
  const scenario s = parse(
      "description = \"a storm\"\nseed = 9223372036854775807\ndrain = \"0s\"\n"
      "[network]\ndelay = \"5ms\"\n[server]\nslots = 3\n[expect]\nsuccess_rate = \">= 99%\"\n"
      "[[fault]]\nkind = \"outage\"\n[[fault]]\nkind = \"status\"\n");
  EXPECT_EQ(s.description, "a storm");
  EXPECT_EQ(s.seed, 9223372036854775807u);
  EXPECT_EQ(s.drain, 0s);
  EXPECT_EQ(s.network_delay, 5ms);
  EXPECT_EQ(config_reader(s.server).integer("slots", 0, 9), 3);
  EXPECT_EQ(config_reader(s.expect).text("success_rate"), ">= 99%");
  ASSERT_EQ(s.faults.size(), 2u);
  EXPECT_EQ(config_reader(s.faults[0]).text("kind"), "outage");
  EXPECT_EQ(config_reader(s.faults[1]).text("kind"), "status");
  EXPECT_EQ(s.faults[1].place.line, 14u);
}

TEST(Loader, DefaultsOfAGroup) {
  const group_plan g = only_group("[[fleet]]\n");
  EXPECT_EQ(g.name, "group 1");
  EXPECT_EQ(g.instances, 1u);
  EXPECT_EQ(g.place.line, 3u);
  EXPECT_EQ(g.arrivals.kind, arrival_kind::closed_loop);
  EXPECT_EQ(g.arrivals.think_time, (distribution{constant, 1e9, 0}));
  EXPECT_EQ(g.arrivals.spread, 0s);
  EXPECT_EQ(g.arrivals.calls, 0u);
  EXPECT_EQ(g.workload.model, "deepseek-v4-flash");
  EXPECT_EQ(g.workload.turns, 1u);
  EXPECT_EQ(g.workload.cached_tokens, 0);
  EXPECT_EQ(g.workload.prompt_tokens, (distribution{constant, 200, 0}));
  EXPECT_EQ(g.workload.output_tokens, (distribution{constant, 300, 0}));
  EXPECT_FALSE(g.workload.service_time);
  EXPECT_FALSE(g.workload.stream);
  EXPECT_FALSE(g.workload.thinking);
  EXPECT_FALSE(g.workload.json_mode);
  EXPECT_TRUE(g.client.entries.empty());
}

TEST(Loader, EveryKeyOfAWorkload) {
  const workload_plan w =
      only_group(
          "[[fleet]]\n[fleet.workload]\nmodel = \"deepseek-v4-pro\"\nturns = 4\n"
          "cached_tokens = 2000\nprompt_tokens = { distribution = \"exponential\", mean = 250 }\n"
          "output_tokens = { distribution = \"uniform\", min = 100, max = 500 }\n"
          "service_time = { distribution = \"lognormal\", median = \"800ms\", sigma = 0.5 }\n"
          "stream = true\nthinking = true\njson_mode = true\n")
          .workload;
  EXPECT_EQ(w.model, "deepseek-v4-pro");
  EXPECT_EQ(w.turns, 4u);
  EXPECT_EQ(w.cached_tokens, 2000);
  EXPECT_EQ(w.prompt_tokens, (distribution{exponential, 250, 0}));
  EXPECT_EQ(w.output_tokens, (distribution{uniform, 100, 500}));
  EXPECT_EQ(w.service_time, (distribution{lognormal, 8e8, 0.5}));
  EXPECT_TRUE(w.stream);
  EXPECT_TRUE(w.thinking);
  EXPECT_TRUE(w.json_mode);
}

TEST(Arrivals, ClosedLoop) {
  const arrival_plan a =
      only_group("[[fleet]]\n[fleet.arrivals]\nthink_time = \"2s\"\nspread = \"10s\"\ncalls = 5\n")
          .arrivals;
  EXPECT_EQ(a.think_time, (distribution{constant, 2e9, 0}));
  EXPECT_EQ(a.spread, 10s);
  EXPECT_EQ(a.calls, 5u);
  EXPECT_TRUE(a.rates.empty());
}

TEST(Arrivals, ClosedLoopAtAPace) {
  const arrival_plan a = only_group("[[fleet]]\n[fleet.arrivals]\npace = \"2s\"\n").arrivals;
  EXPECT_EQ(a.think_time, (distribution{constant, 2e9, 0}));
  EXPECT_TRUE(a.paced);
}

TEST(Arrivals, OpenLoopWithSteps) {
  const arrival_plan a =
      only_group(
          "[[fleet]]\n[fleet.arrivals]\nkind = \"poisson\"\nrate = \"60/m\"\n"
          "steps = [{ at = \"60s\", rate = \"80/s\" }, { at = \"90s\", rate = \"0/s\" }]\n")
          .arrivals;
  EXPECT_EQ(a.kind, arrival_kind::poisson);
  EXPECT_FALSE(a.ramp);
  ASSERT_EQ(a.rates.size(), 3u);
  EXPECT_EQ(a.rates[0].at, run_start);
  EXPECT_EQ(a.rates[0].per_second, 1.0);
  EXPECT_EQ(a.rates[1].at, run_start + 60s);
  EXPECT_EQ(a.rates[1].per_second, 80.0);
  EXPECT_EQ(a.rates[2].at, run_start + 90s);
  EXPECT_EQ(a.rates[2].per_second, 0.0);
}

TEST(Arrivals, OpenLoopWithARampFromNothing) {
  const arrival_plan a = only_group(
                             "[[fleet]]\n[fleet.arrivals]\nkind = \"constant\"\nrate = \"0/s\"\n"
                             "ramp = [{ at = \"60s\", rate = \"80/s\" }]\n")
                             .arrivals;
  EXPECT_EQ(a.kind, arrival_kind::constant);
  EXPECT_TRUE(a.ramp);
  ASSERT_EQ(a.rates.size(), 2u);
  EXPECT_EQ(a.rates[0].per_second, 0.0);
}

TEST(Arrivals, AllAtOnce) {
  const arrival_plan once =
      only_group("[[fleet]]\n[fleet.arrivals]\nkind = \"all_at_once\"\n").arrivals;
  EXPECT_EQ(once.at, run_start);
  EXPECT_EQ(once.calls, 1u);
  const arrival_plan later =
      only_group("[[fleet]]\n[fleet.arrivals]\nkind = \"all_at_once\"\nat = \"30s\"\ncalls = 7\n")
          .arrivals;
  EXPECT_EQ(later.at, run_start + 30s);
  EXPECT_EQ(later.calls, 7u);
}

TEST(Groups, LieOverTheDefaults) {
  const scenario s = parse(
      "[arrivals]\nkind = \"poisson\"\nrate = \"20/s\"\n[workload]\nturns = 3\nstream = true\n"
      "[client]\npreset = \"guide\"\n[client.backoff]\nbase = \"1s\"\ncap = \"60s\"\n"
      "[[fleet]]\nname = \"web\"\n"
      "[[fleet]]\nname = \"batch\"\ninstances = 8\n[fleet.arrivals]\nrate = \"5/s\"\n"
      "[fleet.workload]\nturns = 1\n[fleet.client.backoff]\ncap = \"30s\"\n");
  ASSERT_EQ(s.fleet.size(), 2u);
  const group_plan& web = s.fleet[0];
  const group_plan& batch = s.fleet[1];
  EXPECT_EQ(web.name, "web");
  EXPECT_EQ(web.arrivals.rates.at(0).per_second, 20.0);
  EXPECT_EQ(web.workload.turns, 3u);
  EXPECT_EQ(batch.instances, 8u);
  EXPECT_EQ(batch.arrivals.kind, arrival_kind::poisson);
  EXPECT_EQ(batch.arrivals.rates.at(0).per_second, 5.0);
  EXPECT_EQ(batch.workload.turns, 1u);
  EXPECT_TRUE(batch.workload.stream);
  config_reader client(batch.client);
  EXPECT_EQ(client.text("preset"), "guide");
  config_reader backoff(*client.table("backoff"));
  EXPECT_EQ(backoff.time("base"), 1s);
  EXPECT_EQ(backoff.time("cap"), 30s);
}

TEST(Groups, OfAnotherKindTakeNothingFromTheDefaults) {
  const scenario s = parse(
      "[arrivals]\nkind = \"poisson\"\nrate = \"20/s\"\n"
      "[[fleet]]\n[fleet.arrivals]\nkind = \"all_at_once\"\n");
  EXPECT_EQ(s.fleet.at(0).arrivals.kind, arrival_kind::all_at_once);
  const scenario closed = parse(
      "[arrivals]\nthink_time = \"3s\"\n"
      "[[fleet]]\n[fleet.arrivals]\nkind = \"constant\"\nrate = \"1/s\"\n"
      "[[fleet]]\n[fleet.arrivals]\nkind = \"closed_loop\"\nspread = \"1s\"\n");
  EXPECT_EQ(closed.fleet.at(0).arrivals.rates.at(0).per_second, 1.0);
  EXPECT_EQ(closed.fleet.at(1).arrivals.think_time, (distribution{constant, 3e9, 0}));
}

TEST(ParseConfig, KeepsOrderAndPlaces) {
  const config_table t = parse_config("b = 1\n  a = [ 2, 3 ]\n[z]\ny = true\n[c]\n", "f.toml");
  ASSERT_EQ(t.entries.size(), 4u);
  EXPECT_EQ(t.entries[0].key, "b");
  EXPECT_EQ(t.entries[1].key, "a");
  EXPECT_EQ(t.entries[2].key, "z");
  EXPECT_EQ(t.entries[3].key, "c");
  EXPECT_EQ(t.entries[1].place.line, 2u);
  EXPECT_EQ(t.entries[1].place.column, 3u);
  EXPECT_EQ(*t.entries[1].place.file, "f.toml");
  const auto& array = std::get<config_array>(t.entries[1].value.data);
  EXPECT_EQ(array.at(1).place.column, 12u);
  const auto& z = std::get<config_table>(t.entries[2].value.data);
  EXPECT_EQ(z.place.line, 3u);
  EXPECT_EQ(z.entries.at(0).value.place.column, 5u);
}

TEST(Changes, LieOverTheFileInTheirOrder) {
  const std::string text =
      "name = \"x\"\nduration = \"5m\"\n[client]\npreset = \"guide\"\ntimeout = "
      "\"9s\"\n[[fleet]]\n";
  const scenario s = parse_scenario(
      text, "storm.toml",
      {"client.preset = \"guide-snippet\"", "seed = 7", "seed = 8", "workload.stream = true"});
  EXPECT_EQ(s.seed, 8u);
  EXPECT_TRUE(s.fleet.at(0).workload.stream);
  config_reader client(s.fleet.at(0).client);
  EXPECT_EQ(client.text("preset"), "guide-snippet");
  EXPECT_EQ(client.text("timeout"), "9s");
  EXPECT_EQ(s.source, text);
}

TEST(Changes, AreWhatAComplaintPointsAt) {
  const auto with = [](const std::string& change) -> std::string {
    try {
      parse_scenario("name = \"x\"\nduration = \"5m\"\n", "storm.toml", {change});
    } catch (const config_error& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(with("sed = 7"), "'sed = 7':1:1: unknown key 'sed', did you mean 'seed'?");
  EXPECT_EQ(with("duration = 9s"),
            "'duration = 9s':1:12: a quantity with a unit is written in quotes: \"9s\"");
}

TEST(LoadScenario, ReadsAFile) {
  const std::string path = testing::TempDir() + "stampede_loader_test.toml";
  std::ofstream(path) << "name = \"from a file\"\nduration = \"1m\"\n";
  const scenario s = load_scenario(path);
  EXPECT_EQ(s.name, "from a file");
  EXPECT_EQ(s.path, path);
  std::filesystem::remove(path);
}

TEST(LoadScenario, SaysWhatItLookedFor) {
  EXPECT_TRUE(refusal("nowhere/zzzzzzzzzzzzzzzz.toml")
                  .starts_with("nowhere/zzzzzzzzzzzzzzzz.toml: no such file"));
  EXPECT_TRUE(refusal("zzzzzzzzzzzzzzzzzzzzz")
                  .starts_with("zzzzzzzzzzzzzzzzzzzzz: no file and no scenario of the library has "
                               "this name"));
  EXPECT_EQ(refusal("tests/"), "tests/: this is a directory, not a scenario file");
  EXPECT_EQ(refusal(""), "the name of a scenario must not be empty");
}

// Whatever the library holds can be loaded by name, and a slip in the name is put right.
TEST(LoadScenario, FindsTheLibraryByName) {
  for (const std::string& name : library_scenarios()) {
    SCOPED_TRACE(name);
    const scenario s = load_scenario(name);
    EXPECT_FALSE(s.name.empty());
    const std::string slip = name.substr(0, name.size() - 1);
    EXPECT_EQ(refusal(slip), slip +
                                 ": no file and no scenario of the library has this name, did "
                                 "you mean '" +
                                 name + "'?");
  }
}

}  // namespace
}  // namespace stampede
