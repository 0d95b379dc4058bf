// Fingerprints of every library scenario under every preset, against committed ones: the same
// on every machine, compiler and optimisation level. A changed one is a changed behaviour:
// UPDATE_GOLDEN=1 rewrites the file, and the commit says why.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "core/fingerprint.hpp"
#include "harness/recorder.hpp"
#include "harness/sim/sim_run.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

constexpr const char* file = "tests/golden/fingerprints.txt";

std::map<std::string, std::string> fingerprints() {
  std::map<std::string, std::string> found;
  for (const std::string& name : library_scenarios())
    for (const std::string_view preset : preset_names()) {
      if (preset == "tenacity") continue;  // no wait at all: what answers at once is asked for ever
      const std::string change = "client.preset = \"" + std::string(preset) + "\"";
      record_log log;
      const sim_result r = run_sim(build_plan(load_scenario(name, {change})), {}, log);
      found[name + " " + std::string(preset)] = fingerprint_text(r.fingerprint);
    }
  return found;
}

TEST(Golden, Fingerprints) {
  const auto found = fingerprints();
  if (std::getenv("UPDATE_GOLDEN")) {
    std::ofstream out(file);
    for (const auto& [name, value] : found) out << name << " " << value << "\n";
  }
  std::map<std::string, std::string> expected;
  std::ifstream in(file);
  std::string scenario, preset, value;
  while (in >> scenario >> preset >> value) expected[scenario + " " + preset] = value;
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace stampede
