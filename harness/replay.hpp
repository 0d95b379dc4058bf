// Feeds a journal to fresh machines: what they decide must be what the journal says, byte for
// byte, and they must want to be woken when it says. So a run, live or simulated, is known to
// be the doing of the machines alone: nothing was decided by an engine, a thread or a clock.
//
// Deterministic. Use: `const replay_result r = replay("run.journal"); if (r.equal()) ...`
// Errors: journal_error "FILE:LINE: what is wrong" for what is not a journal of a run;
// config_error where the scenario in it is not one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace stampede {

struct replay_difference {
  std::uint64_t line = 0;  // of the file
  std::string event;       // "c 3 1000 wake 0 7"
  std::string expected;    // the decisions in the file
  std::string got;
};

struct replay_result {
  std::string scenario;
  std::string engine;
  std::uint64_t events = 0;
  std::uint64_t decisions = 0;
  std::optional<replay_difference> difference;  // the first one; the replay ends there

  bool equal() const { return !difference; }
};

replay_result replay(const std::filesystem::path& file);

}  // namespace stampede
