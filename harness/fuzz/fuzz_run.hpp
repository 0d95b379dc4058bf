// Runs random scenarios under the laws, one seed after another.
//
// A seed fails where its text does not load, its run does not end, a law is broken, or a
// second run of it (every eighth seed; every eighth other one with --verify-bytes) differs.
// Single-threaded, without a clock: whoever calls says when to stop.
// Use: `fuzz_tally tally; while (...) if (auto f = fuzz_one(seed++, tally)) ...`
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace stampede {

struct fuzz_failure {
  std::uint64_t seed = 0;
  std::string law;       // its name, or "load", "run", "determinism", "bytes"
  std::string promise;   // what should have held
  std::string evidence;  // one line: who, when, what
  std::string scenario;  // the TOML text
};

// What was met, so that a reader sees what a clean run covers. Keys in alphabetic order.
struct fuzz_tally {
  std::uint64_t scenarios = 0;
  std::uint64_t cut_short = 0;
  std::uint64_t calls = 0;
  std::uint64_t attempts = 0;
  std::uint64_t run_twice = 0;
  std::uint64_t run_by_bytes = 0;
  std::map<std::string, std::uint64_t> checked;   // by law: things looked at
  std::map<std::string, std::uint64_t> faults;    // by kind: requests taken
  std::map<std::string, std::uint64_t> backoffs;  // by kind: waits
};

std::optional<fuzz_failure> fuzz_one(std::uint64_t seed, fuzz_tally& tally);

}  // namespace stampede
