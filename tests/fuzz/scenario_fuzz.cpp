// libFuzzer: a scenario file, and a fault as JSON, through the loader and the parsers of [server],
// [[fault]] and [client].
//
// Held: nothing crashes, the only refusal is a config_error, and that is one line of printable
// text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "client/policy.hpp"
#include "mockserver/faults/registry.hpp"
#include "mockserver/json_table.hpp"
#include "mockserver/settings.hpp"
#include "scenarios/loader.hpp"

namespace stampede {
namespace {

template <class Work>
void only_config_errors(Work work) {
  try {
    work();
  } catch (const config_error& error) {
    const std::string_view text = error.what();
    const bool printable = std::none_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (text.empty() || !printable) std::abort();
  }
}

void run(std::string_view text) {
  only_config_errors([&] {
    const scenario s = parse_scenario(text, "fuzz.toml");
    describe(parse_server(s.server));
    for (const fault_rule& fault : parse_faults(s.faults)) fault.describe();
    for (const group_plan& group : s.fleet) describe(parse_policy(group.client));
  });
  only_config_errors([&] {
    for (const config_table& table : json_tables(text, "body")) fault_rule(table).describe();
  });
}

}  // namespace
}  // namespace stampede

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  stampede::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
