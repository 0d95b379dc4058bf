// What a report says about the run itself: filled in by the harness, printed by renderers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/instant.hpp"
#include "deepseek/models.hpp"

namespace stampede {

struct fault_window {
  std::string kind;         // "rate_limit"
  std::string description;  // "429 with Retry-After 20 s, 5/s admitted"
  instant from{};
  instant to = never;  // never: to the end
  // After the run, of a fault: requests it took, and what of it none met ("" for nothing).
  std::uint64_t taken = 0;
  std::string unmet = {};
};

struct group_info {
  std::string name;
  std::string policy;  // the preset's name, "guide + changes" where keys override it
  std::string model;
  std::uint32_t instances = 0;
  int max_attempts = 0;  // of the policy, over one model; 0 is no limit
  int models = 1;        // of its chain, the fallbacks included

  int most_attempts() const { return max_attempts * models; }  // of a call; 0 is no limit
};

// How many slots the server has from an instant on.
struct slot_change {
  instant at{};
  std::int64_t slots = 0;
};

// A part of the calls: of a group, of the groups that ask one model, of a phase. Empty is all.
struct scope {
  std::string group;
  std::string model;
  std::string phase;  // "during", "outage.after": see reports/phases.hpp
  friend bool operator==(const scope&, const scope&) = default;
};
std::string scope_text(const scope& s);  // "web, during"; empty for the whole

struct run_info {
  std::string scenario;  // its name
  std::string description;
  std::string path;
  std::string source;                // the scenario file's text
  std::vector<std::string> changes;  // TOML assignments laid over it, keys masked
  std::string engine;                // "live" or "sim"
  std::uint64_t seed = 0;
  std::string fingerprint;  // of a simulated run; empty where time was not virtual
  double speed = 1;
  duration length{0};        // as the scenario asks
  duration measured{0};      // how far the run came, drain included
  bool interrupted = false;  // by Ctrl-C
  deepseek::date service_date = deepseek::default_date;
  std::vector<group_info> groups;
  std::vector<fault_window> faults;
  std::vector<slot_change> slots;     // from the start on; empty where there is no limit
  std::vector<scope> scopes;          // that expectations ask about
  std::vector<std::string> warnings;  // "wake-ups came up to 80 ms late ..."
  duration lateness{0};               // of wake-ups on the wall clock, 99th percentile
};

}  // namespace stampede
